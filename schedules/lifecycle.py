"""The life of a message: its states and the one table along which they move.

`worker/dispatch` and `worker/feedback` change states only through `may_move`; a database write also carries the fencing
number of the claim, so that a dispatcher that woke up late changes nothing.
"""

from enum import StrEnum


class State(StrEnum):
    SCHEDULED = "scheduled"  # will be sent at send_at
    HELD = "held"  # a pause, a support hold or a doubt keeps it
    CLAIMED = "claimed"  # a dispatcher has it until its lease ends
    ATTEMPTING = "attempting"  # the call to the provider may have happened
    UNKNOWN = "unknown"  # we cannot tell whether the provider has it
    ABANDONED = "abandoned"  # dropped by policy while unknown
    ACCEPTED = "accepted"  # the provider has it
    DELIVERED = "delivered"  # the mailbox took it
    BOUNCED = "bounced"
    DROPPED = "dropped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    EXPIRED = "expired"


S = State

TRANSITIONS: dict[State, dict[State, str]] = {
    S.SCHEDULED: {
        S.CLAIMED: "a dispatcher takes a due message",
        S.HELD: "a pause, a hold or a doubt stops it before it is due",
        S.CANCELLED: "the facts no longer ask for it",
        S.SKIPPED: "it must not be sent, for a reason",
        S.EXPIRED: "its window closed before it was sent",
        S.ACCEPTED: "late evidence: the provider had it although policy sent it back here",
    },
    S.HELD: {
        S.SCHEDULED: "the reason for holding is gone",
        S.CANCELLED: "the facts no longer ask for it",
        S.EXPIRED: "its window closed while it was held",
    },
    S.CLAIMED: {
        S.ATTEMPTING: "the gate opened; the call to the provider is about to happen",
        S.SCHEDULED: "the lease ended, the gate postponed it, or its window moved",
        S.HELD: "the gate found a pause or a hold",
        S.SKIPPED: "the gate found a reason not to send it",
        S.CANCELLED: "the facts changed while it was claimed",
        S.EXPIRED: "its window closed while it was claimed",
        S.FAILED: "it was claimed too often without an outcome (poisoned), or cannot be rendered",
    },
    S.ATTEMPTING: {
        S.ACCEPTED: "the provider took it",
        S.SCHEDULED: "a definite refusal that may pass: try later",
        S.FAILED: "a definite refusal that will not pass",
        S.UNKNOWN: "the connection or the process ended before the answer",
    },
    S.UNKNOWN: {
        S.ACCEPTED: "evidence: the provider has it",
        S.DELIVERED: "evidence: the mailbox took it",
        S.BOUNCED: "evidence: it bounced",
        S.DROPPED: "evidence: the provider dropped it",
        S.SCHEDULED: "policy for transactional mail: send again",
        S.ABANDONED: "policy for marketing mail: drop",
    },
    S.ABANDONED: {
        S.ACCEPTED: "late evidence: the provider has it",
        S.DELIVERED: "late evidence: the mailbox took it",
        S.BOUNCED: "late evidence: it bounced",
        S.DROPPED: "late evidence: the provider dropped it",
    },
    S.ACCEPTED: {
        S.DELIVERED: "the mailbox took it",
        S.BOUNCED: "it bounced",
        S.DROPPED: "the provider dropped it",
    },
    S.DELIVERED: {S.BOUNCED: "a later bounce"},
    S.BOUNCED: {},
    S.DROPPED: {},
    S.FAILED: {},
    S.CANCELLED: {},
    S.SKIPPED: {},
    S.EXPIRED: {},
}

PENDING = frozenset({S.SCHEDULED, S.HELD})
"""States in which the planner may move or cancel a message."""

SENT = frozenset({S.ACCEPTED, S.DELIVERED, S.BOUNCED, S.DROPPED})
"""States in which the provider certainly had the message."""

RETURNED = (S.BOUNCED, S.DROPPED, S.FAILED)
"""States of a mail that was on its way and came to nobody."""

FINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)


def may_move(before: State, after: State) -> bool:
    """Whether the table has the edge."""
    return after in TRANSITIONS[before]
