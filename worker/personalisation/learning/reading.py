"""Stored orders become purchases, page by page, so that no writer waits long."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from schedules.situations import is_refunded
from worker.personalisation.bought import leading_products
from worker.personalisation.learning.purchases import Ledger
from worker.personalisation.segments import value_of
from worker.store.models import OrderRow, Shop
from worker.store.orders import facts_of
from worker.store.session import Database
from worker.store.shops import profile_of
from worker.store.suggestions import keep_purchases, learning_of, person_of, purchase_columns

PAGE = 500
OVERLAP = timedelta(minutes=10)
"""Orders changed this long before the last look are looked at again: transactions end out of order."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def read_new_orders(database: Database, shop_id: UUID) -> int:
    """Keeps the purchases of orders that changed since the last look; says how many changed."""
    with database.write() as session:
        learning = learning_of(session, shop_id)
        since, key = (learning.seen_at or NEVER) - OVERLAP, learning.person_key
        currency = profile_of(session.get_one(Shop, shop_id)).currency
    at, changed = (since, UUID(int=0)), 0
    while True:
        with database.write() as session:
            page = _page(session, shop_id, at)
            if not page:
                return changed
            changed += sum(keep_purchases(session, shop_id, [_row(order, key, currency) for order in page]))
            at = (page[-1].updated_at, page[-1].id)
            learning_of(session, shop_id).seen_at = max(at[0], since + OVERLAP)


def _page(session: Session, shop_id: UUID, after: tuple[datetime, UUID]) -> Sequence[OrderRow]:
    place = tuple_(OrderRow.updated_at, OrderRow.id)
    query = select(OrderRow).where(OrderRow.shop_id == shop_id, place > after)
    return session.scalars(query.order_by(OrderRow.updated_at, OrderRow.id).limit(PAGE)).all()


def _row(order: OrderRow, key: str, currency: str) -> dict[str, Any]:
    """What was bought and kept; nothing of orders that came to nothing, were tests, or were placed by businesses."""
    facts = facts_of(order)
    told = facts.order
    is_over = facts.is_deleted or facts.is_cancelled or is_refunded(facts)
    counts = told is not None and told.payment.counts_as_order and not is_over
    counts = counts and told is not None and not (told.is_test or told.is_b2b)
    return {
        "order_ref": order.external_id,
        "person": person_of(key, order.address),
        "placed_at": order.placed_at or order.created_at,
        "products": sorted(set(leading_products(facts))) if counts else [],
        "value": value_of(facts, currency) if counts else None,
        "imported": False,
    }


def read_purchases(session: Session, shop_id: UUID) -> Ledger:
    """All purchases of a shop."""
    ledger = Ledger()
    for people, days, products in purchase_columns(session, shop_id):
        ledger.add(people, days, products)
    return ledger
