"""An order as its neighbours see it."""

from schedules import situations
from schedules.conditions import delivered_at
from schedules.planner import Sibling
from worker.store.models import OrderRow
from worker.store.orders import facts_of


def sibling_of(order: OrderRow) -> Sibling | None:
    """The order as its neighbours' planning sees it; None while its own snapshot has not come."""
    facts = facts_of(order)
    if facts.order is None:
        return None
    delivered = delivered_at(facts)
    return Sibling(
        order_id=order.external_id,
        placed_at=facts.order.placed_at,
        delivered_at=delivered[0] if delivered else None,
        is_cancelled=situations.is_gone(facts),
    )
