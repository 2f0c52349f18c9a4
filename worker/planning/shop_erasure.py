"""Forgetting everybody a shop ever sold to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, and_, delete, select, true, update
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.planning.erasure import erase_orders
from worker.planning.parts import CHUNK, WORKS_FOR_S, Act, Stage, work_off
from worker.planning.unit import Unit
from worker.store.models import CustomerRow, HiddenProduct, InboundEvent, OrderRow, Purchase, Shop, WriteBack
from worker.store.shops import connected_at

log = structlog.get_logger()

ERASED_SHOP = "the shop's data was erased on demand"
DEMANDED_WITHIN = timedelta(days=3)
"""shop/redact comes 48 hours after the app was uninstalled, and with its repetitions within this."""


def close_shop(unit: Unit, told_at: datetime) -> None:
    """Before its people are erased: nothing more is sent for the shop, unless it is back."""
    if _back_since(unit.session, unit.shop, told_at) is not None:
        log.info("planning.shop.kept", reason="the shop was connected again after it had gone")
    else:
        unit.shop.uninstalled_at = unit.shop.uninstalled_at or unit.now


def erase_people(
    installation: Installation, demand: InboundEvent, *, chunk: int = CHUNK, for_s: float = WORKS_FOR_S
) -> bool:
    """Goes on erasing what the demand means, for at most about so long; whether nothing is left.

    The demand itself keeps its body: it is what goes on with it after a crash.
    """
    with installation.database.read() as session:
        since = _back_since(session, session.get_one(Shop, demand.shop_id), demand.received_at)
    is_done = work_off(installation, demand.shop_id, _stages(demand, since), chunk=chunk, for_s=for_s)
    if is_done:
        log.info("planning.shop.erased")
    return is_done


def _back_since(session: Session, shop: Shop, told_at: datetime) -> datetime | None:
    """When the shop was connected again after the uninstallation that a demand of that time answers; None: it is gone.

    A connection that was made less long before must be a newer one. Of an older one the end may never have been told.
    """
    if shop.uninstalled_at is not None:
        return None
    at = connected_at(session, shop.id)
    return at if at >= told_at - DEMANDED_WITHIN else None


def _stages(demand: InboundEvent, since: datetime | None) -> Sequence[Stage]:
    """What to look for, by an index each, and what to do with it. Bodies first: they could bring orders back.

    `since`: what came from then on, over a newer connection, stays; None: nothing does.
    """
    shop, mine = demand.shop_id, OrderRow.shop_id == demand.shop_id
    body = (InboundEvent.body.is_not(None), InboundEvent.received_at <= demand.received_at)
    told = (*body, InboundEvent.id != demand.id, _older(InboundEvent.received_at, since))
    order = (OrderRow.erased_at.is_(None), _older(OrderRow.created_at, since))
    orders, bought = _ids(OrderRow, shop).where(*order), _ids(Purchase, shop).where(Purchase.person > "")
    theirs = select(OrderRow.id).where(mine, OrderRow.address == CustomerRow.address).exists()
    kept = select(OrderRow.id).where(mine, OrderRow.external_id == Purchase.order_ref, OrderRow.erased_at.is_(None))
    people = _ids(CustomerRow, shop).where(_older(CustomerRow.updated_at, since, ~theirs))
    return (
        (_ids(InboundEvent, shop).where(*told).order_by(InboundEvent.received_at), _emptied),
        (orders.where(OrderRow.address.is_not(None)).order_by(OrderRow.address), _erased),
        (orders.order_by(OrderRow.external_id), _erased),
        (people.order_by(CustomerRow.address), _deleted(CustomerRow)),
        (_ids(HiddenProduct, shop).where(_older(HiddenProduct.created_at, since)), _deleted(HiddenProduct)),
        (_ids(WriteBack, shop).where(_older(WriteBack.wanted_at, since)), _deleted(WriteBack)),
        (bought.where(_older(Purchase.placed_at, since, ~kept.exists())).order_by(Purchase.person), _nobodys),
    )


def _older(at: Any, since: datetime | None, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    return true() if since is None else and_(at < since, *also)


def _ids(table: Any, shop_id: UUID) -> Select[UUID]:
    return select(table.id).where(table.shop_id == shop_id)


def _emptied(unit: Unit, chosen: Sequence[UUID]) -> None:
    unit.session.execute(update(InboundEvent).where(InboundEvent.id.in_(chosen)).values(body=None))


def _erased(unit: Unit, chosen: Sequence[UUID]) -> None:
    erase_orders(unit, chosen, ERASED_SHOP)


def _nobodys(unit: Unit, chosen: Sequence[UUID]) -> None:
    unit.session.execute(update(Purchase).where(Purchase.id.in_(chosen)).values(person=""))


def _deleted(table: Any) -> Act:
    def forget(unit: Unit, chosen: Sequence[UUID]) -> None:
        unit.session.execute(delete(table).where(table.id.in_(chosen)))

    return forget
