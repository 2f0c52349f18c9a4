"""A shop that cut the connection: what waits is cancelled, and nothing is planned until a source is added again."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import select

from schedules import reasons
from schedules.events import AppUninstalled
from worker.bootstrap import Installation
from worker.planning.parts import CHUNK, WORKS_FOR_S, work_off
from worker.planning.scheduling import cancel_pending
from worker.planning.unit import Unit
from worker.store.models import InboundEvent, Message, Shop
from worker.store.orders import PENDING_MESSAGE, lock_order
from worker.store.shops import connected_at

log = structlog.get_logger()


def disconnect_shop(unit: Unit, event: AppUninstalled) -> None:
    """From here on nothing is planned or sent; `cancel_waiting` says so of what waits."""
    if connected_at(unit.session, unit.shop.id) >= event.at:
        log.info("planning.shop.kept", reason="the shop was connected again after it cut the connection")
        return
    unit.shop.uninstalled_at = event.at
    log.warning("planning.shop.disconnected")


def cancel_waiting(
    installation: Installation, event: InboundEvent, *, chunk: int = CHUNK, for_s: float = WORKS_FOR_S
) -> bool:
    """Goes on cancelling what waits, for at most about so long; whether nothing is left, or the shop is back."""
    is_gone = select(Shop.id).where(Shop.id == event.shop_id, Shop.uninstalled_at.is_not(None)).exists()
    waiting = select(Message.order_id).where(Message.shop_id == event.shop_id, PENDING_MESSAGE, is_gone).distinct()
    return work_off(installation, event.shop_id, [(waiting, _cancel)], chunk=chunk, for_s=for_s)


def _cancel(unit: Unit, order_ids: Sequence[UUID]) -> None:
    for order_id in sorted(order_ids):
        order = lock_order(unit.session, order_id)
        cancel_pending(unit, order, reasons.DISCONNECTED)
        order.version += 1
