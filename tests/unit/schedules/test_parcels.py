"""What parcels tell: days, arrivals, estimates and trouble."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schedules import reasons
from schedules.facts import DeliveryKind, LineKind
from schedules.parcel_facts import DeliverySource, ParcelState
from schedules.parcel_facts import TrackingStatus as Status
from schedules.parcels import (
    arrival,
    delivered_at,
    group_parcels,
    has_goods,
    has_left_whole,
    is_in_trouble,
    parcel_groups,
    was_delayed,
)
from schedules.timing import zone
from tests.support.orders import NORTHKETTLE, a_line, an_order
from tests.unit.schedules.examples import (
    PLACED,
    after,
    delivered,
    facts,
    message_of,
    parcel,
    planned,
    report,
    shipped,
    shop,
)

LEFT = after(days=1)
STOCKHOLM = zone("Europe/Stockholm")


def test_a_parcel_group_is_the_shops_local_day_of_dispatch() -> None:
    late = datetime(2031, 5, 14, 22, 30, tzinfo=UTC)
    known = facts(parcels=[parcel(left=late)])
    assert list(parcel_groups(known, NORTHKETTLE)) == ["2031-05-15"]
    assert list(parcel_groups(known, shop(timezone="Pacific/Niue"))) == ["2031-05-14"]


def test_two_parcels_of_one_day_are_one_group_and_of_two_days_two() -> None:
    parcels = [parcel("p1", left=LEFT), parcel("p2", left=after(LEFT, hours=2)), parcel("p3", left=after(LEFT, days=1))]
    groups = parcel_groups(facts(parcels=parcels), NORTHKETTLE)
    assert {day: [each.id for each in found] for day, found in groups.items()} == {
        "2031-05-13": ["p1", "p2"],
        "2031-05-14": ["p3"],
    }


def test_a_second_group_of_a_day_holds_what_left_from_its_first_parcel_on() -> None:
    known = facts(parcels=[parcel(f"p{number}", left=after(LEFT, hours=number)) for number in (1, 2, 3)])
    assert [each.id for each in group_parcels(known, NORTHKETTLE, "2031-05-13+p2")] == ["p2", "p3"]
    assert group_parcels(known, NORTHKETTLE, "2031-05-13+gone") == []


@pytest.mark.parametrize("state", [ParcelState.CANCELLED, ParcelState.FAILED, ParcelState.OPEN])
def test_only_parcels_that_left_count(state: ParcelState) -> None:
    known = facts(parcels=[parcel(left=LEFT, state=state)])
    assert parcel_groups(known, NORTHKETTLE) == {}
    assert not has_left_whole(known)


def test_a_parcel_that_arrived_has_left_whatever_the_shop_says() -> None:
    known = facts(parcels=[parcel(left=LEFT, state=ParcelState.OPEN, arrived=after(days=3))])
    assert delivered_at(known) == (after(days=3), DeliverySource.REPORTED)


@pytest.mark.parametrize("kind", [LineKind.GIFT_CARD, LineKind.DIGITAL, LineKind.SERVICE])
def test_what_is_fulfilled_without_travelling_is_no_parcel(kind: LineKind) -> None:
    """Shopify fulfils gift cards and downloads by itself, minutes after the order."""
    lines = (a_line(1, "Dripper 02", "38.00"), a_line(2, "Brewing course", "30.00").model_copy(update={"kind": kind}))
    at_once = parcel("p1", left=after(minutes=1), lines=["2"])
    assert parcel_groups(facts(lines=lines, parcels=[at_once]), NORTHKETTLE) == {}
    known = facts(lines=lines, parcels=[at_once, parcel("p2", left=LEFT, lines=["1"], arrived=after(days=3))])
    assert delivered_at(known) == (after(days=3), DeliverySource.REPORTED)


def test_what_was_delivered_has_left_though_nobody_told_of_it_leaving() -> None:
    report_of = {status: report("p9", status, after(days=3)) for status in (Status.DELIVERED, Status.IN_TRANSIT)}
    known = facts(more={"loose_tracking": (report_of[Status.DELIVERED],)})
    assert delivered_at(known) == (after(days=3), DeliverySource.REPORTED)
    assert message_of(planned(known, now=after(days=3)), "follow_up").reason == "9 days after the last delivery"
    assert planned(known, now=after(days=3)).unsent["shipping"] == reasons.ARRIVED
    assert delivered_at(facts(more={"loose_tracking": (report_of[Status.IN_TRANSIT],)})) is None


def test_a_delivery_of_an_unknown_parcel_says_nothing_beside_parcels_that_are_known() -> None:
    """A tracker may have names of its own for them: the other line has not left yet."""
    loose = {"loose_tracking": (report("JD1", Status.DELIVERED, after(days=3)),)}
    known = facts(parcels=[parcel(left=LEFT, lines=["1"])], more=loose)
    assert list(parcel_groups(known, NORTHKETTLE)) == ["2031-05-13"]
    assert delivered_at(known) is None


def test_a_parcel_of_what_was_removed_since_has_left_all_the_same() -> None:
    lines = tuple(a_line(number, "Dripper 02", "38.00").model_copy(update={"quantity": number}) for number in (0, 1))
    known = facts(lines=lines, parcels=[parcel("p1", left=LEFT, lines=["0"]), parcel("p2", left=LEFT, lines=["gone"])])
    assert [each.id for each in parcel_groups(known, NORTHKETTLE)["2031-05-13"]] == ["p1", "p2"]


def test_an_order_arrives_with_its_last_parcel() -> None:
    known = facts(
        parcels=[
            parcel("p1", left=LEFT, arrived=after(days=5), lines=["1"]),
            parcel("p2", left=after(days=2), arrived=after(days=4), lines=["2"]),
        ]
    )
    assert delivered_at(known) == (after(days=5), DeliverySource.REPORTED)


def test_an_order_has_not_arrived_while_a_line_waits_for_its_parcel() -> None:
    known = facts(parcels=[parcel(left=LEFT, arrived=after(days=3), lines=["1"])])
    assert not has_left_whole(known)
    assert delivered_at(known) is None


def test_a_line_that_was_removed_is_not_waited_for() -> None:
    removed = a_line(2, "Paper filters 02", "6.50").model_copy(update={"quantity": 0})
    known = facts(
        parcels=[parcel(left=LEFT, arrived=after(days=3), lines=["1"])],
        lines=(a_line(1, "Dripper 02", "38.00"), removed),
    )
    assert has_left_whole(known)


@pytest.mark.parametrize(("listed", "whole"), [(["1"], True), (["2", "3"], True), (["2"], False)])
def test_a_set_leaves_with_its_parts_or_they_with_it(listed: list[str], whole: bool) -> None:
    parts = (a_line(number, "Filters", "0").model_copy(update={"part_of": "1"}) for number in (2, 3))
    lines = (a_line(1, "Morning set", "49.20"), *parts)
    assert has_left_whole(facts(parcels=[parcel(left=LEFT, lines=listed)], lines=lines)) is whole


def test_a_parcel_that_lists_no_lines_counts_as_everything() -> None:
    assert has_left_whole(facts(parcels=[parcel(left=LEFT, lines=[])]))


def test_a_delivery_that_is_never_reported_is_estimated() -> None:
    assert delivered_at(shipped(LEFT)) == (after(LEFT, days=10), DeliverySource.ESTIMATED)
    assert delivered_at(shipped(LEFT), timedelta(days=5)) == (after(LEFT, days=5), DeliverySource.ESTIMATED)


def test_one_unreported_parcel_makes_the_whole_an_estimate() -> None:
    known = facts(
        parcels=[
            parcel("p1", left=LEFT, arrived=after(days=3), lines=["1"]),
            parcel("p2", left=LEFT, lines=["2"]),
        ]
    )
    assert delivered_at(known) == (after(LEFT, days=10), DeliverySource.ESTIMATED)


def test_an_estimate_never_lies_before_the_carriers_newest_word() -> None:
    moving = parcel(left=LEFT, reports=[report("p1", Status.IN_TRANSIT, after(LEFT, days=12))])
    assert delivered_at(facts(parcels=[moving])) == (after(LEFT, days=12), DeliverySource.ESTIMATED)


def test_an_estimate_never_lies_before_the_day_for_which_the_carrier_promises_it() -> None:
    slow = parcel(left=LEFT, reports=[report("p1", Status.IN_TRANSIT, LEFT, expected_on=date(2031, 6, 10))])
    found = delivered_at(facts(parcels=[slow]))
    assert found is not None
    assert found[0].date() == date(2031, 6, 10)


def test_nothing_has_arrived_while_a_carrier_reports_a_problem() -> None:
    lost = parcel(left=LEFT, reports=[report("p1", Status.EXCEPTION, after(LEFT, days=2))])
    assert is_in_trouble(lost)
    assert delivered_at(facts(parcels=[lost])) is None


@pytest.mark.parametrize("status", [Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED])
def test_a_newer_report_ends_the_problem(status: Status) -> None:
    reports = [report("p1", Status.EXCEPTION, after(LEFT, days=2)), report("p1", status, after(LEFT, days=3))]
    found = parcel(left=LEFT, reports=reports)
    assert not is_in_trouble(found)
    assert was_delayed(found, STOCKHOLM)


def test_a_problem_reported_after_the_delivery_is_no_trouble() -> None:
    reports = [report("p1", Status.EXCEPTION, after(days=4))]
    assert not is_in_trouble(parcel(left=LEFT, arrived=after(days=3), reports=reports))


@pytest.mark.parametrize(("promised", "late"), [(date(2031, 5, 14), True), (date(2031, 5, 15), False)])
def test_a_parcel_is_late_from_the_day_after_the_promised_one(promised: date, late: bool) -> None:
    first = report("p1", Status.IN_TRANSIT, LEFT, expected_on=promised)
    moved = report("p1", Status.IN_TRANSIT, after(LEFT, hours=5), 2, expected_on=date(2031, 5, 20))
    assert was_delayed(parcel(left=LEFT, arrived=after(days=3), reports=[first, moved]), STOCKHOLM) is late


def test_a_parcel_in_the_evening_of_the_promised_day_is_on_time_by_the_customers_clock() -> None:
    arrived = datetime(2031, 5, 15, 2, 0, tzinfo=UTC)
    promised = report("p1", Status.IN_TRANSIT, LEFT, expected_on=date(2031, 5, 14))
    found = parcel(left=LEFT, arrived=arrived, reports=[promised])
    assert not was_delayed(found, zone("America/New_York"))


@pytest.mark.parametrize(
    ("kind", "goods"),
    [
        (LineKind.PHYSICAL, True),
        (LineKind.SAMPLE, True),
        (LineKind.DIGITAL, False),
        (LineKind.GIFT_CARD, False),
        (LineKind.SERVICE, False),
        (LineKind.TIP, False),
        (LineKind.PROTECTION, False),
    ],
)
def test_only_things_travel_in_parcels(kind: LineKind, goods: bool) -> None:
    line = a_line(1, "House espresso beans", "14.00").model_copy(update={"kind": kind})
    assert has_goods(an_order(PLACED, lines=(line,))) is goods


def test_a_digital_delivery_has_no_goods() -> None:
    assert not has_goods(an_order(PLACED, delivery=DeliveryKind.DIGITAL))


def test_what_is_collected_arrives_like_a_parcel() -> None:
    ready = parcel(left=LEFT, arrived=after(days=2), is_pickup=True)
    known = facts(parcels=[ready], delivery=DeliveryKind.PICKUP)
    assert delivered_at(known) == (after(days=2), DeliverySource.REPORTED)


@pytest.mark.parametrize("status", [Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED])
def test_a_delivery_that_the_carrier_takes_back_is_none_until_it_comes_again(status: Status) -> None:
    moving = report("p1", status, after(days=4))
    assert arrival(parcel(left=LEFT, arrived=after(days=3), reports=[moving])) is None
    again = report("p1", Status.DELIVERED, after(days=6), 2)
    assert arrival(parcel(left=LEFT, arrived=after(days=3), reports=[moving, again])) == after(days=6)


def test_a_report_on_the_way_that_comes_with_the_delivery_takes_nothing_back() -> None:
    """Shops hear of both when they ask the carrier, and may note the time of asking."""
    moving = report("p1", Status.IN_TRANSIT, after(days=3, hours=2))
    assert arrival(parcel(left=LEFT, arrived=after(days=3), reports=[moving])) == after(days=3)


def test_the_first_report_of_a_delivery_counts() -> None:
    again = report("p1", Status.DELIVERED, after(days=6), 2)
    known = facts(parcels=[parcel(left=LEFT, arrived=after(days=3), reports=[again])])
    assert delivered_at(known) == delivered_at(delivered())
