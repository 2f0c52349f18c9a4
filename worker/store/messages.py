"""Messages of an order, and how a plan's changes become rows.

States change through `transition` alone (`worker/store/transitions.py`), which is offered here too.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from schedules.changes import Cancel, Move, NewMessage, Plan
from schedules.lifecycle import PENDING, State
from worker.errors import StaleFenceError
from worker.store.models import Message
from worker.store.session import database_now, insert_into
from worker.store.transitions import record_start, reschedule, transition
from worker.store.types import new_id

log = structlog.get_logger()

UNSENT = (State.SCHEDULED, State.HELD, State.CLAIMED)
"""Before the last look at what is known of the order."""

Change = TypeVar("Change", Move, Cancel)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """How many rows each kind of change really changed."""

    scheduled: int = 0
    moved: int = 0
    held: int = 0
    released: int = 0
    cancelled: int = 0


@dataclass(frozen=True, kw_only=True)
class _Unit:
    session: Session
    order_id: UUID
    sequence: str
    now: datetime
    real_at: datetime


def messages_of(session: Session, order_id: UUID) -> Sequence[Message]:
    """All messages of an order, oldest first."""
    return session.scalars(select(Message).where(Message.order_id == order_id).order_by(Message.id)).all()


def settle_messages(session: Session, order_ids: Collection[UUID]) -> None:
    """Lets nobody hand over what waits of orders, or is being prepared, until the unit ends: what is read from now on
    stays so. Whoever is just handing it over is waited for.

    Name all orders of a unit at once: dispatchers lock mails of several orders in the order of their ids, as here.
    """
    unsent: list[Any] = [literal_column(f"'{state.value}'") for state in UNSENT]
    mine = select(Message.id).where(Message.order_id.in_(order_ids), Message.state.in_(unsent)).order_by(Message.id)
    session.execute(mine.with_for_update(key_share=True))


def apply_plan(
    session: Session,
    *,
    shop_id: UUID,
    order_id: UUID,
    plan: Plan,
    now: datetime,
    address: str | None,
    sequence: str = "post_purchase",
) -> Applied:
    """Turns a plan into rows. Applying it twice changes nothing twice.

    Only scheduled and held messages change: one that a dispatcher has claimed since is left to the gate, which reads
    the order's new version; but a move takes it back, since the gate would judge it by the window it had. `address` is
    the customer's, lower case.
    """
    unit = _Unit(session=session, order_id=order_id, sequence=sequence, now=now, real_at=database_now(session))
    new = sum(_insert(unit, shop_id, address, each) for each in plan.schedule)
    moved = _each(unit, plan.move, _move, UNSENT)
    for message in _mine(unit):
        if State(message.state) in PENDING:
            message.address = address
    session.flush()
    return Applied(
        scheduled=new,
        moved=moved,
        held=_each(unit, plan.hold, _hold),
        released=_each(unit, plan.release, _release),
        cancelled=_each(unit, plan.cancel, _cancel),
    )


def _insert(unit: _Unit, shop_id: UUID, address: str | None, new: NewMessage) -> bool:
    message = Message(id=new_id(), state=State(new.state).value, reason=new.reason)
    row = insert_into(unit.session, Message).values(
        id=message.id,
        shop_id=shop_id,
        order_id=unit.order_id,
        sequence=unit.sequence,
        step=new.step,
        parcel_group=new.parcel_group,
        occurrence=new.occurrence,
        role=new.role.value,
        stream=new.stream,
        template=new.template,
        state=message.state,
        held_by="plan" if message.state == State.HELD else "",
        reason=new.reason,
        send_at=new.send_at,
        aim_at=new.aim_at,
        offer_until=new.offer_until,
        expires_at=new.expires_at,
        address=address,
        created_at=unit.now,
        updated_at=unit.now,
    )
    kept = row.on_conflict_do_nothing(
        index_elements=["order_id", "sequence", "step", "parcel_group", "occurrence"]
    ).returning(Message.id)
    if unit.session.execute(kept).scalar() is None:
        return False
    record_start(unit.session, message, now=unit.now, real_at=unit.real_at)
    return True


def _mine(unit: _Unit) -> Iterable[Message]:
    return (message for message in messages_of(unit.session, unit.order_id) if message.sequence == unit.sequence)


def _each(
    unit: _Unit,
    changes: Sequence[Change],
    change: Callable[[_Unit, Message, Change], None],
    may_be: Collection[State] = PENDING,
) -> int:
    """Applies `change` to the message each entry names, if it is in such a state; counts those that really changed."""
    if not changes:
        return 0
    mine = (message for message in _mine(unit) if State(message.state) in may_be)
    by_key = {(message.step, message.parcel_group, message.occurrence): message for message in mine}
    done = 0
    for entry in changes:
        message = by_key.get((entry.step, entry.parcel_group, entry.occurrence))
        if message is None:
            continue
        try:
            change(unit, message, entry)
            done += 1
        except StaleFenceError:
            log.info("planning.message.left", message_id=str(message.id), reason="a dispatcher has it")
    return done


def _move(unit: _Unit, message: Message, entry: Move) -> None:
    times = {
        "send_at": entry.send_at,
        "aim_at": entry.aim_at,
        "offer_until": entry.offer_until,
        "expires_at": entry.expires_at,
    }
    if message.state == State.CLAIMED:  # an orderly end of the claim, which counts for nothing
        _to(unit, message, State.SCHEDULED, entry.reason, claims=0, **times)
    else:
        reschedule(unit.session, message, entry.reason, now=unit.now, real_at=unit.real_at, **times)


def _hold(unit: _Unit, message: Message, entry: Cancel) -> None:
    _to(unit, message, State.HELD, entry.reason, held_by="plan")


def _release(unit: _Unit, message: Message, entry: Cancel) -> None:
    _to(unit, message, State.SCHEDULED, entry.reason, send_at=max(message.send_at, unit.now))


def _cancel(unit: _Unit, message: Message, entry: Cancel) -> None:
    _to(unit, message, State.CANCELLED, entry.reason)


def _to(unit: _Unit, message: Message, state: State, reason: str, **values: Any) -> None:
    transition(unit.session, message, state, reason, now=unit.now, real_at=unit.real_at, **values)
