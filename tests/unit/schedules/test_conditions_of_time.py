"""The gate: caps, nights and blackout days let marketing wait, and receipts go."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from freezegun import freeze_time

from schedules.conditions import Judgement
from schedules.shop import Blackout
from schedules.timing import zone
from tests.unit.schedules.examples import (
    shipped,
    shop,
)
from tests.unit.schedules.judging import (
    DUE,
    STOCKHOLM,
    confirmation,
    follow_up,
    tracking,
)


def test_one_marketing_mail_in_seven_days_lets_the_next_wait_inside_its_window() -> None:
    earlier = DUE - timedelta(days=3)
    judgement = follow_up(marketing_sent=(earlier,))
    assert (judgement.action, judgement.until) == ("postpone", earlier + timedelta(days=7))
    assert follow_up(marketing_sent=(DUE - timedelta(days=7),)).action == "send"


def test_a_cap_that_outlasts_the_window_ends_the_mail_with_a_reason() -> None:
    judgement = follow_up(marketing_sent=(DUE - timedelta(hours=1),))
    assert judgement.action == "expire"
    assert judgement.reason == (
        "this person had a marketing mail only a few days ago, and its window closes before that ends"
    )


def test_who_asked_for_fewer_mails_gets_one_in_30_days() -> None:
    fewer = frozenset({"fewer"})
    assert follow_up(suppressed=fewer).action == "send"
    assert follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=30),)).action == "send"
    judgement = follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=28),))
    assert (judgement.action, judgement.until) == ("postpone", DUE + timedelta(days=2))
    assert judgement.reason == "this person asked for at most one such mail in 30 days"
    assert follow_up(suppressed=fewer, marketing_sent=(DUE - timedelta(days=8),)).action == "expire"
    assert confirmation(suppressed=fewer, marketing_sent=(DUE,)).with_offer


def test_the_end_of_a_cap_at_night_means_the_next_morning() -> None:
    at_night = datetime.fromisoformat("2031-05-18T23:30:00+00:00")
    judgement = follow_up(marketing_sent=(at_night,))
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).isoformat() == "2031-05-26T09:00:00+02:00"


@pytest.mark.parametrize(("seen", "shown"), [(2, True), (3, False)])
def test_three_offer_panels_in_thirty_days_are_enough(seen: int, shown: bool) -> None:
    panels = tuple(DUE - timedelta(days=8 + number) for number in range(seen))
    judgement = follow_up(panels_sent=panels)
    assert (judgement.action, judgement.with_offer) == ("send", shown)


def test_panels_of_long_ago_do_not_count() -> None:
    assert follow_up(panels_sent=tuple(DUE - timedelta(days=30 + number) for number in range(5))).with_offer


@pytest.mark.parametrize(
    ("wall", "until"),
    [
        ("2031-05-24 23:00", "2031-05-25T09:00:00+02:00"),
        ("2031-05-25 05:30", "2031-05-25T09:00:00+02:00"),
        ("2031-05-25 18:30", "2031-05-26T09:00:00+02:00"),
    ],
)
def test_marketing_that_comes_late_waits_for_the_customers_morning(wall: str, until: str) -> None:
    with freeze_time(wall):
        judgement = follow_up(now=datetime.now(STOCKHOLM))
    assert (judgement.action, judgement.reason) == ("postpone", "it is night or early for the customer")
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).isoformat() == until


@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu"])
def test_the_night_is_the_customers_wherever_that_is(timezone: str) -> None:
    local = zone(timezone)
    midnight = datetime.combine(DUE.date() + timedelta(days=1), datetime.min.time(), tzinfo=local)
    judgement = follow_up(timezone=timezone, now=midnight)
    assert judgement.until is not None
    assert judgement.until.astimezone(local).hour == 9


def test_what_should_arrive_in_some_days_is_not_said_to_have_arrived() -> None:
    """As when it was sent on anew, after its follow-up was planned."""
    judgement = follow_up(shipped(DUE - timedelta(hours=1)))
    assert (judgement.action, judgement.reason.partition(",")[0]) == ("expire", "the last parcel is still on its way")


CHRISTMAS = Blackout(first=DUE.date() - timedelta(days=1), last=DUE.date() + timedelta(days=1), note="the shop rests")


def test_on_blackout_days_marketing_waits_for_the_morning_after() -> None:
    judgement = follow_up(shop=shop(blackouts=(CHRISTMAS,)))
    assert (judgement.action, judgement.reason) == (
        "postpone",
        f"no marketing until {CHRISTMAS.last.isoformat()}: the shop rests",
    )
    assert judgement.until is not None
    assert judgement.until.astimezone(STOCKHOLM).date() == CHRISTMAS.last + timedelta(days=1)


@pytest.mark.parametrize("judged", [confirmation, tracking])
def test_blackout_days_are_nothing_to_receipts(judged: Callable[..., Judgement]) -> None:
    always = Blackout(first=DUE.date() - timedelta(days=90), last=DUE.date() + timedelta(days=90))
    assert judged(shop=shop(blackouts=(always,))).action == "send"


def test_a_blackout_longer_than_the_window_lets_marketing_expire() -> None:
    long = Blackout(first=DUE.date(), last=DUE.date() + timedelta(days=30))
    judgement = follow_up(shop=shop(blackouts=(long,)))
    assert (judgement.action, judgement.reason.endswith("its window closes before that ends")) == ("expire", True)


def test_a_blackout_of_another_step_or_another_day_is_no_reason_to_wait() -> None:
    other_step = Blackout(first=DUE.date(), last=DUE.date(), steps=("shipping",))
    other_day = Blackout(first=DUE.date() + timedelta(days=1), last=DUE.date() + timedelta(days=2))
    assert follow_up(shop=shop(blackouts=(other_step, other_day))).action == "send"
