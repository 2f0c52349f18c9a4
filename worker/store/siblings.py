"""An order as other orders of its person see it. An address of the shop's own, for orders taken by phone, may have
thousands of them: what planning looks at stands in columns, and few are planned anew because of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from schedules import situations
from schedules.facts import Facts
from schedules.following import Sibling
from schedules.parcels import delivered_at
from schedules.sequence import ASSUME_DELIVERED_AFTER
from worker.store.models import OrderRow
from worker.store.orders import SIBLING_SPAN


class Place(NamedTuple):
    """Where an order stands among those of its person, and whatever of it matters to them."""

    address: str | None
    placed_at: datetime | None
    delivered_at: datetime | None
    is_apart: bool


def sibling_of(external_id: str, facts: Facts, assume_after: timedelta) -> Sibling | None:
    """An order as its neighbours see it; None while its own snapshot has not come.

    `assume_after`: as the shop's sequence says, see `schedules.parcels.delivered_at`.
    """
    if facts.order is None:
        return None
    delivered = delivered_at(facts, assume_after)
    return Sibling(
        order_id=external_id,
        placed_at=facts.order.placed_at,
        delivered_at=delivered[0] if delivered else None,
        is_cancelled=situations.is_gone(facts),
    )


def keep_facts(order: OrderRow, facts: Facts, assume_after: timedelta = ASSUME_DELIVERED_AFTER) -> None:
    """The order's facts, and beside them what its neighbours look at."""
    delivered = delivered_at(facts, assume_after)
    order.facts = facts.model_dump(mode="json")
    order.delivered_at = delivered[0] if delivered else None
    order.is_apart = situations.is_gone(facts)


def place_of(order: OrderRow) -> Place:
    return Place(order.address, order.placed_at, order.delivered_at, order.is_apart)


def siblings_of(session: Session, order: OrderRow) -> Sequence[Sibling]:
    """Other orders of the address that may share a follow-up with this one, placed within 14 days before or after."""
    if order.address is None or order.placed_at is None:
        return ()
    span = OrderRow.placed_at.between(order.placed_at - SIBLING_SPAN, order.placed_at + SIBLING_SPAN)
    columns = (OrderRow.external_id, OrderRow.placed_at, OrderRow.delivered_at)
    rows = session.execute(select(*columns).where(*_others(order, order.address), span))
    return [
        Sibling(order_id=external_id, placed_at=placed_at, delivered_at=delivered, is_cancelled=False)
        for external_id, placed_at, delivered in rows
        if placed_at is not None
    ]


def touched_by(session: Session, order: OrderRow, place: Place, within: timedelta) -> set[UUID]:
    """The orders whose follow-up may be another because this one has, or had, such a place: one or two.

    Those that a third order, placed later, brings the follow-up for have none of their own either way.
    """
    if place.address is None or place.placed_at is None or place.is_apart:
        return set()
    span = OrderRow.placed_at.between(place.placed_at - within, place.placed_at + 2 * within)
    query = select(OrderRow.id, OrderRow.placed_at).where(*_others(order, place.address), span)
    touched: set[UUID] = set()
    later: datetime | None = None
    for order_id, at in session.execute(query.order_by(OrderRow.placed_at.desc(), OrderRow.external_id.desc())):
        assert at is not None, "it lies between two moments"
        is_last = later is None or later - at > within
        if is_last and abs(at - place.placed_at) <= within:
            touched.add(order_id)
        later = at
    return touched


def _others(order: OrderRow, address: str) -> tuple[ColumnElement[bool], ...]:
    mine = (OrderRow.shop_id == order.shop_id, OrderRow.address == address, OrderRow.id != order.id)
    return (*mine, OrderRow.is_apart.is_(False))
