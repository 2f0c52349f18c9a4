"""When tracking goes, parcel by parcel."""

import pytest

from schedules import reasons
from schedules.changes import PlannedMessage
from schedules.facts import DeliveryKind, Facts, LineKind
from schedules.lifecycle import State
from schedules.parcel_facts import ParcelState
from schedules.shop import Role
from tests.support.orders import a_line
from tests.unit.schedules.examples import (
    after,
    applied,
    companion,
    facts,
    knowing,
    message_of,
    parcel,
    planned,
    sent,
    shipped,
    steps_of,
)

LEFT = after(days=1)
DAY = "2031-05-13"


def two(second_left: float, **second: object) -> Facts:
    """Two parcels with a line each; the second leaves some hours after the first."""
    later = parcel("p2", left=after(LEFT, hours=second_left), lines=["2"], **second)  # type: ignore[arg-type]  # a test's shorthand
    return facts(parcels=[parcel("p1", left=LEFT, lines=["1"]), later])


def announced(known: Facts, at: object = None) -> list[PlannedMessage]:
    messages = applied(planned(known, now=LEFT))
    return sent(messages, "shipping", at=at or after(LEFT, minutes=10))  # type: ignore[arg-type]  # a test's shorthand


def test_tracking_goes_ten_minutes_after_the_parcel_left_at_any_hour() -> None:
    for left in (LEFT, after(LEFT, hours=13)):
        new = message_of(planned(shipped(left), now=left), "shipping")
        assert (new.send_at, new.stream, new.role) == (after(left, minutes=10), "transactional", Role.REPLACE)
        assert (new.offer_until, new.expires_at) == (after(left, hours=2), after(left, hours=72))
        assert new.reason == "10 minutes after the parcel left"


def test_before_anything_left_the_timeline_says_so() -> None:
    assert planned(facts()).unsent["shipping"] == reasons.NOT_LEFT


def test_a_gift_card_fulfilled_at_once_is_not_told_as_a_parcel_on_its_way() -> None:
    card = a_line(2, "Gift card", "20.00").model_copy(update={"kind": LineKind.GIFT_CARD})
    known = facts(lines=(a_line(1, "Dripper 02", "38.00"), card), parcels=[parcel(left=after(minutes=1), lines=["2"])])
    assert planned(known).unsent["shipping"] == reasons.NOT_LEFT


def test_parcels_of_one_day_are_one_mail() -> None:
    new = message_of(planned(two(1), now=LEFT), "shipping")
    assert (new.parcel_group, new.send_at) == (DAY, after(LEFT, minutes=10))


def test_parcels_of_two_days_are_two_mails() -> None:
    result = planned(two(24), now=LEFT)
    mails = {each.parcel_group: each.send_at for each in result.schedule if each.step == "shipping"}
    assert mails == {DAY: after(LEFT, minutes=10), "2031-05-14": after(LEFT, hours=24, minutes=10)}


def test_a_parcel_that_leaves_after_the_days_mail_gets_a_mail_of_its_own() -> None:
    result = planned(two(3), messages=announced(shipped(LEFT)), now=after(LEFT, hours=3))
    assert message_of(result, "shipping").parcel_group == f"{DAY}+p2"


def test_a_parcel_that_was_already_in_a_late_mail_gets_no_other() -> None:
    out = announced(shipped(LEFT), at=after(LEFT, hours=5))
    assert "shipping" not in steps_of(planned(two(3), messages=out, now=after(LEFT, hours=6)))


def test_a_parcel_that_becomes_known_after_the_days_mail_is_told_whenever_it_left() -> None:
    """It left five minutes after the first, but its webhook came after the mail had gone."""
    out = knowing(announced(shipped(LEFT)), "shipping", "p1")
    result = planned(two(1 / 12), messages=out, now=after(LEFT, minutes=20))
    assert message_of(result, "shipping").parcel_group == f"{DAY}+p2"


def test_a_parcel_that_a_mail_knew_gets_no_other() -> None:
    out = knowing(announced(two(1 / 12)), "shipping", "p1", "p2")
    assert "shipping" not in steps_of(planned(two(1 / 12), messages=out, now=after(LEFT, minutes=20)))


def test_a_parcel_that_a_mail_told_of_is_not_told_again_because_the_shop_names_another_day() -> None:
    out = knowing(announced(shipped(LEFT)), "shipping", "p1")
    later = after(LEFT, days=1)
    assert "shipping" not in steps_of(planned(shipped(later), messages=out, now=later))


def test_a_third_parcel_of_the_day_is_told_as_well() -> None:
    out = announced(shipped(LEFT))
    second = sent(applied(planned(two(3), messages=out, now=after(LEFT, hours=3)), out), "shipping")
    third = parcel("p3", left=after(LEFT, hours=5), lines=[])
    known = two(3).model_copy(update={"parcels": (*two(3).parcels, third)})
    result = planned(known, messages=second, now=after(LEFT, hours=5))
    assert message_of(result, "shipping").parcel_group == f"{DAY}+p3"


def test_a_parcel_that_arrived_before_it_was_reported_as_shipped_gets_no_tracking_mail() -> None:
    result = planned(shipped(LEFT, arrived=after(LEFT, days=1)), now=after(LEFT, days=1))
    assert "shipping" not in steps_of(result)
    assert result.unsent["shipping"] == reasons.ARRIVED


def test_a_waiting_tracking_mail_is_cancelled_by_the_delivery() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    result = planned(shipped(LEFT, arrived=after(LEFT, minutes=5)), messages=waiting, now=after(LEFT, minutes=5))
    assert [(each.step, each.reason) for each in result.cancel] == [("shipping", reasons.ARRIVED)]


def test_where_one_parcel_of_a_day_arrived_the_other_is_still_told() -> None:
    known = facts(
        parcels=[parcel("p1", left=LEFT, arrived=after(LEFT, hours=3)), parcel("p2", left=after(LEFT, hours=1))]
    )
    new = message_of(planned(known, now=after(LEFT, hours=4)), "shipping")
    assert new.send_at == after(LEFT, hours=1, minutes=10)


def test_each_parcel_day_has_its_own_reason() -> None:
    """The first arrived, the second goes on."""
    known = facts(
        parcels=[
            parcel("p1", left=LEFT, arrived=after(LEFT, hours=30), lines=["1"]),
            parcel("p2", left=after(LEFT, days=2), lines=["2"]),
        ]
    )
    result = planned(known, now=after(LEFT, days=2))
    assert message_of(result, "shipping").parcel_group == "2031-05-15"
    assert result.unsent[f"shipping {DAY}"] == reasons.ARRIVED


def test_a_parcel_that_left_long_ago_is_not_told_any_more() -> None:
    result = planned(shipped(LEFT), now=after(LEFT, hours=72))
    assert result.unsent["shipping"] == reasons.LONG_PAST


def test_a_late_tracking_mail_goes_within_three_days() -> None:
    assert "shipping" in steps_of(planned(shipped(LEFT), now=after(LEFT, hours=71)))


def test_a_cancelled_parcel_takes_its_mail_along_and_says_so() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    gone = facts(parcels=[parcel(left=LEFT, state=ParcelState.CANCELLED)])
    result = planned(gone, messages=waiting, now=LEFT)
    assert [(each.step, each.reason) for each in result.cancel if each.step == "shipping"] == [
        ("shipping", reasons.PARCEL_GONE)
    ]


def test_a_parcel_packed_anew_on_the_same_day_is_told_after_all() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    gone = facts(parcels=[parcel(left=LEFT, state=ParcelState.CANCELLED)])
    cancelled = applied(planned(gone, messages=waiting, now=LEFT), waiting)
    again = facts(parcels=[*gone.parcels, parcel("p2", left=after(LEFT, hours=1))])
    new = message_of(planned(again, messages=cancelled, now=after(LEFT, hours=1)), "shipping")
    assert (new.parcel_group, new.occurrence) == (DAY, 1)


def test_a_parcel_moved_to_another_day_before_its_mail_moves_the_mail() -> None:
    waiting = applied(planned(shipped(LEFT), now=LEFT))
    result = planned(shipped(after(LEFT, days=1)), messages=waiting, now=LEFT)
    assert message_of(result, "shipping").parcel_group == "2031-05-14"
    assert ("shipping", DAY) in [(each.step, each.parcel_group) for each in result.cancel]


@pytest.mark.parametrize("kind", [LineKind.DIGITAL, LineKind.GIFT_CARD, LineKind.SERVICE])
def test_what_does_not_travel_gets_no_tracking_mail(kind: LineKind) -> None:
    line = a_line(1, "House espresso beans, the course", "30.00").model_copy(update={"kind": kind})
    assert planned(facts(lines=(line,))).unsent["shipping"] == reasons.NO_GOODS


def test_pick_up_is_told_when_the_goods_are_ready() -> None:
    ready = parcel(left=LEFT, is_pickup=True)
    known = facts(parcels=[ready], delivery=DeliveryKind.PICKUP)
    assert message_of(planned(known, now=LEFT), "shipping").send_at == after(LEFT, minutes=10)


def test_a_companion_comes_a_day_after_the_order_near_its_hour() -> None:
    new = message_of(planned(shipped(after(hours=3)), shop=companion("shipping")), "shipping")
    assert (new.send_at, new.stream, new.role) == (after(hours=24), "marketing", Role.COMPANION)
    assert new.expires_at == after(hours=48)


def test_a_mail_due_at_the_end_of_its_window_still_has_an_hour() -> None:
    """Its latest moment is also that at which it is given up."""
    new = message_of(planned(shipped(after(hours=48)), shop=companion("shipping")), "shipping")
    assert (new.send_at, new.expires_at) == (after(hours=48), after(hours=49))


def test_a_companion_never_comes_before_the_parcel_left() -> None:
    left = after(hours=30)
    assert message_of(planned(shipped(left), shop=companion("shipping"), now=left), "shipping").send_at == left


def test_a_companion_waits_for_the_daytime() -> None:
    """Ordered at five in the morning of Malmö: nine o'clock on the next day."""
    early = after(hours=-7)
    known = shipped(after(early, hours=6), placed_at=early)
    new = message_of(planned(known, shop=companion("shipping"), now=early), "shipping")
    assert new.send_at == after(early, hours=28)


def test_a_companion_for_a_parcel_that_leaves_after_two_days_is_left_out() -> None:
    left = after(hours=49)
    result = planned(shipped(left), shop=companion("shipping"), now=left)
    assert result.unsent["shipping"] == reasons.PASSED_WINDOW


def test_a_companion_whose_daytime_begins_after_the_window_is_left_out() -> None:
    """Ordered at eleven in the morning, left at eight in the evening of the next day: nine is too late."""
    left = after(hours=-1 + 46)
    early = after(hours=-4)
    known = shipped(left, placed_at=early)
    assert planned(known, shop=companion("shipping"), now=left).unsent["shipping"] == reasons.PASSED_WINDOW


def test_the_shop_decides_the_day_and_the_customer_the_hour() -> None:
    niue = {"timezone": "Pacific/Niue"}
    known = shipped(after(hours=3), **niue)
    new = message_of(planned(known, shop=companion("shipping")), "shipping")
    assert new.parcel_group == "2031-05-12"
    assert new.send_at == after(hours=34)


def test_the_order_of_parcels_is_the_order_of_leaving() -> None:
    result = planned(two(24), now=LEFT)
    assert [each.parcel_group for each in result.schedule if each.step == "shipping"] == [DAY, "2031-05-14"]
    assert all(each.state is State.SCHEDULED for each in result.schedule)
