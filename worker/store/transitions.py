"""The one place where a message's state or time changes, with its history.

A write is one conditional UPDATE on (id, state, fence) and its row count: whoever read an older row changes nothing.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from schedules.lifecycle import State, may_move
from worker.errors import StaleFenceError
from worker.store.bulk import insert_rows, update_rows
from worker.store.many import given_among, once, rows_of
from worker.store.models import Message, Transition
from worker.store.session import database_now, is_postgres


@dataclass(frozen=True)
class Change:
    """One message, as its caller read it, and where it should go. `values` are further columns to set."""

    message: Message
    to: State
    reason: str
    values: dict[str, Any] = field(default_factory=dict)


class Locked(NamedTuple):
    """States and fences of messages that nobody else changes until the unit ends.

    `real_at`: the database's clock since then.
    """

    rows: Mapping[UUID, tuple[str, int]]
    real_at: datetime


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


def transition_many(
    session: Session,
    changes: Sequence[Change],
    *,
    now: datetime,
    real_at: datetime,
    locked: Mapping[UUID, tuple[str, int]] | None = None,
    alike: Mapping[str, Any] = MappingProxyType({}),
) -> list[Change]:
    """Moves many messages at once, as `transition` moves one; those that really moved.

    A change whose row has moved on since it was read is left out, and changes nothing. `locked`: what `lock_rows` said
    of them in this unit, and still holds. `alike`: further columns to set, the same in all.

    Raises:
        ValueError: the table has no such edge, or there is no reason; a fault of the program.
    """
    found = lock_rows(session, [change.message.id for change in changes]).rows if locked is None else locked
    groups: dict[Hashable, list[_Found]] = {}
    for change in changes:
        message_id, before = change.message.id, change.message.state
        _check(before, change)
        if found.get(message_id) == (before, change.message.fence):
            group = groups.setdefault((before, change.to, *change.values), [])
            group.append(_Found(message_id, before, change))
    for group in groups.values():
        _write_together(session, group, alike, now, real_at)
    return [change for group in groups.values() for _, _, change in group]


def reschedule(
    session: Session, message: Message, reason: str, *, now: datetime, real_at: datetime | None = None, **times: Any
) -> None:
    """Changes a message, as a rule the times of one that waits, without changing its state.

    Raises:
        StaleFenceError: the row has moved on since it was read; nothing was changed.
    """
    _write(session, message, State(message.state), reason, now, real_at, times)


def record_start(session: Session, message: Message, *, now: datetime, real_at: datetime) -> None:
    """Writes the first line of a new message's history."""
    _note(session, message, None, State(message.state), message.reason, now, real_at)


def transitions_of(session: Session, message_id: UUID) -> Sequence[Transition]:
    """A message's history, oldest first: by the database's clock, since ids are made by those of the hosts."""
    mine = select(Transition).where(Transition.message_id == message_id)
    return session.scalars(mine.order_by(Transition.real_at, Transition.id)).all()


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


def _check(before: str, change: Change) -> None:
    if not may_move(State(before), change.to):
        raise ValueError(f"a message does not go from {before} to {change.to}")
    if not change.reason:
        raise ValueError("a change of a message needs a reason that a person can read")


def lock_rows(session: Session, message_ids: Sequence[UUID]) -> Locked:
    """Locks messages in the order of their ids, so that units never wait for each other."""
    found = rows_of(session, _locking(session), {"ids": list(message_ids)}).all()
    real_at = found[-1].real_at if found and is_postgres(session) else database_now(session)
    return Locked({row.id: (row.state, row.fence) for row in found}, real_at)


@once
def _locking(session: Session) -> Select[*tuple[Any, ...]]:
    wanted = given_among(session, Message.id, "ids")
    rows = select(Message.id, Message.state, Message.fence).where(wanted).order_by(Message.id)
    if not is_postgres(session):
        return rows
    # As strong as an UPDATE's own lock: a stronger one would wait for rows that others add beside the message.
    locked = rows.with_for_update(key_share=True).subquery()
    return select(locked, func.clock_timestamp(type_=Message.send_at.type).label("real_at"))  # each row after its lock


class _Found(NamedTuple):
    """A change whose row is as its caller read it."""

    message_id: UUID
    before: str
    change: Change


def _write_together(
    session: Session, group: Sequence[_Found], alike: Mapping[str, Any], now: datetime, real_at: datetime
) -> None:
    """Changes along one edge and in the same columns. Their rows are locked, so each finds its own."""
    before, to = group[0].before, group[0].change.to
    each = [change.values | {"id": message_id, "reason": change.reason} for message_id, _, change in group]
    ended = {"lease_until": None} if to is State.HELD else {"lease_until": None, "held_by": ""}
    common = {**ended, **alike, "state": to.value, "updated_at": now}
    same = {name: value for name, value in common.items() if name not in each[0]}
    update_rows(session, Message, each, same)
    lines = [{"message_id": message_id, "reason": change.reason} for message_id, _, change in group]
    insert_rows(session, Transition, lines, {"before": before, "after": to.value, "at": now, "real_at": real_at})
    for (_, _, change), values in zip(group, each, strict=True):
        instance_dict(change.message).update(same | values)  # `set_committed_value` for each takes longer than both
