"""The one place where a message's state or time changes, with its history.

A write is one conditional UPDATE on (id, state, fence) and its row count: whoever read an older row changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from schedules.lifecycle import State, may_move
from worker.errors import StaleFenceError
from worker.store.models import Message, Transition
from worker.store.session import database_now


def transition(
    session: Session,
    message: Message,
    to: State,
    reason: str,
    *,
    now: datetime,
    real_at: datetime | None = None,
    **values: Any,
) -> None:
    """Moves `message`, as its caller read it, along one edge of the table and writes down why.

    `now` is business time; `real_at` the database's, read when not given. `values` are further columns to set; a lease
    ends with the state it belongs to unless a new one is given. The object in hand is brought up to date.

    Raises:
        ValueError: the table has no such edge, or there is no reason; a fault of the program.
        StaleFenceError: the row has moved on since it was read; nothing was changed.
    """
    before = State(message.state)
    if not may_move(before, to):
        raise ValueError(f"a message does not go from {before} to {to}")
    if to is not State.HELD:
        values.setdefault("held_by", "")
    values.setdefault("lease_until", None)
    _write(session, message, to, reason, now, real_at, values)


def reschedule(
    session: Session, message: Message, reason: str, *, now: datetime, real_at: datetime | None = None, **times: Any
) -> None:
    """Changes the times of a scheduled or held message without changing its state.

    Raises:
        StaleFenceError: the row has moved on since it was read; nothing was changed.
    """
    _write(session, message, State(message.state), reason, now, real_at, times)


def record_start(session: Session, message: Message, *, now: datetime, real_at: datetime) -> None:
    """Writes the first line of a new message's history."""
    _note(session, message, None, State(message.state), message.reason, now, real_at)


def transitions_of(session: Session, message_id: UUID) -> Sequence[Transition]:
    """A message's history, oldest first."""
    return session.scalars(select(Transition).where(Transition.message_id == message_id).order_by(Transition.id)).all()


def _write(
    session: Session,
    message: Message,
    to: State,
    reason: str,
    now: datetime,
    real_at: datetime | None,
    values: dict[str, Any],
) -> None:
    if not reason:
        raise ValueError("a change of a message needs a reason that a person can read")
    before = State(message.state)
    values |= {"state": to.value, "reason": reason, "updated_at": now}
    seen = (Message.id == message.id, Message.state == before.value, Message.fence == message.fence)
    done = update(Message).where(*seen).values(values).execution_options(synchronize_session=False)
    if cast(CursorResult[Any], session.execute(done)).rowcount != 1:
        raise StaleFenceError(f"message {message.id} is no longer {before} under fence {message.fence}")
    for name, value in values.items():
        set_committed_value(message, name, value)
    _note(session, message, before, to, reason, now, real_at or database_now(session))


def _note(
    session: Session,
    message: Message,
    before: State | None,
    after: State,
    reason: str,
    now: datetime,
    real_at: datetime,
) -> None:
    session.add(Transition(message_id=message.id, before=before, after=after, reason=reason, at=now, real_at=real_at))
