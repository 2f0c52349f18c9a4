"""People: their newest consent, whoever told it."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy import select

from schedules.events import CustomerStated
from schedules.facts import ConsentState, Order
from worker.planning.reading import read_event
from worker.planning.unit import Unit
from worker.store.erasures import erased_at
from worker.store.models import CustomerRow, InboundEvent, Source
from worker.store.orders import find_customers, locked_customer, normal_address
from worker.store.people import customer_ref, events_about
from worker.store.suppressions import carry_over

log = structlog.get_logger()

CAUTION = (
    ConsentState.UNKNOWN,
    ConsentState.SUBSCRIBED,
    ConsentState.PENDING,
    ConsentState.NOT_SUBSCRIBED,
    ConsentState.UNSUBSCRIBED,
)
"""Of two states told for the same moment the later one in this list counts."""


def hear_customer(unit: Unit, event: CustomerStated) -> bool:
    """A change of consent: kept for the address told, and for the addresses known by the platform's id.

    True: it is older than the person's erasure, and nothing was kept.
    """
    address = normal_address(event.email)
    if _was_erased(unit, address, event.customer_id, since=event.at):
        return True
    known = find_customers(unit.session, unit.shop.id, address=address, external_id=event.customer_id)
    if not known:
        log.info("planning.customer.unknown", reason="only an id is told, and no order has told whose it is")
    for each in sorted(known, key=lambda row: row.address):
        row = locked_customer(unit.session, unit.shop.id, each.address, now=unit.now)
        _note(row, unit, event.consent, event.at, event.customer_id, event.orders_count)
    return False


def hear_buyer(unit: Unit, order: Order, *, is_first: bool) -> bool:
    """The customer as one snapshot of an order has them.

    `is_first`: nothing was told of the order before. True: its person was erased since it was placed; nothing was kept.
    """
    address = normal_address(order.customer.email)
    if is_first and _was_erased(unit, address, order.customer.id, since=order.placed_at):
        return True
    if address is None:
        return False
    row = locked_customer(unit.session, unit.shop.id, address, now=unit.now)
    at = order.customer.consent_at or order.updated_at
    is_new_id = not find_customers(unit.session, unit.shop.id, address=None, external_id=order.customer.id)
    _note(row, unit, order.customer.consent, at, order.customer.id, order.customer.orders_count)
    if order.customer.id is not None and is_new_id:
        _hear_earlier(unit, row, order.customer.id)
    known = find_customers(unit.session, unit.shop.id, address=None, external_id=order.customer.id)
    others = [each for each in known if each.address != address]
    refused_at = _refused_at(others)
    if refused_at is not None:
        _note(row, unit, ConsentState.UNSUBSCRIBED, refused_at, None, None)
    carry_over(unit.session, unit.shop.id, [each.address for each in others], address)
    return False


def _hear_earlier(unit: Unit, row: CustomerRow, customer_id: str) -> None:
    """What was told of the person by their id alone, before anybody knew whose it was; its bodies were kept."""
    mine = events_about(unit.shop.id, [customer_ref(customer_id)])
    stored = select(InboundEvent, Source).join(Source, Source.id == InboundEvent.source_id)
    earlier = stored.where(*mine, InboundEvent.state == "planned", InboundEvent.body.is_not(None))
    for event, source in unit.session.execute(earlier.order_by(InboundEvent.id)):
        for told in read_event(event, source).events:
            if isinstance(told, CustomerStated):
                _note(row, unit, told.consent, told.at, told.customer_id, told.orders_count)


def _refused_at(people: Iterable[CustomerRow]) -> datetime | None:
    """When any of them last unsubscribed; None: nobody did."""
    times = (each.consent_at for each in people if each.consent == ConsentState.UNSUBSCRIBED)
    return max((at for at in times if at is not None), default=None)


def _was_erased(unit: Unit, address: str | None, customer_id: str | None, *, since: datetime) -> bool:
    """Whether the person was erased at that moment or later; locks them, since that may be going on."""
    row = locked_customer(unit.session, unit.shop.id, address, now=unit.now) if address is not None else None
    at = erased_at(unit.session, unit.shop.id, address, customer_id)
    if at is None or at < since:
        return False
    if row is not None and is_untold(row):
        unit.session.delete(row)
        unit.session.flush()
    return True


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
