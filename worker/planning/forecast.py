"""What publishing content would do to the emails that wait, before it is done: by the same planner, without writing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.changes import Move, Plan
from schedules.sequence import Sequence as Definition
from worker.bootstrap import Installation
from worker.planning.scheduling import plan_of
from worker.planning.unit import Unit
from worker.store.messages import messages_of
from worker.store.models import OrderRow, Shop
from worker.store.orders import orders_to_replan

log = structlog.get_logger()

AT_ONCE = 200
"""Orders read in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One waiting email and its new time."""

    order: str
    step: str
    before: datetime
    after: datetime


@dataclass
class Effect:
    """What becomes of waiting emails. `cancelled`: step and reason -> how many; `overdue`: moves into the past."""

    moved: list[Shift] = field(default_factory=list)
    cancelled: Counter[tuple[str, str]] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    held: int = 0
    released: int = 0
    overdue: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.moved or self.cancelled or self.new or self.held or self.released)


def forecast(
    installation: Installation,
    shop_id: UUID,
    sequence: Definition,
    *,
    on_orders: Callable[[int], None] = lambda _count: None,
) -> Effect:
    """The effect of a sequence on every order that it may touch. `on_orders` hears how many more were looked at."""
    effect, now = Effect(), installation.clock.now()
    with installation.database.read() as session:
        waiting = orders_to_replan(session, shop_id, now)
    for start in range(0, len(waiting), AT_ONCE):
        chunk = waiting[start : start + AT_ONCE]
        with installation.database.read() as session:
            unit = Unit(session=session, shop=session.get_one(Shop, shop_id), source_id=None, now=now)
            for order in session.scalars(select(OrderRow).where(OrderRow.id.in_(chunk)).order_by(OrderRow.id)):
                if (result := _planned(unit, order, sequence)) is not None:
                    _add(effect, session, order, result, now)
        on_orders(len(chunk))
    return effect


def waiting_orders(session: Session, shop_id: UUID, now: datetime) -> int:
    """How many orders of a shop a new sequence is looked at for."""
    return len(orders_to_replan(session, shop_id, now))


def _planned(unit: Unit, order: OrderRow, sequence: Definition) -> Plan | None:
    """None: what is stored of it cannot be read. It stays as it is, which publishing raises an alarm about."""
    try:
        return plan_of(unit, order, sequence)
    except ValidationError:
        log.warning("planning.order.unreadable", order_id=str(order.id))
        return None


def _add(effect: Effect, session: Session, order: OrderRow, plan: Plan, now: datetime) -> None:
    times = {
        (message.step, message.parcel_group, message.occurrence): message.send_at
        for message in messages_of(session, order.id)
    }
    for move in _real(plan.move, times):
        effect.moved.append(Shift(order=order.number, step=move.step, before=times[_key(move)], after=move.send_at))
        effect.overdue += move.send_at <= now
    effect.cancelled.update((entry.step, entry.reason) for entry in plan.cancel)
    effect.new.update(entry.step for entry in plan.schedule)
    effect.held += len(plan.hold)
    effect.released += len(plan.release)


def _real(moves: Sequence[Move], times: dict[tuple[str, str, int], datetime]) -> list[Move]:
    """Moves that change when an email goes, not only how long it may wait."""
    return [move for move in moves if _key(move) in times and times[_key(move)] != move.send_at]


def _key(move: Move) -> tuple[str, str, int]:
    return move.step, move.parcel_group, move.occurrence
