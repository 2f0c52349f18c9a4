"""When a source counts as silent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.intake import connected
from tests.support.rows import make_event, make_shop
from tests.support.shopify import order
from worker.reports.rhythm import LEAST, LOOKED_AT, WITHOUT_RHYTHM, read_rhythms, remedy, silence_of
from worker.store.session import Database

NOON = datetime(2026, 5, 14, 12, 0, tzinfo=UTC)


def every(gap: timedelta, count: int) -> list[datetime]:
    return [NOON - gap * number for number in range(count)]


def test_a_busy_source_may_be_quiet_for_some_hours() -> None:
    assert silence_of(every(timedelta(minutes=1), 100)) == LEAST


def test_a_slow_source_may_be_quiet_three_times_as_long_as_ever() -> None:
    assert silence_of(every(timedelta(hours=20), 30)) == timedelta(hours=60)


def test_quiet_nights_are_part_of_the_rhythm() -> None:
    days = [NOON - timedelta(days=day, hours=hour) for day in range(4) for hour in range(6)]
    assert silence_of(days) == timedelta(hours=57)


def test_of_few_webhooks_the_pauses_count_too() -> None:
    """A shop with an order a week would be called silent all the time."""
    assert silence_of(every(timedelta(days=7), 5)) == timedelta(days=21)


def test_a_night_is_no_silence_of_a_shop_whose_newest_webhooks_are_all_of_one_evening(database: Database) -> None:
    with database.write() as session:
        shop = make_shop(session)
        for hour in (hour for hour in range(72) if hour % 24 < 14):
            make_event(session, shop, received_at=NOON + timedelta(hours=hour), dedupe_key=str(hour))
        evening = NOON + timedelta(hours=61)
        for number in range(LOOKED_AT):
            at = evening + timedelta(seconds=number)
            make_event(session, shop, received_at=at, dedupe_key=f"evening {number}")
    with database.read() as session:
        [morning] = read_rhythms(session, now=evening + timedelta(hours=10))
        [next_noon] = read_rhythms(session, now=evening + timedelta(hours=26))
    assert (morning.is_silent, next_noon.is_silent) == (False, True)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_with_few_webhooks_there_is_no_rhythm_yet(count: int) -> None:
    assert silence_of(every(timedelta(minutes=1), count)) == WITHOUT_RHYTHM


def test_a_source_that_never_spoke_is_not_silent_and_one_that_stopped_is(database: Database, tmp_path: Path) -> None:
    shop = connected(database, tmp_path / "var")
    with database.read() as session:
        [line] = read_rhythms(session, now=shop.now)
    assert (line.last_at, line.seconds_ago, line.is_silent) == (None, None, False)
    shop.take("orders/create", order(1042, shop.now))
    with database.read() as session:
        [heard] = read_rhythms(session, now=shop.now + timedelta(hours=1))
        [stopped] = read_rhythms(session, now=shop.now + WITHOUT_RHYTHM + timedelta(hours=1))
    assert (heard.shop, heard.kind, heard.is_silent) == ("northkettle", "shopify", False)
    assert stopped.is_silent


@pytest.mark.parametrize("kind", ["shopify", "woocommerce", "standard"])
def test_every_kind_of_source_has_something_to_do_about_it(kind: str) -> None:
    assert len(remedy(kind)) > 40
