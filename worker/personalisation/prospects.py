"""What may be offered about an order once its things were used: the planner times mails by it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.refills import Prospect, due_at
from schedules.situations import is_subscription
from worker.personalisation.afterwards import is_used_up, variant_of
from worker.personalisation.bought import leading_products
from worker.store.histories import Histories
from worker.store.models import Product
from worker.store.suggestions import rhythms_of


def prospect_of(session: Session, shop_id: UUID, address: str, facts: Facts) -> Prospect:
    """Looked up by the catalogue; what nothing has left of yet is too early to ask about."""
    order = facts.order
    names = sorted(set(leading_products(facts))) if facts.parcels else []
    if order is None or not names:
        return Prospect()
    mine = select(Product).where(Product.shop_id == shop_id, Product.product_id.in_(names))
    rows = session.scalars(mine.order_by(Product.product_id, Product.variant_id)).all()
    rhythms = rhythms_of(session, shop_id, names)
    is_any = any(_runs_out(row, rhythms) for row in rows)
    times = _times(Histories(session, [(shop_id, address)] if is_any else []), shop_id, address)
    dues = []
    for line in order.lines:
        row = variant_of(line, [each for each in rows if each.product_id == line.product_id])
        if row is not None and _runs_out(row, rhythms) and not is_subscription(order):
            bought = sorted({*times[row.product_id], order.placed_at})
            others = rhythms.get(row.product_id)
            dues.append(due_at(bought, quantity=line.quantity, refill_days=row.refill_days, others_days=others))
    better = select(Product.id).where(Product.shop_id == shop_id, Product.upgrade_of.in_(names)).limit(1)
    return Prospect(
        runs_low_at=min((due for due in dues if due is not None), default=None),
        has_upgrade=session.scalars(better).first() is not None,
    )


def _runs_out(row: Product, rhythms: Mapping[str, float]) -> bool:
    return not row.discreet and is_used_up(row, rhythms)


def _times(histories: Histories, shop_id: UUID, address: str) -> dict[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for order in histories.orders(shop_id, address):
        for name in order.products:
            found[name].append(order.placed_at)
    return defaultdict(tuple, found)
