"""Shopify's fulfilments, carriers' reports, refunds, returns, disputes and edits."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from schedules.events import CaseStated, OrderDeleted, OrderEdited, OrderRefunded, ParcelStated, ParcelTracked
from schedules.facts import (
    Case,
    CaseKind,
    Facts,
    Refund,
    RefundReason,
)
from schedules.merging import merge
from schedules.parcel_facts import Parcel, ParcelLine, ParcelState, TrackingStatus
from tests.support.shopify import fulfillment, order, tracking
from tests.support.shopify_reading import NOW, PLACED, only, read
from worker.errors import UnreadableEventError
from worker.platforms.shopify import tables

SHIPPED = PLACED + timedelta(hours=20)


def _parcel(**changes: Any) -> Parcel:
    event = read("fulfillments/create", fulfillment(1042, SHIPPED) | changes).events[0]
    assert isinstance(event, ParcelStated)
    return event.parcel


def _refund(**changes: Any) -> Refund:
    body = {
        "id": 5,
        "order_id": 1042,
        "created_at": SHIPPED.isoformat(),
        "processed_at": SHIPPED.isoformat(),
        "note": "",
        "refund_line_items": [
            {
                "line_item_id": 9001,
                "quantity": 1,
                "subtotal": "38.00",
                "total_tax": "2.00",
                "restock_type": "no_restock",
            }
        ],
        "transactions": [{"kind": "refund", "status": "success", "amount": "40.00", "currency": "EUR"}],
    }
    event = only("refunds/create", body | changes)
    assert isinstance(event, OrderRefunded)
    return event.refund


def _case(topic: str, body: dict[str, Any], **headers: str) -> Case:
    event = only(topic, body, **headers)
    assert isinstance(event, CaseStated)
    assert event.order_id == "1042"
    return event.case


def test_what_a_warehouse_prepared_for_days_left_when_it_was_first_seen_to_have() -> None:
    """Fulfilment services make it `pending` or `open`, and `success` only when it leaves."""
    told = [
        fulfillment(1042, SHIPPED, status=status, updated_at=(SHIPPED + timedelta(days=days)).isoformat())
        for status, days in (("pending", 0), ("open", 1), ("success", 4), ("success", 6))
    ]
    for bodies in permutations(told):
        facts = Facts()
        for body in [*bodies, bodies[0]]:
            event = read("fulfillments/update", body).events[0]
            assert isinstance(event, ParcelStated)
            facts = merge(facts, event)
        assert [parcel.left_at for parcel in facts.parcels] == [SHIPPED + timedelta(days=4)]


def test_a_fulfilment_that_was_never_seen_open_left_when_it_was_made() -> None:
    late = _parcel(updated_at=(SHIPPED + timedelta(days=4)).isoformat())
    assert merge(Facts(), ParcelStated(order_id="1042", parcel=late)).parcels[0].left_at == SHIPPED


def test_a_fulfilment_is_a_parcel_with_its_lines_and_number() -> None:
    found = _parcel()
    assert (found.id, found.state, found.shipped_at) == ("10421", ParcelState.SHIPPED, SHIPPED)
    assert (found.carrier, found.tracking_number) == ("DHL", "JD10421")
    assert found.tracking_url == "https://dhl.example/track/JD10421"
    assert found.lines == (ParcelLine(line_id="9001", quantity=1), ParcelLine(line_id="9002", quantity=2))


@pytest.mark.parametrize(("told", "state"), sorted(tables.PARCEL.items()))
def test_every_fulfilment_status_is_a_parcel_state(told: str, state: ParcelState) -> None:
    assert _parcel(status=told).state is state


@pytest.mark.parametrize("told", [None, "", "a status of tomorrow"])
def test_a_fulfilment_of_unknown_status_has_not_left(told: str | None) -> None:
    assert _parcel(status=told).state is ParcelState.OPEN


@pytest.mark.parametrize(("told", "status"), sorted(tables.TRACKING.items()))
def test_every_carriers_status_is_a_report(told: str, status: TrackingStatus) -> None:
    event = only("fulfillment_events/create", tracking(1042, told, SHIPPED))
    assert isinstance(event, ParcelTracked)
    assert (event.order_id, event.tracking.parcel_id) == ("1042", "10421")
    assert (event.tracking.status, event.tracking.at) == (status, SHIPPED)


def test_a_carriers_status_of_tomorrow_is_ignored_with_a_reason() -> None:
    reading = read("fulfillment_events/create", tracking(1042, "teleported", SHIPPED))
    assert (reading.events, reading.note) == ((), "its status means nothing here")


def test_a_withdrawn_report_is_ignored_with_a_reason() -> None:
    assert "withdrawn" in read("fulfillment_events/delete", tracking(1042, "delivered", SHIPPED)).note


def test_a_report_tells_the_day_the_carrier_promises() -> None:
    event = only(
        "fulfillment_events/create",
        tracking(1042, "in_transit", SHIPPED) | {"estimated_delivery_at": "2026-05-18T12:00:00Z", "happened_at": None},
    )
    assert isinstance(event, ParcelTracked)
    assert (event.tracking.expected_on, event.tracking.at) == (date(2026, 5, 18), SHIPPED)


def test_a_fulfilment_carries_its_newest_report() -> None:
    parcel, report = read("fulfillments/update", fulfillment(1042, SHIPPED, shipment_status="delivered")).events
    assert isinstance(parcel, ParcelStated)
    assert isinstance(report, ParcelTracked)
    assert (report.tracking.id, report.tracking.status) == ("10421:delivered", TrackingStatus.DELIVERED)


def test_goods_ready_to_collect_are_a_parcel_to_pick_up() -> None:
    assert _parcel(shipment_status="ready_for_pickup").is_pickup
    assert not _parcel(shipment_status="in_transit").is_pickup


def test_of_several_tracking_numbers_the_first_is_shown() -> None:
    several = {"tracking_number": None, "tracking_numbers": ["JD1", "JD2"], "tracking_url": None}
    found = _parcel(**several, tracking_urls=["https://dhl.example/JD1"])
    assert (found.tracking_number, found.tracking_url) == ("JD1", "https://dhl.example/JD1")


def test_a_tracking_link_that_is_no_web_address_is_dropped() -> None:
    assert _parcel(tracking_url="javascript:alert(1)").tracking_url == ""


def test_two_parcels_inside_an_order_are_two() -> None:
    parcels = [fulfillment(1042, SHIPPED, number=number) for number in (1, 2)]
    events = read("orders/fulfilled", order(1042, PLACED, fulfillments=parcels)).events
    assert [event.parcel.id for event in events if isinstance(event, ParcelStated)] == ["10421", "10422"]


def test_a_fulfilment_without_its_order_is_unreadable() -> None:
    with pytest.raises(UnreadableEventError, match="order_id is missing"):
        _parcel(order_id=None)


def test_a_refund_tells_how_much_and_of_what() -> None:
    found = _refund()
    assert (found.id, found.at, found.amount.amount, found.amount.currency) == ("5", SHIPPED, Decimal(40), "EUR")
    assert found.lines == (ParcelLine(line_id="9001", quantity=1),)


def test_a_payment_back_that_failed_does_not_count() -> None:
    failed = {"kind": "refund", "status": "failure", "amount": "40.00", "currency": "EUR"}
    assert _refund(transactions=[failed]).amount.amount == 0
    again = failed | {"status": "success"}
    assert _refund(transactions=[failed, again, {"kind": "sale", "amount": "99"}]).amount.amount == Decimal(40)


def test_before_money_moved_the_lines_tell_what_a_refund_is_worth() -> None:
    found = _refund(transactions=[])
    assert (found.amount.amount, found.amount.currency) == (Decimal(40), "XXX")


def test_a_refund_inside_an_order_is_in_its_currency() -> None:
    inside = {"id": 5, "created_at": SHIPPED.isoformat(), "refund_line_items": [], "transactions": []}
    events = read("orders/updated", order(1042, PLACED, refunds=[inside])).events
    assert [event.refund.amount.currency for event in events if isinstance(event, OrderRefunded)] == ["EUR"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"note": "Item out of stock"}, RefundReason.STOCK),
        ({"note": "Nicht lieferbar"}, RefundReason.STOCK),
        ({"note": "Stockholm customer changed their mind"}, RefundReason.OTHER),
        ({"return": {"id": 1}}, RefundReason.CUSTOMER),
        ({"refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "return"}]}, RefundReason.CUSTOMER),
        ({"note": None}, RefundReason.OTHER),
    ],
)
def test_why_money_went_back(changes: dict[str, Any], reason: RefundReason) -> None:
    assert _refund(**changes).reason is reason


RETURN = {"id": 3, "status": "requested", "order": {"id": 1042}, "exchange_line_items": []}


def test_a_return_is_a_case_as_of_the_moment_it_was_triggered() -> None:
    found = _case("returns/request", RETURN, triggered_at="2026-05-14T10:00:00Z")
    told = datetime(2026, 5, 14, 10, tzinfo=UTC)
    assert (found.id, found.kind, found.closed) == ("return:3", CaseKind.RETURN, False)
    assert (found.opened_at, found.updated_at) == (told, told)


@pytest.mark.parametrize(
    ("status", "closed"),
    [("requested", False), ("open", False), ("closed", False), ("declined", True), ("CANCELED", True)],
)
def test_only_a_return_that_came_to_nothing_is_closed(status: str, closed: bool) -> None:
    assert _case("returns/update", RETURN | {"status": status}).closed is closed


def test_a_return_for_other_goods_is_an_exchange() -> None:
    assert _case("returns/approve", RETURN | {"exchange_line_items": [{"id": 1}]}).kind is CaseKind.EXCHANGE


@pytest.mark.parametrize(("status", "closed"), [("needs_response", False), ("lost", False), ("won", True)])
def test_a_dispute_is_a_case_until_it_is_won(status: str, closed: bool) -> None:
    body = {"id": 8, "order_id": 1042, "status": status, "initiated_at": PLACED.isoformat()}
    found = _case("disputes/update", body)
    assert (found.id, found.kind, found.closed) == ("dispute:8", CaseKind.DISPUTE, closed)
    assert (found.opened_at, found.updated_at) == (PLACED, NOW)


def test_a_dispute_about_no_order_is_ignored_with_a_reason() -> None:
    reading = read("disputes/create", {"id": 8, "order_id": None, "status": "needs_response"})
    assert (reading.events, reading.note) == ((), "it is about no order")


def test_an_edit_tells_whether_shopify_mailed() -> None:
    edit = {"id": 4, "order_id": 1042, "committed_at": SHIPPED.isoformat(), "notify_customer": True}
    event = only("orders/edited", {"order_edit": edit})
    assert isinstance(event, OrderEdited)
    assert (event.order_id, event.edit.id, event.edit.at, event.edit.shop_mailed) == ("1042", "4", SHIPPED, True)


def test_a_deleted_order_is_told_by_its_id_alone() -> None:
    assert only("orders/delete", {"id": 1042}) == OrderDeleted(order_id="1042", at=NOW)
