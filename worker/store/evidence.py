"""Evidence from outside about what became of a mail: it moves the message forward, whatever the dispatcher believes.

Called by whoever reads a provider's events. Evidence comes late, twice and out of order; states only move along the
table, so what it cannot move it leaves alone. An attempt that nobody knows is of an installation that was lost
after its backup was made: what it sent is not sent again; or of a copy of this one, which sends to a tester.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.lifecycle import State, may_move
from worker.store.models import Attempt, Message
from worker.store.session import database_now
from worker.store.transitions import reschedule, transition

S = State

_FIRST: dict[State, tuple[State, ...]] = {
    S.SCHEDULED: (S.ACCEPTED,),
    S.HELD: (S.SCHEDULED, S.ACCEPTED),
    S.CLAIMED: (S.SCHEDULED, S.ACCEPTED),
    S.ATTEMPTING: (S.ACCEPTED,),
}
"""Where evidence finds a message that is to be sent (again): the states it passes before the one that is proved."""

_WAITING = frozenset({S.SCHEDULED, S.HELD, S.CLAIMED})
_ENDED = frozenset({S.CANCELLED, S.SKIPPED, S.EXPIRED, S.FAILED})
"""Final states in which a message counts as not sent; an earlier attempt of which nobody knew may prove otherwise."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a provider's event proves about one attempt: accepted, delivered, bounced or dropped; `reason` in words.

    `is_elsewhere`: it went to another address than the message's, as in test mode.
    """

    message_id: UUID
    attempt_id: UUID
    state: State
    reason: str
    receipt: str = ""
    is_elsewhere: bool = False


def record_evidence(session: Session, evidence: Evidence, *, now: datetime) -> bool:
    """Moves the message to what is proved; False when nothing moved: known already, older news, or no such message.

    `now` is business time. A message that policy had sent back to be sent again is thereby not sent again; a dispatcher
    that holds it finds its fence stale.
    """
    return record_all(session, [evidence], now=now) == 1


def record_all(session: Session, proofs: Sequence[Evidence], *, now: datetime) -> int:
    """`record_evidence` of many, in their order; how many of them moved a message."""
    messages = lock_messages(session, [proof.message_id for proof in proofs])
    attempts = _attempts(session, [proof.attempt_id for proof in proofs])
    real_at = database_now(session)
    with session.no_autoflush:  # lets the lines of history go to the database together
        return sum(
            _record(session, messages[proof.message_id], attempt, proof, _times(attempt, now, real_at))
            for proof in proofs
            if proof.message_id in messages and _counts(proof, attempt := attempts.get(proof.attempt_id))
        )


def _counts(proof: Evidence, attempt: Attempt | None) -> bool:
    return not proof.is_elsewhere if attempt is None else attempt.message_id == proof.message_id


def lock_messages(session: Session, message_ids: Sequence[UUID]) -> dict[UUID, Message]:
    """The messages as they stand, locked in the order of their ids; those that are unknown are left out."""
    mine = select(Message).where(Message.id.in_(set(message_ids))).order_by(Message.id)
    # As strong as an UPDATE's own lock: a stronger one would wait for rows that others add beside the message.
    fresh = mine.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {message.id: message for message in session.scalars(fresh)}


def _attempts(session: Session, attempt_ids: Sequence[UUID]) -> dict[UUID, Attempt]:
    mine = select(Attempt).where(Attempt.id.in_(set(attempt_ids)))
    return {attempt.id: attempt for attempt in session.scalars(mine)}


@dataclass(frozen=True, kw_only=True)
class _Times:
    """`now` and `taken_at`, when the provider took the mail, are business time, `real_at` the database's."""

    now: datetime
    real_at: datetime
    taken_at: datetime


def _record(session: Session, message: Message, attempt: Attempt | None, evidence: Evidence, times: _Times) -> bool:
    if attempt is not None and attempt.outcome in ("open", "unknown"):
        # An attempt that is proved to have arrived was accepted, whatever was noted of it.
        attempt.outcome, attempt.receipt, attempt.finished_at = "accepted", evidence.receipt, times.real_at
    if State(message.state) in _ENDED:
        _correct(session, message, evidence, times)
    path = _path(State(message.state), evidence.state)
    for state in path:
        values = _values(message, state, evidence, times)
        transition(session, message, state, evidence.reason, now=times.now, real_at=times.real_at, **values)
    return bool(path)


def _times(attempt: Attempt | None, now: datetime, real_at: datetime) -> _Times:
    """It was taken when it was handed over, however late that is told."""
    since = real_at - attempt.started_at if attempt is not None else timedelta(0)
    return _Times(now=now, real_at=real_at, taken_at=now - max(since, timedelta(0)))


def _correct(session: Session, message: Message, evidence: Evidence, times: _Times) -> None:
    """Writes beside the end of a message that it had gone out all the same; the state stays, for it is final."""
    if message.accepted_at is None:
        reason = f"{message.reason}; yet an earlier attempt went out: {evidence.reason}"
        values = {"accepted_at": times.taken_at, "provider_id": evidence.receipt}
        reschedule(session, message, reason, now=times.now, real_at=times.real_at, **values)
    if evidence.state is S.DELIVERED and message.delivered_at is None:
        message.delivered_at = times.now


def _path(before: State, proved: State) -> tuple[State, ...]:
    if may_move(before, proved) and before not in _WAITING:
        return (proved,)
    first = _FIRST.get(before, ())
    if not first:
        return ()
    return first if proved is first[-1] else (*first, proved)


def _values(message: Message, state: State, evidence: Evidence, times: _Times) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if state is S.SCHEDULED:
        values["fence"] = message.fence + 1
    if state is S.DELIVERED:
        values["delivered_at"] = times.now
    if message.accepted_at is None and state not in _WAITING:
        values |= {"accepted_at": times.taken_at, "resolve_at": None}
        if evidence.receipt:
            values["provider_id"] = evidence.receipt
    return values
