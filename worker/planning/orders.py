"""Orders: events merged into facts under a lock, then planned, and the neighbours that it matters to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from schedules.events import OrderEvent, OrderStated
from schedules.facts import Order
from schedules.merging import merge
from worker.personalisation.code_ends import end_codes
from worker.planning.anonymous import anonymous
from worker.planning.content import sequence_for
from worker.planning.customers import hear_buyer, is_untold
from worker.planning.scheduling import lock_touched, replan
from worker.planning.unit import Unit
from worker.platforms.zones import timezone_for
from worker.store.models import OrderRow
from worker.store.orders import (
    facts_of,
    locked_customer,
    locked_order,
    normal_address,
)
from worker.store.siblings import keep_facts, place_of


def merge_order(unit: Unit, external_id: str, told: Sequence[OrderEvent]) -> OrderRow:
    """Merges what was told of one order and plans it; equal facts keep the order's version."""
    is_erased = _hear_person(unit, external_id, told)
    row = locked_order(unit.session, unit.shop.id, external_id, source_id=unit.source_id, now=unit.now)
    if is_erased:
        row.erased_at = row.erased_at or unit.now
    before = place_of(row)
    _merge(unit, row, told)
    unit.session.flush()
    end_codes(unit.session, row, facts_of(row), unit.now)
    places = {before, place_of(row)}
    replan(unit, row, *(lock_touched(unit, row, places) if len(places) > 1 else ()))
    return row


def _hear_person(unit: Unit, external_id: str, told: Sequence[OrderEvent]) -> bool:
    """What is told of the buyer; whether they were erased: then nothing of them is kept.

    Whoever is known to have placed the order is locked before it, as for their other orders.
    """
    mine = (OrderRow.shop_id == unit.shop.id, OrderRow.external_id == external_id)
    query = select(OrderRow.address, OrderRow.placed_at, OrderRow.erased_at).where(*mine)
    known = unit.session.execute(query).one_or_none()
    if known is not None and known.address is not None:
        person = locked_customer(unit.session, unit.shop.id, known.address, now=unit.now)
        known = unit.session.execute(query).one()  # it may have waited for just that
        if known.erased_at is not None and is_untold(person):
            unit.session.delete(person)
    if known is not None and known.erased_at is not None:
        return True
    is_first = known is None or known.placed_at is None
    stated = (event.order for event in told if isinstance(event, OrderStated))
    return any(hear_buyer(unit, order, is_first=is_first) for order in stated)


def _merge(unit: Unit, row: OrderRow, told: Sequence[OrderEvent]) -> None:
    facts = before = facts_of(row)
    for event in told:
        facts = merge(facts, event)
        if isinstance(event, OrderStated):
            row.pinned = pinned(unit, row.pinned, event.order)
    if row.erased_at is not None:  # what was told before, and comes after
        facts = anonymous(facts)
    if facts == before:
        return
    keep_facts(row, facts, sequence_for(unit, row).assume_delivered_after)
    row.version += 1
    row.updated_at = unit.now
    if facts.order is not None:
        row.number = facts.order.number
        row.placed_at = facts.order.placed_at
        row.address = normal_address(facts.order.customer.email)


def pinned(unit: Unit, before: dict[str, Any], order: Order) -> dict[str, Any]:
    """Locale, currency and time zone as the order's earliest known snapshot has them, whatever order they come in."""
    if before and datetime.fromisoformat(before["as_of"]) <= order.updated_at:
        return before
    home = order.home
    zone = timezone_for(home.country, home.region) if home else None
    return {
        "locale": order.locale or unit.profile.locale,
        "currency": order.currency,
        "timezone": order.timezone or zone or unit.profile.timezone,
        "as_of": order.updated_at.isoformat(),
    }
