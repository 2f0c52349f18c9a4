"""Parcels out of WooCommerce's orders: by tracking number, or by completion alone."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from schedules import reasons
from schedules.changes import PlannedMessage
from schedules.events import OrderStated, ParcelStated, ParcelTracked
from schedules.facts import Facts
from schedules.lifecycle import State
from schedules.merging import merge
from schedules.parcel_facts import DeliverySource, ParcelLine, ParcelState, TrackingStatus
from schedules.parcels import delivered_at, sent_parcels
from tests.support.woocommerce import gmt, meta, order, tracking
from tests.unit.schedules.examples import applied, planned
from worker.platforms.woocommerce.platform import WooCommerce

MONDAY = datetime(2026, 5, 18, tzinfo=UTC)


def _at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def _entered(number: str = "JD1", **more: Any) -> dict[str, Any]:
    return tracking(number, date_shipped=str(int(MONDAY.timestamp())), **more)


def _body(at: datetime, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = meta(_wc_shipment_tracking_items=list(items)) if items else []
    return order(date_modified_gmt=gmt(at), meta_data=listed, **more)


def _facts(*bodies: dict[str, Any]) -> Facts:
    facts = Facts()
    for body in bodies:
        raw = json.dumps(body).encode()
        reading = WooCommerce().read(topic="order.updated", body=raw, headers={}, received_at=_at(900), options={})
        for event in reading.events:
            assert isinstance(event, OrderStated | ParcelStated | ParcelTracked)
            facts = merge(facts, event)
    return facts


def _left(facts: Facts) -> list[datetime]:
    return [parcel.shipped_at.replace(microsecond=0) for parcel in facts.parcels]


def test_a_paid_order_has_no_parcel() -> None:
    assert _facts(_body(_at(9))).parcels == ()


def test_a_completed_order_has_left_and_its_delivery_is_an_estimate() -> None:
    facts = _facts(_body(_at(30), status="completed", date_completed_gmt=gmt(_at(10))))
    assert _left(facts) == [_at(10)]
    arrived = delivered_at(facts)
    assert arrived is not None
    assert arrived[1] is DeliverySource.ESTIMATED


def _completed(hours: float, **more: Any) -> dict[str, Any]:
    return _body(_at(hours), status="completed", date_completed_gmt=gmt(_at(hours)), **more)


@pytest.mark.parametrize("status", ["processing", "on-hold", "pending"])
def test_what_was_completed_by_mistake_has_not_left(status: str) -> None:
    """WooCommerce keeps the time of the completion when somebody sets the status back."""
    back = _body(_at(11), status=status, date_completed_gmt=gmt(_at(10)))
    for bodies in ([_completed(10), back], [back, _completed(10)], [back]):
        facts = _facts(*bodies)
        assert sent_parcels(facts) == ()
        assert delivered_at(facts) is None


def test_what_was_completed_by_mistake_leaves_when_it_is_completed_again() -> None:
    """In whatever order the versions come: the completion that was taken back counts no more."""
    back = _body(_at(11), status="processing", date_completed_gmt=gmt(_at(10)))
    later = _body(_at(150), status="completed", date_completed_gmt=gmt(_at(100)))
    for permuted in permutations([_completed(10), back, _completed(100), later]):
        facts = _facts(*permuted, permuted[0])
        assert _left(facts) == [_at(100)]
        assert [parcel.state for parcel in facts.parcels] == [ParcelState.SHIPPED]


def test_the_mail_about_a_completion_by_mistake_is_taken_back_and_comes_with_the_real_one() -> None:
    back = _body(_at(10.1), status="processing", date_completed_gmt=gmt(_at(10)))
    told = [
        _facts(*bodies) for bodies in ([_completed(10)], [_completed(10), back], [_completed(10), back, _completed(99)])
    ]
    messages: list[PlannedMessage] = []
    for known, hours in zip(told, (10, 10.1, 99), strict=True):
        messages = applied(planned(known, messages=messages, now=_at(hours)), messages)
    shipping = [each for each in messages if each.step == "shipping"]
    assert [(each.state, each.reason) for each in shipping if each.aim_at < _at(99)] == [
        (State.CANCELLED, reasons.PARCEL_GONE)
    ]
    assert [each.aim_at for each in shipping if each.state is State.SCHEDULED] == [_at(99) + timedelta(minutes=10)]


def test_a_parcel_with_a_number_has_left_although_the_status_was_set_back() -> None:
    facts = _facts(
        _completed(10), _body(_at(11), _entered("JD1"), status="processing", date_completed_gmt=gmt(_at(10)))
    )
    assert [parcel.tracking_number for parcel in sent_parcels(facts)] == ["JD1"]


def test_an_imported_order_that_tells_no_completion_left_when_it_was_paid_or_placed() -> None:
    """WooCommerce notes each completion; who writes past orders into its tables may not."""
    done = {"status": "completed", "date_completed_gmt": None, "date_created_gmt": gmt(_at(-9000))}
    assert _left(_facts(_body(_at(30), date_paid_gmt=gmt(_at(-8999)), **done))) == [_at(-8999)]
    assert _left(_facts(_body(_at(30), date_paid_gmt=None, **done))) == [_at(-9000)]


def test_a_tracking_number_is_a_parcel_with_its_carriers_page() -> None:
    (parcel,) = _facts(_body(_at(9), _entered("JD 1"))).parcels
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "JD 1")
    assert parcel.tracking_url == "https://www.dhl.com/global-en/home/tracking.html?tracking-id=JD%201"


def test_a_carrier_of_the_shops_own_has_the_shops_link_or_none() -> None:
    own = {"tracking_provider": "", "custom_tracking_provider": "Harbour Bikes"}
    (linked,) = _facts(_body(_at(9), _entered(custom_tracking_link="https://bikes.example/1", **own))).parcels
    assert (linked.carrier, linked.tracking_url) == ("Harbour Bikes", "https://bikes.example/1")
    (unlinked,) = _facts(_body(_at(9), _entered(custom_tracking_link="javascript:x", **own))).parcels
    assert unlinked.tracking_url == ""


def test_it_left_when_it_was_first_seen_to_have_whatever_comes_later_and_in_any_order() -> None:
    bodies = [
        _body(_at(14), _entered()),
        _body(_at(16), _entered("JD2")),
        _body(_at(50), _entered("JD2"), status="completed", date_completed_gmt=gmt(_at(49))),
        _body(_at(200), _entered("JD2"), status="completed", date_completed_gmt=gmt(_at(49))),
    ]
    expected = _facts(*bodies)
    assert _left(expected) == [_at(14)]
    assert expected.parcels[0].tracking_number == "JD2"
    for permuted in permutations(bodies):
        assert _facts(*permuted, permuted[0]).parcels == expected.parcels


def test_a_number_added_to_a_completed_order_is_the_same_parcel() -> None:
    completed = {"status": "completed", "date_completed_gmt": gmt(_at(10))}
    facts = _facts(_body(_at(10), **completed), _body(_at(34), _entered(), **completed))
    assert _left(facts) == [_at(10)]
    assert facts.parcels[0].tracking_number == "JD1"


def test_an_old_parcel_that_is_seen_late_left_on_the_day_that_was_entered() -> None:
    assert _left(_facts(_body(_at(24 * 90), _entered()))) == [_at(36)]


def test_a_parcel_entered_for_tomorrow_leaves_tomorrow() -> None:
    assert _left(_facts(_body(_at(-9), _entered()))) == [MONDAY]


def test_a_plain_date_is_read_and_nonsense_is_passed_over() -> None:
    for told, expected in (("2026-05-18", _at(36)), ("soon", _at(90)), (None, _at(90)), ({"a": 1}, _at(90))):
        assert _left(_facts(_body(_at(90), _entered() | {"date_shipped": told}))) == [expected]


def test_two_numbers_are_two_parcels() -> None:
    facts = _facts(_body(_at(9), _entered("JD1"), _entered("JD2")))
    assert [parcel.id for parcel in facts.parcels] == ["1042-1", "1042-2"]


def test_what_is_in_a_parcel_is_told_by_some_plugins() -> None:
    listed = [{"product": "7001", "item_id": "401", "qty": "1"}]
    (told,) = _facts(_body(_at(9), _entered(products_list=listed))).parcels
    assert told.lines == (ParcelLine(line_id="401", quantity=1),)
    (untold,) = _facts(_body(_at(9), _entered(products_list=[{"product": "7001"}]))).parcels
    assert untold.lines == ()


def test_a_list_that_php_wrote_as_an_object_is_read() -> None:
    body = order(date_modified_gmt=gmt(_at(9)), meta_data=meta(_wc_shipment_tracking_items={"1": _entered()}))
    assert len(_facts(body).parcels) == 1


def test_an_entry_without_a_number_is_no_parcel() -> None:
    assert _facts(_body(_at(9), _entered(""))).parcels == ()


def test_a_plugins_delivered_status_is_a_report_and_the_first_one_counts() -> None:
    facts = _facts(*(_body(_at(hours), _entered(), status="delivered") for hours in (60, 50, 70)))
    assert [report.status for report in facts.parcels[0].tracking] == [TrackingStatus.DELIVERED]
    arrived = delivered_at(facts)
    assert arrived is not None
    assert arrived[0].replace(microsecond=0) == _at(50)
    assert arrived[1] is DeliverySource.REPORTED


def test_goods_to_collect_are_ready_by_status_and_collected_when_completed() -> None:
    pickup = {"shipping_lines": [{"id": 9, "method_id": "local_pickup:4", "method_title": "Galway shop"}]}
    ready = _body(_at(9), status="ready-for-pickup", **pickup)
    facts = _facts(ready)
    assert facts.parcels[0].is_pickup
    assert facts.parcels[0].tracking == ()
    facts = _facts(ready, _body(_at(30), status="completed", date_completed_gmt=gmt(_at(30)), **pickup))
    assert facts.parcels[0].tracking[0].status is TrackingStatus.DELIVERED
    assert _left(facts) == [_at(9)]


def test_nothing_leaves_for_an_order_of_downloads() -> None:
    done = {"status": "completed", "date_completed_gmt": gmt(_at(9))}
    assert _facts(_body(_at(9), shipping_lines=[], shipping={}, **done)).parcels == ()
