"""Forgetting everybody a shop ever sold to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, select, update

from worker.bootstrap import Installation
from worker.planning.erasure import erase_orders
from worker.planning.parts import CHUNK, WORKS_FOR_S, Act, Stage, work_off
from worker.planning.unit import Unit
from worker.store.models import CustomerRow, HiddenProduct, InboundEvent, OrderRow, Purchase, WriteBack

log = structlog.get_logger()

ERASED_SHOP = "the shop's data was erased on demand"


def erase_people(
    installation: Installation, demand: InboundEvent, *, chunk: int = CHUNK, for_s: float = WORKS_FOR_S
) -> bool:
    """Goes on erasing what the demand means, for at most about so long; whether nothing is left.

    The demand itself keeps its body: it is what goes on with it after a crash.
    """
    is_done = work_off(installation, demand.shop_id, _stages(demand), chunk=chunk, for_s=for_s)
    if is_done:
        log.info("planning.shop.erased")
    return is_done


def _stages(demand: InboundEvent) -> Sequence[Stage]:
    """What to look for, by an index each, and what to do with it. Bodies first: they could bring orders back."""
    shop, told = demand.shop_id, demand.received_at
    older = (InboundEvent.body.is_not(None), InboundEvent.received_at <= told, InboundEvent.id != demand.id)
    order = (OrderRow.shop_id == shop, OrderRow.erased_at.is_(None))
    return (
        (_ids(InboundEvent, shop).where(*older).order_by(InboundEvent.received_at), _emptied),
        (_ids(OrderRow, shop).where(OrderRow.address.is_not(None)).order_by(OrderRow.address), _erased),
        (select(OrderRow.id).where(*order).order_by(OrderRow.external_id), _erased),
        (_ids(CustomerRow, shop).order_by(CustomerRow.address), _deleted(CustomerRow)),
        (_ids(HiddenProduct, shop), _deleted(HiddenProduct)),
        (_ids(WriteBack, shop), _deleted(WriteBack)),
        (_ids(Purchase, shop).where(Purchase.person > "").order_by(Purchase.person), _nobodys),
    )


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
