"""When the follow-up goes: after the last delivery, in the customer's daytime, once for orders close together."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce

import pytest
from freezegun import freeze_time

from schedules import reasons
from schedules.events import OrderStated
from schedules.facts import DeliveryKind, Facts, LineKind, PaymentState
from schedules.following import Sibling
from schedules.lifecycle import State
from schedules.merging import merge
from schedules.parcel_facts import TrackingStatus as Status
from schedules.shop import Role
from schedules.timing import zone
from tests.support.orders import a_line, an_order
from tests.unit.schedules.examples import (
    PLACED,
    after,
    applied,
    delivered,
    facts,
    message_of,
    parcel,
    planned,
    report,
    shipped,
    shop,
    steps_of,
)

LEFT = after(days=1)
ARRIVED = after(days=3)
LOST = report("p1", Status.EXCEPTION, after(days=2))


def in_trouble(*more: object, arrived: datetime | None = None) -> Facts:
    return facts(parcels=[parcel(left=LEFT, arrived=arrived, reports=[LOST, *more])])  # type: ignore[list-item]  # a test's shorthand


def sibling(
    placed: datetime, arrived: datetime | None = None, *, name: str = "order-1043", gone: bool = False
) -> Sibling:
    return Sibling(order_id=name, placed_at=placed, delivered_at=arrived, is_cancelled=gone)


def test_it_goes_nine_days_after_the_delivery_at_the_hour_of_the_order() -> None:
    new = message_of(planned(delivered(after(ARRIVED, hours=-3)), now=ARRIVED), "follow_up")
    assert new.send_at == after(ARRIVED, days=9)
    assert (new.stream, new.state, new.template) == ("marketing", State.SCHEDULED, "follow_up")
    assert new.expires_at == after(ARRIVED, days=15, hours=-3)
    assert new.reason == "9 days after the last delivery"


@pytest.mark.parametrize("role", [Role.REPLACE, Role.COMPANION])
def test_it_is_marketing_whatever_its_role(role: Role) -> None:
    new = message_of(planned(delivered(), shop=shop(roles={"follow_up": role}), now=ARRIVED), "follow_up")
    assert new.stream == "marketing"


def test_it_can_be_switched_off() -> None:
    assert planned(delivered(), shop=shop(roles={"follow_up": Role.OFF})).unsent["follow_up"] == reasons.OFF


def test_it_counts_from_the_last_parcel() -> None:
    known = facts(
        parcels=[
            parcel("p1", left=LEFT, arrived=ARRIVED, lines=["1"]),
            parcel("p2", left=LEFT, arrived=after(ARRIVED, days=4), lines=["2"]),
        ]
    )
    assert message_of(planned(known, now=after(ARRIVED, days=4)), "follow_up").send_at == after(ARRIVED, days=13)


def test_it_waits_for_what_has_not_left_yet() -> None:
    known = facts(parcels=[parcel(left=LEFT, arrived=ARRIVED, lines=["1"])])
    assert planned(known, now=ARRIVED).unsent["follow_up"] == reasons.NOT_ARRIVED


def test_a_delivery_that_is_never_reported_is_estimated_and_the_reason_says_so() -> None:
    new = message_of(planned(shipped(LEFT), now=LEFT), "follow_up")
    assert new.send_at == after(LEFT, days=19)
    assert new.reason == "9 days after the estimated delivery"


def test_a_reported_delivery_moves_what_was_estimated() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    (move,) = planned(delivered(), messages=waiting, now=ARRIVED).move
    assert (move.step, move.send_at) == ("follow_up", after(ARRIVED, days=9))


def test_it_never_comes_sooner_than_seven_days_nor_later_than_fourteen() -> None:
    for hour in range(24):
        arrived = after(ARRIVED, hours=hour)
        send_at = message_of(planned(delivered(arrived), now=arrived), "follow_up").send_at
        assert timedelta(days=7) <= send_at - arrived <= timedelta(days=14)


def test_a_night_order_gets_it_in_the_morning() -> None:
    night = after(hours=-9)
    new = message_of(planned(delivered(placed_at=night), now=ARRIVED), "follow_up")
    assert new.send_at.astimezone(zone("Europe/Stockholm")).hour == 9


@pytest.mark.parametrize(
    ("timezone", "placed"),
    [
        ("Pacific/Kiritimati", "2031-05-12 20:30"),
        ("Pacific/Niue", "2031-05-12 01:15"),
        ("Asia/Kathmandu", "2031-05-12 12:00"),
    ],
)
def test_it_keeps_the_hour_of_the_order_at_the_edges_of_the_world(timezone: str, placed: str) -> None:
    local = zone(timezone)
    with freeze_time(placed):
        now = datetime.now(UTC)
    new = message_of(planned(delivered(after(now, days=3), placed_at=now, timezone=timezone), now=now), "follow_up")
    wall, ordered = new.send_at.astimezone(local), now.astimezone(local)
    assert 9 <= wall.hour < 20
    assert (wall.hour, wall.minute) == (ordered.hour, ordered.minute)


@pytest.mark.parametrize("arrived", ["2031-03-21 12:00", "2031-10-17 12:00"])
def test_the_hour_stays_the_same_over_the_clock_change(arrived: str) -> None:
    """Stockholm changes its clocks on 30 March and 26 October 2031."""
    with freeze_time(arrived):
        moment = datetime.now(UTC)
    placed = after(moment, days=-3)
    new = message_of(planned(delivered(moment, placed_at=placed), now=moment), "follow_up")
    stockholm = zone("Europe/Stockholm")
    assert new.send_at.astimezone(stockholm).hour == placed.astimezone(stockholm).hour
    assert new.send_at.utcoffset() == timedelta(0)


@freeze_time("2032-02-20 10:00:00")
def test_nine_days_after_20_february_of_a_leap_year_is_the_29th() -> None:
    now = datetime.now(UTC)
    new = message_of(planned(delivered(now, placed_at=after(now, days=-3)), now=now), "follow_up")
    assert new.send_at.date() == date(2032, 2, 29)


def test_a_delivery_of_long_ago_starts_nothing() -> None:
    result = planned(delivered(), now=after(ARRIVED, days=15))
    assert result.unsent["follow_up"] == reasons.LONG_PAST


def test_a_delivery_that_became_known_late_still_gets_its_follow_up_until_day_fifteen() -> None:
    assert "follow_up" in steps_of(planned(delivered(), now=after(ARRIVED, days=14)))


def test_a_parcel_in_trouble_holds_it() -> None:
    new = message_of(planned(in_trouble(), now=after(days=2)), "follow_up")
    assert (new.state, new.reason) == (State.HELD, reasons.IN_TROUBLE)
    assert new.expires_at == after(days=2 + 45)


def test_trouble_holds_what_was_already_scheduled() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    result = planned(in_trouble(), messages=waiting, now=after(days=2))
    assert [(each.step, each.reason) for each in result.hold] == [("follow_up", reasons.IN_TROUBLE)]


def test_a_late_parcel_that_arrives_releases_it_for_the_seventh_day() -> None:
    waiting = applied(planned(in_trouble(), now=after(days=2)))
    arrived = after(days=20)
    result = planned(in_trouble(arrived=arrived), messages=waiting, now=arrived)
    (move,), (release,) = result.move, result.release
    assert (move.step, release.step) == ("follow_up", "follow_up")
    assert move.send_at == after(arrived, days=7)


def test_a_parcel_that_arrived_after_the_promised_day_gets_it_on_the_seventh_day() -> None:
    promised = report("p1", Status.IN_TRANSIT, LEFT, expected_on=date(2031, 5, 14))
    known = facts(parcels=[parcel(left=LEFT, arrived=ARRIVED, reports=[promised])])
    assert message_of(planned(known, now=ARRIVED), "follow_up").send_at == after(ARRIVED, days=7)


def test_trouble_that_ends_without_a_report_of_delivery_leads_to_an_estimate() -> None:
    moving = report("p1", Status.IN_TRANSIT, after(days=15))
    new = message_of(planned(in_trouble(moving), now=after(days=15)), "follow_up")
    assert (new.state, new.send_at) == (State.SCHEDULED, after(days=22))


def test_a_parcel_in_trouble_beside_one_that_has_not_left_says_so() -> None:
    known = facts(parcels=[parcel(left=LEFT, lines=["1"], reports=[LOST])])
    assert planned(known, now=after(days=2)).unsent["follow_up"] == reasons.IN_TROUBLE


def test_a_parcel_that_stays_in_trouble_is_given_up() -> None:
    assert planned(in_trouble(), now=after(days=48)).unsent["follow_up"] == reasons.LONG_PAST


@pytest.mark.parametrize("kind", [LineKind.DIGITAL, LineKind.GIFT_CARD, LineKind.SERVICE])
def test_what_does_not_travel_is_followed_up_seven_days_after_access(kind: LineKind) -> None:
    line = a_line(1, "Brewing course", "30.00").model_copy(update={"kind": kind})
    new = message_of(planned(facts(lines=(line,))), "follow_up")
    assert (new.send_at, new.reason) == (after(days=7), "7 days after access was given")


def test_what_does_not_travel_is_not_followed_up_before_it_is_paid() -> None:
    """A course on bank transfer opens with the money."""
    line = a_line(1, "Brewing course", "30.00").model_copy(update={"kind": LineKind.DIGITAL})
    paid_at = after(days=5)
    owed = OrderStated(order=an_order(PLACED, lines=(line,), payment=PaymentState.ACCEPTED))
    paid = OrderStated(order=an_order(PLACED, lines=(line,), updated_at=paid_at))
    assert planned(merge(Facts(), owed)).unsent["follow_up"] == reasons.NOT_YET_PAID
    for told in ([owed, paid, paid], [paid, owed]):
        new = message_of(planned(reduce(merge, told, Facts()), now=paid_at), "follow_up")
        assert new.send_at == after(paid_at, days=7)
    assert message_of(planned(merge(Facts(), paid), now=paid_at), "follow_up").send_at == after(days=7)


def test_what_is_collected_is_followed_up_after_the_collection() -> None:
    ready = parcel(left=LEFT, arrived=after(days=2), is_pickup=True)
    known = facts(parcels=[ready], delivery=DeliveryKind.PICKUP)
    assert message_of(planned(known, now=after(days=2)), "follow_up").send_at == after(days=11)


def test_two_orders_close_together_get_one_after_the_later_delivery() -> None:
    """The first order arrives after the second: one mail, on behalf of the second, counted from the first's arrival."""
    second = after(days=5)
    late = after(days=12)
    first = planned(delivered(late), siblings=[sibling(second, after(days=8))], now=late)
    assert first.unsent["follow_up"] == reasons.COMBINED
    of_second = shipped(after(days=6), after(days=8), placed_at=second, number="1043")
    own = planned(of_second, siblings=[sibling(PLACED, late, name="order-1042")], now=late)
    new = message_of(own, "follow_up")
    assert (new.send_at, new.reason) == (after(late, days=9), "9 days after the delivery of the other order")


def test_a_second_order_cancels_the_follow_up_of_the_first() -> None:
    waiting = applied(planned(delivered(), now=ARRIVED))
    result = planned(delivered(), messages=waiting, siblings=[sibling(after(days=5))], now=after(days=5))
    assert [(each.step, each.reason) for each in result.cancel] == [("follow_up", reasons.COMBINED)]


def test_when_the_second_order_is_cancelled_the_first_gets_its_follow_up_back() -> None:
    waiting = applied(planned(delivered(), now=ARRIVED))
    near = sibling(after(days=5))
    combined = applied(planned(delivered(), messages=waiting, siblings=[near], now=after(days=5)), waiting)
    gone = sibling(after(days=5), gone=True)
    new = message_of(planned(delivered(), messages=combined, siblings=[gone], now=after(days=6)), "follow_up")
    assert (new.occurrence, new.send_at) == (1, message_of(planned(delivered(), now=ARRIVED), "follow_up").send_at)


def test_orders_further_apart_get_their_own() -> None:
    assert "follow_up" in steps_of(planned(delivered(), siblings=[sibling(after(days=14, seconds=1))], now=ARRIVED))
    assert "follow_up" not in steps_of(planned(delivered(), siblings=[sibling(after(days=14))], now=ARRIVED))


def test_of_two_orders_in_the_same_second_exactly_one_gets_it() -> None:
    mine = planned(delivered(), siblings=[sibling(PLACED, name="order-1043")], now=ARRIVED)
    other = planned(delivered(number="1043"), siblings=[sibling(PLACED, name="order-1042")], now=ARRIVED)
    assert sorted(["follow_up" in steps_of(mine), "follow_up" in steps_of(other)]) == [False, True]


def test_a_digital_order_is_not_combined() -> None:
    line = a_line(1, "Brewing course", "30.00").model_copy(update={"kind": LineKind.DIGITAL})
    assert "follow_up" in steps_of(planned(facts(lines=(line,)), siblings=[sibling(after(days=1))]))
