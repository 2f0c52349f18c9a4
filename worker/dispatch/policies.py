"""The numbers and choices of dispatch, each with its reason."""

from dataclasses import dataclass
from datetime import timedelta

from schedules.lifecycle import State

BATCH, CHUNKS = 128, 4
"""Most messages per claim, and most chunks of a provider's open connections. What is read for a batch is read once; but
what a slow server with few connections has still to come to, another worker could send meanwhile."""
TASKS_AT_ONCE = 8
"""Most `deliver` tasks that one sweep asks for; the next sweep is a second away."""
ATTEMPT_LEASE = timedelta(seconds=60)
"""Longer than a provider waits for all answers of a chunk."""
MAX_CLAIMS = 8
"""Claims without an orderly end before a message counts as poisoned: with the waits between them, more than a passing
storm of crashes can use up."""
SUSPECTS_AT_ONCE = 16
"""Messages whose claims were lost that one delivery takes, one by one, before all others."""
GRACE = timedelta(minutes=10)
"""How long an unknown attempt waits for evidence. SendGrid sends events every 30 s, and a receipt cannot wait long."""
MAX_UNCLEAR = 4
"""Unclear attempts of one transactional message before it is dropped: each may have been a copy in the inbox."""
SWEEP_LIMIT = 500
"""Rows that one sweep mends per kind; the next takes the rest."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    state: State
    reason: str


def batch_for(connections: int) -> int:
    """Messages per claim with a provider of so many connections."""
    return min(BATCH, CHUNKS * max(1, connections))


def decide_unknown(stream: str, unclear: int) -> Decision:
    """What becomes of an unknown message once no evidence came: `unclear` counts its unclear attempts."""
    if stream != "transactional":
        return Decision(state=State.ABANDONED, reason="it may have gone out; marketing mail is not sent a second time")
    if unclear >= MAX_UNCLEAR:
        return Decision(
            state=State.ABANDONED, reason=f"{unclear} attempts ended without a clear answer; each may have gone out"
        )
    return Decision(state=State.SCHEDULED, reason="no evidence that it went out; transactional mail is sent again")
