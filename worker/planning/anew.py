"""Orders planned anew although no event told of them: a whole shop after content or settings changed, order by order,
so that others get their turn; and orders whose mail came back after their address was corrected."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.errors import StorageUnavailableError
from worker.planning.parts import Turns
from worker.planning.scheduling import would_change
from worker.planning.service import replan_order
from worker.planning.unit import Unit
from worker.store.models import OrderRow, Shop
from worker.store.orders import orders_to_replan, orders_with_returned

READ_AT_ONCE = 100
"""Orders that are looked at in one reading unit."""

log = structlog.get_logger()


def replan_shop(
    installation: Installation, shop_id: UUID, reason: str, *, on_order: Callable[[], None] = lambda: None
) -> int:
    """Plans every order anew that new content or roles may change something for; how many.

    One that cannot be planned stays as it is and raises an alarm. What breaks off is done by doing it again.

    Raises:
        StorageUnavailableError: some may be done.
    """
    with installation.database.read() as session:
        orders = orders_to_replan(session, shop_id, installation.clock.now())
    turns = Turns(installation.database)
    for start in range(0, len(orders), READ_AT_ONCE):
        chunk = orders[start : start + READ_AT_ONCE]
        changing = _changing(installation, shop_id, chunk)
        for order_id in chunk:
            if order_id in changing:
                _replan_surely(installation, order_id, reason)
                turns.end()
            on_order()
    return len(orders)


def replan_returned(installation: Installation) -> int:
    """Plans orders anew whose mail came back from an address that was corrected while it was on its way; how many.

    What came back before is planned with the webhook that corrects the address.

    Raises:
        StorageUnavailableError: some may be done.
    """
    now = installation.clock.now()
    with installation.database.read() as session:
        orders = orders_with_returned(session, now)
        changing = [
            order.id for order in orders if _may_change(_unit(session, order.shop_id, now), order, broken=False)
        ]
    for order_id in changing:
        _replan_surely(installation, order_id, "a mail came back, and its address had been corrected")
    return len(changing)


def _unit(session: Session, shop_id: UUID, now: datetime) -> Unit:
    return Unit(session=session, shop=session.get_one(Shop, shop_id), source_id=None, now=now)


def _changing(installation: Installation, shop_id: UUID, order_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the orders that planning anew may change something for. What is told of one meanwhile plans it too."""
    with installation.database.read() as session:
        unit = _unit(session, shop_id, installation.clock.now())
        orders = session.scalars(select(OrderRow).where(OrderRow.id.in_(order_ids))).all()
        return {order.id for order in orders if _may_change(unit, order, broken=True)}


def _may_change(unit: Unit, order: OrderRow, *, broken: bool) -> bool:
    """`broken`: what is said of an order whose facts cannot be read. Planning it raises an alarm, each time."""
    try:
        return would_change(unit, order)
    except StorageUnavailableError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with it, planning it says so
        return broken


def _replan_surely(installation: Installation, order_id: UUID, reason: str) -> None:
    try:
        replan_order(installation, order_id, reason)
    except StorageUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one order, the others go on
        log.error("planning.order.failed", alarm=True, order_id=str(order_id), error=type(error).__name__)
