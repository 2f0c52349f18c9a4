"""Forgetting a customer, or an order; `shop_erasure` forgets all of a shop's people.

Shopify demands it by customers/redact and shop/redact (48 h after the app was uninstalled). What stays of an order is
what counts cannot do without: ids, times, lines and sums. A suppression stays, or the person's refusal would be lost.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import delete, select, update

from schedules.events import CustomerRedacted, CustomerStated, Event, ShopRedacted
from schedules.facts import Facts
from schedules.lifecycle import State
from worker.personalisation.code_ends import forget_owners
from worker.planning.anonymous import anonymous, bare
from worker.planning.scheduling import ERASED, cancel_pending, lock_touched, replan
from worker.planning.unit import Unit
from worker.store.erasures import note_erasure
from worker.store.many import holds_text
from worker.store.models import (
    Attempt,
    Click,
    CustomerRow,
    DeliveryEvent,
    HiddenProduct,
    InboundEvent,
    Message,
    OfferedProduct,
    OrderRow,
    OutboxMail,
    Transition,
)
from worker.store.orders import (
    addresses_with_orders,
    facts_of,
    find_customers,
    lock_order,
    locked_customer,
    locked_order,
    normal_address,
    orders_by_external,
    orders_of_addresses,
)
from worker.store.people import customer_ref, events_about, quoted, unread_bodies
from worker.store.siblings import Place, keep_facts, place_of
from worker.store.suggestions import forget_purchases
from worker.store.transitions import lock_rows
from worker.store.write_backs import forget_write_backs

log = structlog.get_logger()

HELD = "it was held"
ORDERS_AT_ONCE = 500
"""An address of the shop's own may have more than one statement can name."""


def erase_customer(unit: Unit, event: CustomerRedacted) -> bool:
    """Erases a person by id and address with all their orders, and the named orders: of these people whoever has no
    other order is erased too. True: the demand names somebody erased."""
    told = _named_people(unit, event)
    maybe = _behind(unit, event.order_ids) - told
    for address in sorted(told | maybe):
        locked_customer(unit.session, unit.shop.id, address, now=unit.now)
    orders = {order.id for order in orders_of_addresses(unit.session, unit.shop.id, sorted(told))}
    orders |= set(_named_orders(unit, event.order_ids))
    erased = _erase_in_parts(unit, sorted(orders))
    forget_purchases(unit.session, unit.shop.id, orders=event.order_ids)
    people = told | (maybe - addresses_with_orders(unit.session, unit.shop.id, maybe))
    _erase_people(unit, people, event)
    for order, place in erased:
        if place.address not in people:
            replan(unit, *lock_touched(unit, order, [place]))
    log.info("planning.customer.erased", orders=len(orders), people=len(people))
    return True


def _erase_in_parts(unit: Unit, order_ids: Sequence[UUID]) -> list[tuple[OrderRow, Place]]:
    parts = (order_ids[start : start + ORDERS_AT_ONCE] for start in range(0, len(order_ids), ORDERS_AT_ONCE))
    return [each for part in parts for each in erase_orders(unit, part, ERASED)]


def _named_people(unit: Unit, event: CustomerRedacted) -> set[str]:
    address = normal_address(event.email)
    people = find_customers(unit.session, unit.shop.id, address=address, external_id=event.customer_id)
    return {person.address for person in people} | ({address} if address else set())


def _behind(unit: Unit, order_ids: Sequence[str]) -> set[str]:
    """The addresses of these orders, and those that the platform's id of their customers is known by."""
    found: set[str] = set()
    for order in orders_by_external(unit.session, unit.shop.id, order_ids):
        known = _readable(order).order
        customer_id = known.customer.id if known is not None else None
        people = find_customers(unit.session, unit.shop.id, address=order.address, external_id=customer_id)
        found |= {person.address for person in people}
    return found


def _named_orders(unit: Unit, external_ids: Sequence[str]) -> list[UUID]:
    """The rows of these orders. One that is told of only later must find that it was erased: its row is made."""
    known = {order.external_id: order.id for order in orders_by_external(unit.session, unit.shop.id, external_ids)}
    for external_id in sorted(set(external_ids) - known.keys()):
        new = locked_order(unit.session, unit.shop.id, external_id, source_id=unit.source_id, now=unit.now)
        known[external_id] = new.id
    return list(known.values())


def _erase_people(unit: Unit, addresses: set[str], event: CustomerRedacted) -> None:
    """What hangs on the addresses themselves, and not on an order."""
    mine = (CustomerRow.shop_id == unit.shop.id, CustomerRow.address.in_(addresses))
    ids = unit.session.scalars(select(CustomerRow.external_id).where(*mine)).all()
    refs = {person_ref([event])} | {customer_ref(external_id) for external_id in ids if external_id}
    _forget_addresses(unit, sorted(addresses))
    _forget_unread(unit, {*addresses, event.email or ""} - {""})
    forget_purchases(unit.session, unit.shop.id, addresses)
    _forget_bodies(unit, sorted(ref for ref in refs if ref))
    note_erasure(unit.session, unit.shop.id, addresses, event.customer_id, unit.now)


def forget_demand(_unit: Unit, _event: ShopRedacted) -> bool:
    """Once a shop's people are erased, the demand for it goes too."""
    return True


def erase_orders(unit: Unit, order_ids: Collection[UUID], reason: str) -> list[tuple[OrderRow, Place]]:
    """Takes everything of people off orders, their mails and bodies; nothing that comes later brings it back.

    Returns:
        The orders, and where each stood among those of its person.
    """
    erased = [_bare_order(unit, order_id, reason) for order_id in sorted(order_ids)]
    unit.session.flush()
    _forget_bodies(unit, [order.external_id for order, _ in erased])
    messages = select(Message.id).where(Message.order_id.in_(order_ids))
    # Whoever hands one over at this moment has written by then what it keeps, or finds the order changed.
    lock_rows(unit.session, unit.session.scalars(messages).all())
    unit.session.execute(delete(OutboxMail).where(OutboxMail.message_id.in_(messages)))
    unit.session.execute(update(DeliveryEvent).where(DeliveryEvent.message_id.in_(messages)).values(details={}))
    unit.session.execute(update(OfferedProduct).where(OfferedProduct.message_id.in_(messages)).values(address=""))
    forget_owners(unit.session, order_ids, unit.now)
    blank: dict[str, Any] = {"address": None, "subject": "", "provider_id": "", "details": {}}
    unit.session.execute(update(Message).where(Message.order_id.in_(order_ids)).values(blank))
    _forget_words(unit, order_ids)
    # Last: whoever counts a click locks its message first.
    unit.session.execute(delete(Click).where(Click.message_id.in_(messages)))
    return erased


def _bare_order(unit: Unit, order_id: UUID, reason: str) -> tuple[OrderRow, Place]:
    order = lock_order(unit.session, order_id)
    place = place_of(order)
    cancel_pending(unit, order, reason)
    keep_facts(order, anonymous(_readable(order)))
    order.address = None
    order.erased_at = unit.now
    order.unsent = {"all": reason}
    order.hold = None
    order.version += 1
    order.updated_at = unit.now
    return order, place


def _readable(order: OrderRow) -> Facts:
    """The order's facts. What cannot be read goes whole: it must not keep the rest from being erased."""
    try:
        return facts_of(order)
    except ValidationError:
        return Facts()


def _forget_words(unit: Unit, order_ids: Collection[UUID]) -> None:
    """What support wrote of a hold, and what providers and mailboxes said of mails."""
    mine = select(Message).where(Message.order_id.in_(order_ids)).execution_options(populate_existing=True)
    for message in unit.session.scalars(mine):
        message.reason = bare(message.reason)
    messages = select(Message.id).where(Message.order_id.in_(order_ids))
    for line in unit.session.scalars(select(Transition).where(Transition.message_id.in_(messages))):
        line.reason = HELD if line.after == State.HELD else bare(line.reason)
    said = {"error": "", "receipt": ""}
    unit.session.execute(update(Attempt).where(Attempt.message_id.in_(messages)).values(said))
    unit.session.flush()


def person_ref(told: Sequence[Event]) -> str | None:
    """What a stored body about a person, not about an order, is found by when that person is to be erased."""
    ids = (each.customer_id for each in told if isinstance(each, CustomerStated | CustomerRedacted))
    return next((customer_ref(customer_id) for customer_id in ids if customer_id), None)


def _forget_bodies(unit: Unit, refs: Sequence[str]) -> None:
    unit.session.execute(update(InboundEvent).where(*events_about(unit.shop.id, refs)).values(body=None))


def _forget_unread(unit: Unit, addresses: Iterable[str]) -> None:
    """Bodies that could not be read, or are of no use here, name no order; they are found by the address in them.

    What waits to be planned is left: it may be an order that the person has placed since.
    """
    over = InboundEvent.state.in_(("failed", "ignored"))
    for address in sorted(addresses):
        found = holds_text(unit.session, InboundEvent.body, quoted(address))
        unit.session.execute(update(InboundEvent).where(*unread_bodies(unit.shop.id), over, found).values(body=None))


def _forget_addresses(unit: Unit, addresses: Sequence[str]) -> None:
    for table in (HiddenProduct, CustomerRow):
        mine = (table.shop_id == unit.shop.id, table.address.in_(addresses))
        unit.session.execute(delete(table).where(*mine))
    forget_write_backs(unit.session, unit.shop.id, addresses)
