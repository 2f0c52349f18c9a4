"""What one body told, worked in: orders first, then what concerns people and products."""

from collections.abc import Callable, Sequence
from typing import Any

from schedules import events
from schedules.events import ORDER_EVENTS, Event, OrderEvent
from worker.planning.customers import hear_customer
from worker.planning.erasure import erase_customer, forget_demand
from worker.planning.orders import merge_order
from worker.planning.products import drop_product, keep_product, keep_variants
from worker.planning.unit import Unit

HEAR: dict[type[Any], Callable[[Unit, Any], bool | None]] = {
    events.CustomerStated: hear_customer,
    events.CustomerRedacted: erase_customer,
    events.ShopRedacted: forget_demand,
    events.ProductStated: keep_product,
    events.VariantsStated: keep_variants,
    events.ProductDeleted: drop_product,
}


def apply_reading(unit: Unit, told: Sequence[Event]) -> bool:
    """Works everything in. Rows are locked person first, then order, in one order of ids, so that units don't cross.

    Returns:
        Whether something was told of somebody who is, or was, erased: then the body it came in is not kept either.
    """
    by_order: dict[str, list[OrderEvent]] = {}
    for event in told:
        if isinstance(event, ORDER_EVENTS):
            by_order.setdefault(event.order_id if hasattr(event, "order_id") else event.order.id, []).append(event)
    orders = [merge_order(unit, order_id, by_order[order_id]) for order_id in sorted(by_order)]
    others = [HEAR[type(event)](unit, event) for event in told if type(event) in HEAR]
    return any(order.erased_at is not None for order in orders) or any(others)
