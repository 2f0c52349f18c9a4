"""Evidence from outside about what became of a mail: it moves the message forward, whatever the dispatcher believes.

Called by whoever reads a provider's events. Evidence comes late, twice and out of order; states only move along the
table, so what it cannot move it leaves alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from schedules.lifecycle import State, may_move
from worker.store.models import Attempt, Message
from worker.store.session import database_now
from worker.store.transitions import transition

S = State

_FIRST: dict[State, tuple[State, ...]] = {
    S.SCHEDULED: (S.ACCEPTED,),
    S.HELD: (S.SCHEDULED, S.ACCEPTED),
    S.CLAIMED: (S.SCHEDULED, S.ACCEPTED),
    S.ATTEMPTING: (S.ACCEPTED,),
}
"""Where evidence finds a message that is to be sent (again): the states it passes before the one that is proved."""

_WAITING = frozenset({S.SCHEDULED, S.HELD, S.CLAIMED})


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a provider's event proves about one attempt: accepted, delivered, bounced or dropped; `reason` in words."""

    message_id: UUID
    attempt_id: UUID
    state: State
    reason: str
    receipt: str = ""


def record_evidence(session: Session, evidence: Evidence, *, now: datetime) -> bool:
    """Moves the message to what is proved; False when nothing moved: known already, older news, or no such message.

    `now` is business time. A message that policy had sent back to be sent again is thereby not sent again; a dispatcher
    that holds it finds its fence stale.
    """
    message = session.scalars(select(Message).where(Message.id == evidence.message_id).with_for_update()).one_or_none()
    if message is None or not _tried(session, evidence):
        return False
    real_at = database_now(session)
    _settle_attempt(session, evidence, real_at)
    path = _path(State(message.state), evidence.state)
    for state in path:
        values = _values(message, state, evidence, now)
        transition(session, message, state, evidence.reason, now=now, real_at=real_at, **values)
    return bool(path)


def _path(before: State, proved: State) -> tuple[State, ...]:
    if may_move(before, proved) and before not in _WAITING:
        return (proved,)
    first = _FIRST.get(before, ())
    if not first:
        return ()
    return first if proved is first[-1] else (*first, proved)


def _tried(session: Session, evidence: Evidence) -> bool:
    mine = (Attempt.id == evidence.attempt_id, Attempt.message_id == evidence.message_id)
    return bool(session.scalar(select(func.count()).select_from(Attempt).where(*mine)))


def _settle_attempt(session: Session, evidence: Evidence, real_at: datetime) -> None:
    """An attempt that is proved to have arrived was accepted, whatever was noted of it."""
    open_one = (Attempt.id == evidence.attempt_id, Attempt.outcome.in_(("open", "unknown")))
    settled = {"outcome": "accepted", "receipt": evidence.receipt, "finished_at": real_at}
    session.execute(update(Attempt).where(*open_one).values(settled))


def _values(message: Message, state: State, evidence: Evidence, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if state is S.SCHEDULED:
        values["fence"] = message.fence + 1
    if state is S.DELIVERED:
        values["delivered_at"] = now
    if message.accepted_at is None and state not in _WAITING:
        values |= {"accepted_at": now, "resolve_at": None}
        if evidence.receipt:
            values["provider_id"] = evidence.receipt
    return values
