"""People: their newest consent, whoever told it."""

from datetime import datetime

import structlog

from schedules.events import CustomerStated
from schedules.facts import ConsentState, Order
from worker.planning.unit import Unit
from worker.store.models import CustomerRow
from worker.store.orders import find_customers, locked_customer, normal_address

log = structlog.get_logger()

CAUTION = (
    ConsentState.UNKNOWN,
    ConsentState.SUBSCRIBED,
    ConsentState.PENDING,
    ConsentState.NOT_SUBSCRIBED,
    ConsentState.UNSUBSCRIBED,
)
"""Of two states told for the same moment the later one in this list counts."""


def hear_customer(unit: Unit, event: CustomerStated) -> None:
    """A change of consent: kept for the address told, and for the addresses known by the platform's id."""
    address = normal_address(event.email)
    if address is not None:
        locked_customer(unit.session, unit.shop.id, address, now=unit.now)
    known = find_customers(unit.session, unit.shop.id, address=address, external_id=event.customer_id)
    if not known:
        log.info("planning.customer.unknown", reason="neither the address nor the id is known yet")
    for each in sorted(known, key=lambda row: row.address):
        row = locked_customer(unit.session, unit.shop.id, each.address, now=unit.now)
        _note(row, unit, event.consent, event.at, event.customer_id, event.orders_count)


def hear_buyer(unit: Unit, order: Order) -> None:
    """The customer as one snapshot of an order has them."""
    address = normal_address(order.customer.email)
    if address is None:
        return
    row = locked_customer(unit.session, unit.shop.id, address, now=unit.now)
    at = order.customer.consent_at or order.updated_at
    _note(row, unit, order.customer.consent, at, order.customer.id, order.customer.orders_count)


def is_untold(row: CustomerRow) -> bool:
    """Whether nobody has told anything of this person yet: the row was only made to be locked."""
    return row.version == 0 and row.external_id is None and row.orders_count is None and row.consent_at is None


def _note(
    row: CustomerRow,
    unit: Unit,
    consent: ConsentState,
    at: datetime,
    external_id: str | None,
    orders_count: int | None,
) -> None:
    before = (row.consent, row.consent_at, row.external_id, row.orders_count)
    if consent is not ConsentState.UNKNOWN and _is_newer(row, consent, at):
        row.consent, row.consent_at = consent.value, at
    row.external_id = external_id or row.external_id
    row.orders_count = max(orders_count or 0, row.orders_count or 0) or row.orders_count
    if before != (row.consent, row.consent_at, row.external_id, row.orders_count):
        row.version += 1
        row.updated_at = unit.now


def _is_newer(row: CustomerRow, consent: ConsentState, at: datetime) -> bool:
    if row.consent_at is None or at > row.consent_at:
        return True
    return at == row.consent_at and CAUTION.index(consent) > CAUTION.index(ConsentState(row.consent))
