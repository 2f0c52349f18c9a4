"""Every type of our own form as neutral events."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from schedules.events import (
    CaseStated,
    CustomerRedacted,
    CustomerStated,
    Event,
    OrderCancelled,
    OrderRefunded,
    OrderStated,
    ParcelStated,
    ParcelTracked,
    ProductDeleted,
    ProductStated,
)
from schedules.facts import (
    Address,
    CaseKind,
    ConsentState,
    Facts,
    Gift,
    Money,
    Order,
    PaymentState,
    PickupPoint,
    RefundReason,
)
from schedules.merging import merge
from schedules.parcel_facts import ParcelLine, ParcelState, TrackingStatus
from schedules.parcels import arrival
from tests.support.standard import NOW, event, order, read
from worker.platforms.bodies import LONGEST_ID
from worker.platforms.port import Reading

EARLIER = NOW - timedelta(hours=2)


def _order(**changes: Any) -> Order:
    found = read(event("order.updated", order(**changes))).events[0]
    assert isinstance(found, OrderStated)
    return found.order


def _only(type_: str, data: dict[str, Any]) -> Event:
    (found,) = read(event(type_, data)).events
    return found


def told_after(days: int, type_: str, **data: Any) -> Reading:
    """What is told of the order so many days later."""
    return read(event(type_, {"order_id": "1042"} | data, at=NOW + timedelta(days=days)))


def _eur(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def test_an_order_is_a_whole_snapshot_whose_version_is_its_event() -> None:
    found = _order()
    assert (found.id, found.number, found.updated_at) == ("1042", "NK1042", NOW)
    assert found.placed_at == datetime(2026, 5, 14, 9, 30, tzinfo=UTC)
    assert (found.payment, found.customer.email) == (PaymentState.PAID, "mia@example.com")
    assert _order(updated_at=EARLIER.isoformat()).updated_at == EARLIER
    assert read(event("order.placed", order())).order_ref == "1042"


def test_an_order_without_a_number_is_called_by_its_id() -> None:
    assert _order(number="").number == "1042"


def test_totals_that_are_not_told_are_counted_from_the_lines() -> None:
    found = _order(discount="5.00").totals
    assert (found.subtotal, found.discount, found.total) == (_eur("51"), _eur("5"), _eur("50.90"))
    assert (found.paid, found.outstanding) == (_eur("50.90"), _eur("0"))


def test_tax_is_added_where_prices_are_without_it() -> None:
    assert _order(tax="10.00").totals.total == _eur("55.90")
    assert _order(tax="10.00", tax_included=False).totals.total == _eur("65.90")


def test_an_order_to_be_paid_later_is_open_in_full_or_in_part() -> None:
    assert _order(payment="accepted", pay_by="2026-05-20").totals.outstanding == _eur("55.90")
    assert _order(payment="accepted", pay_by="2026-05-20").pay_by == date(2026, 5, 20)
    assert _order(payment="partially_paid", paid="20.00").totals.outstanding == _eur("35.90")
    assert _order(total="40.00", paid="45.00").totals.outstanding == _eur("0")


def test_a_line_costs_its_price_less_its_discount() -> None:
    lines = [{"id": 2, "title": "Filters", "unit_price": 6.5, "quantity": 2, "discount": "3.00", "kind": "physical"}]
    found = _order(lines=lines).lines[0]
    assert (found.id, found.quantity, found.total) == ("2", 2, _eur("10.00"))


def test_ids_may_be_numbers_beyond_2_to_the_53_and_empty_ones_are_none() -> None:
    found = _order(id=820982911946154508, customer={"id": "", "email": " mia@example.com "})
    assert (found.id, found.customer.id, found.customer.email) == ("820982911946154508", None, "mia@example.com")


@pytest.mark.parametrize("email", [None, "", "  "])
def test_an_order_may_have_no_address_of_its_customer(email: str | None) -> None:
    assert _order(customer={"email": email}).customer.email is None


def test_more_than_we_print_may_be_told_of_an_address() -> None:
    place = {"name": "Mia", "country": "se", "phone": "+46", "postal_code": 21142}
    found = _order(
        shipping_address=place,
        billing_address=None,
        delivery="pickup",
        pickup={"name": "Copper Row", "address": place, "map": "x"},
        gift={"message": "For you", "wrap": True},
    )
    assert found.shipping_address == Address(name="Mia", country="SE", postal_code="21142")
    assert found.gift == Gift(message="For you")
    assert type(found.pickup) is PickupPoint
    assert type(found.pickup.address) is Address


def test_a_parcel_left_when_it_says_or_when_it_was_told() -> None:
    data = {"order_id": "1042", "carrier": "DHL", "tracking_number": "JD1", "lines": [{"line_id": "1"}]}
    found = _only("order.shipped", data)
    assert isinstance(found, ParcelStated)
    parcel = found.parcel
    assert (parcel.id, parcel.state) == ("lines:1", ParcelState.SHIPPED)
    assert (parcel.shipped_at, parcel.is_sighting) == (NOW, True)
    assert parcel.lines == (ParcelLine(line_id="1", quantity=1),)
    told = _only("order.shipped", data | {"parcel_id": "p2", "shipped_at": EARLIER.isoformat(), "is_pickup": True})
    assert isinstance(told, ParcelStated)
    assert (told.parcel.id, told.parcel.shipped_at, told.parcel.is_pickup) == ("p2", EARLIER, True)
    assert not told.parcel.is_sighting


def test_parcels_without_a_name_are_told_apart_by_their_lines() -> None:
    left = [told_after(day, "order.shipped", lines=[{"line_id": line}]) for line, day in (("1", 0), ("2", 3), ("2", 4))]
    told = [*left, *(told_after(day, "order.delivered") for day in (2, 6))]
    events = [each for sent in told for each in sent.events if isinstance(each, ParcelStated | ParcelTracked)]
    facts = reduce(merge, events, Facts())
    assert [(each.id, each.shipped_at - NOW, arrival(each)) for each in facts.parcels] == [
        ("lines:1", timedelta(0), NOW + timedelta(days=2)),
        ("lines:2", timedelta(days=3), NOW + timedelta(days=6)),
    ]
    assert reduce(merge, reversed(events), Facts()) == facts


def test_a_delivery_that_names_no_parcel_is_that_of_all_that_had_left() -> None:
    """Whoever tracks parcels for a shop may know its orders alone."""
    told = [
        *(told_after(days, "order.shipped", parcel_id=name) for name, days in (("p1", 0), ("p2", 1), ("p3", 3))),
        told_after(2, "order.delivered"),
    ]
    events = [each for sent in told for each in sent.events if isinstance(each, ParcelStated | ParcelTracked)]
    facts = reduce(merge, events, Facts())
    arrived = NOW + timedelta(days=2)
    assert [(each.id, arrival(each)) for each in facts.parcels] == [("p1", arrived), ("p2", arrived), ("p3", None)]


def test_a_parcel_of_very_many_lines_has_an_id_that_a_database_can_index() -> None:
    lines = [{"line_id": f"line-{number}"} for number in range(90)]
    found = _only("order.shipped", {"order_id": "1042", "lines": lines})
    assert isinstance(found, ParcelStated)
    assert len(found.parcel.id) <= LONGEST_ID


def test_a_tracking_number_told_a_day_later_does_not_send_the_parcel_off_again() -> None:
    told = [
        read(event("order.shipped", {"order_id": "1042", "tracking_number": number}, at=NOW + timedelta(days=day)))
        for day, number in enumerate(["", "JD1"])
    ]
    facts = reduce(
        merge, [each for reading in told for each in reading.events if isinstance(each, ParcelStated)], Facts()
    )
    assert [(parcel.shipped_at, parcel.tracking_number) for parcel in facts.parcels] == [(NOW, "JD1")]


@pytest.mark.parametrize("status", list(TrackingStatus))
def test_a_report_tells_what_happens_on_the_way(status: TrackingStatus) -> None:
    found = _only("order.delivered", {"order_id": "1042", "status": status, "expected_on": "2026-05-18"})
    assert isinstance(found, ParcelTracked)
    assert (found.tracking.status, found.tracking.at) == (status, NOW)
    assert (found.tracking.parcel_id, found.tracking.expected_on) == ("", date(2026, 5, 18))


def test_without_a_status_it_was_delivered() -> None:
    found = _only("order.delivered", {"order_id": "1042", "at": EARLIER.isoformat()})
    assert isinstance(found, ParcelTracked)
    assert (found.tracking.status, found.tracking.at) == (TrackingStatus.DELIVERED, EARLIER)


def test_a_cancellation_stands_by_itself() -> None:
    assert _only("order.cancelled", {"order_id": "1042"}) == OrderCancelled(order_id="1042", at=NOW)


def test_a_refund_tells_how_much_why_and_of_what() -> None:
    data = {"order_id": "1042", "refund_id": 5, "amount": "6.50", "currency": "EUR", "reason": "stock"}
    found = _only("order.refunded", data | {"lines": [{"line_id": "2", "quantity": 1}]})
    assert isinstance(found, OrderRefunded)
    refund = found.refund
    assert (refund.id, refund.amount, refund.reason) == ("5", _eur("6.50"), RefundReason.STOCK)
    assert refund.lines == (ParcelLine(line_id="2", quantity=1),)


def test_a_hold_is_released_by_its_name() -> None:
    held = _only("order.hold", {"order_id": "1042", "case_id": "T-77"})
    freed = _only("order.release", {"order_id": "1042", "case_id": "T-77", "at": NOW.isoformat()})
    assert isinstance(held, CaseStated)
    assert isinstance(freed, CaseStated)
    assert held.case.id == freed.case.id == "ticket:T-77"
    assert (held.case.kind, held.case.closed, freed.case.closed) == (CaseKind.TICKET, False, True)


def test_a_customer_tells_consent_and_how_often_they_bought() -> None:
    found = _only("customer.updated", {"id": 7, "email": "mia@example.com", "consent": "unsubscribed"})
    assert found == CustomerStated(
        customer_id="7", email="mia@example.com", consent=ConsentState.UNSUBSCRIBED, at=NOW, orders_count=None
    )


def test_a_person_may_be_erased() -> None:
    found = _only("customer.redacted", {"email": "mia@example.com", "order_ids": [1042, "1043"]})
    assert found == CustomerRedacted(customer_id=None, email="mia@example.com", order_ids=("1042", "1043"))


@pytest.mark.parametrize(("price", "expected"), [("24.00", "24.00"), (24, "24"), (24.5, "24.5"), (None, None)])
def test_a_product_is_an_entry_of_the_catalogue(price: object, expected: str | None) -> None:
    found = _only("product.upserted", {"product_id": 106, "title": "Hand grinder", "price": price, "inventory": 3})
    assert isinstance(found, ProductStated)
    assert (found.product_id, found.variant_id, found.price, found.inventory) == ("106", None, expected, 3)
    assert found.updated_at == NOW


def test_a_product_may_be_gone() -> None:
    gone = {"product_id": "106", "title": "Hand grinder", "deleted": True}
    assert _only("product.upserted", gone) == ProductDeleted(product_id="106", at=NOW)
    found = _only("product.upserted", gone | {"variant_id": "blue"})
    assert found == ProductDeleted(product_id="106", variant_id="blue", at=NOW)
