"""Local time holds over daylight saving, leap days and the edges of the world."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from schedules.sequence import Hours
from schedules.timing import (
    at_local,
    in_words,
    is_within,
    local_day,
    near_hour,
    next_outside,
    next_polite,
    next_within,
    zone,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAYTIME = Hours(start=time(9), end=time(20))
QUIET = Hours(start=time(21), end=time(8))
FAR = ["Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]


def now() -> datetime:
    return datetime.now(UTC)


@freeze_time("2031-05-14 22:30:00")
def test_the_day_of_a_moment_is_the_local_one() -> None:
    assert local_day(now(), ZoneInfo("UTC")) == "2031-05-14"
    assert local_day(now(), STOCKHOLM) == "2031-05-15"
    assert local_day(now(), ZoneInfo("Pacific/Niue")) == "2031-05-14"


@freeze_time("2031-05-14 10:30:00")
def test_the_same_moment_has_three_dates_around_the_world() -> None:
    zones = ("Pacific/Kiritimati", "UTC", "Pacific/Niue")
    assert [local_day(now(), ZoneInfo(name)) for name in zones] == ["2031-05-15", "2031-05-14", "2031-05-13"]


@freeze_time("2031-03-29 12:00:00")
def test_a_wall_time_that_the_clock_change_skips_comes_just_after_it() -> None:
    """On 30 March 2031 Stockholm goes from 2:00 to 3:00: half past two becomes half past three."""
    moment = at_local(now(), time(2, 30), STOCKHOLM, days=1)
    assert moment.astimezone(STOCKHOLM).time() == time(3, 30)


@freeze_time("2031-10-25 12:00:00")
def test_a_wall_time_that_comes_twice_is_taken_the_first_time() -> None:
    """On 26 October 2031 Stockholm has half past two twice: first at 0:30 UTC."""
    assert at_local(now(), time(2, 30), STOCKHOLM, days=1) == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)


@freeze_time("2031-03-29 22:00:00")
def test_the_morning_after_the_clock_change_still_begins_at_nine() -> None:
    morning = next_within(now(), DAYTIME, STOCKHOLM)
    assert morning == datetime(2031, 3, 30, 7, 0, tzinfo=UTC)
    assert morning.astimezone(STOCKHOLM).time() == time(9)


@freeze_time("2032-02-28 21:00:00")
def test_the_day_after_28_february_of_a_leap_year_is_the_29th() -> None:
    assert next_within(now(), DAYTIME, ZoneInfo("UTC")) == datetime(2032, 2, 29, 9, 0, tzinfo=UTC)


@freeze_time("2031-12-31 23:30:00")
def test_the_next_morning_may_lie_in_the_next_year() -> None:
    assert next_within(now(), DAYTIME, ZoneInfo("UTC")) == datetime(2032, 1, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "inside"), [("8:59", False), ("9:00", True), ("19:59", True), ("20:00", False), ("0:00", False)]
)
def test_daytime_begins_with_its_first_minute_and_ends_before_its_last(hour: str, inside: bool) -> None:
    with freeze_time(f"2031-05-14 {hour}:00"):
        assert is_within(now(), DAYTIME, ZoneInfo("UTC")) is inside


@pytest.mark.parametrize(("hour", "quiet"), [("20:59", False), ("21:00", True), ("3:00", True), ("8:00", False)])
def test_quiet_hours_go_over_midnight(hour: str, quiet: bool) -> None:
    with freeze_time(f"2031-05-14 {hour}:00"):
        assert is_within(now(), QUIET, ZoneInfo("UTC")) is quiet


@pytest.mark.parametrize(
    ("ordered", "wall"),
    [
        ("10:17", time(10, 17)),
        ("03:00", time(9)),
        ("03:25", time(9, 25)),
        ("23:40", time(19, 19)),
        ("20:00", time(19, 59)),
    ],
)
def test_a_mail_goes_near_the_hour_of_the_order_but_in_the_daytime(ordered: str, wall: time) -> None:
    with freeze_time(f"2031-05-12 {ordered}:00"):
        found = near_hour(now() + timedelta(days=9), now(), DAYTIME, ZoneInfo("UTC"))
    assert found.time() == wall


@freeze_time("2031-05-12 02:15:00")
def test_the_hour_of_the_order_is_the_customers_not_the_servers() -> None:
    """A quarter past two in the night of UTC is eight in the morning in Kathmandu: nine is the nearest daytime."""
    kathmandu = ZoneInfo("Asia/Kathmandu")
    found = near_hour(now() + timedelta(days=9), now(), DAYTIME, kathmandu)
    assert found.astimezone(kathmandu).time() == time(9)
    assert found.time() == time(3, 15)


@pytest.mark.parametrize("name", FAR)
@freeze_time("2031-05-14 03:00:00")
def test_far_zones_get_their_own_morning(name: str) -> None:
    local = ZoneInfo(name)
    found = next_polite(now(), DAYTIME, QUIET, local)
    assert is_within(found, DAYTIME, local)
    assert now() <= found < now() + timedelta(days=1)


@freeze_time("2031-05-14 20:30:00")
def test_where_daytime_and_quiet_hours_disagree_both_are_kept() -> None:
    late_start = Hours(start=time(7), end=time(23))
    assert next_polite(now(), late_start, QUIET, ZoneInfo("UTC")) == now()
    assert next_polite(now() + timedelta(hours=1), late_start, QUIET, ZoneInfo("UTC")).time() == time(8)


@freeze_time("2031-05-14 22:00:00")
def test_without_daytime_only_the_night_is_kept() -> None:
    assert next_polite(now(), None, QUIET, ZoneInfo("UTC")) == datetime(2031, 5, 15, 8, 0, tzinfo=UTC)
    assert next_outside(now() - timedelta(hours=5), QUIET, ZoneInfo("UTC")) == now() - timedelta(hours=5)


def test_what_waits_for_the_morning_leaves_spread_over_its_first_hour() -> None:
    """Else a whole night's mails would leave at the top of an hour, when providers are busiest."""
    night = datetime(2031, 5, 14, 22, 0, tzinfo=UTC)
    utc, minutes = ZoneInfo("UTC"), timedelta(minutes=25)
    assert next_polite(night, None, QUIET, utc, minutes) == datetime(2031, 5, 15, 8, 25, tzinfo=UTC)
    assert next_polite(night, DAYTIME, QUIET, utc, minutes) == datetime(2031, 5, 15, 9, 25, tzinfo=UTC)
    noon = night - timedelta(hours=10)
    assert next_polite(noon, DAYTIME, QUIET, utc, minutes) == noon


def test_hours_that_are_too_short_for_it_begin_on_time() -> None:
    short = Hours(start=time(9), end=time(9, 20))
    night = datetime(2031, 5, 14, 22, 0, tzinfo=UTC)
    found = next_polite(night, short, QUIET, ZoneInfo("UTC"), timedelta(minutes=25))
    assert found == datetime(2031, 5, 15, 9, 0, tzinfo=UTC)
    assert near_hour(night, night + timedelta(hours=5, minutes=25), short, ZoneInfo("UTC")).time() == time(9)


@pytest.mark.parametrize("name", ["", "Nowhere/Nothing", "America", "../etc/passwd", "\x00", "Europe/Stockholm\n"])
def test_an_unknown_zone_falls_back_to_the_shops(name: str) -> None:
    assert zone(name, "Europe/Stockholm") == STOCKHOLM


def test_a_shop_with_an_unknown_zone_falls_back_to_utc() -> None:
    assert zone("Mars", "Venus") == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(days=9), "9 days"),
        (timedelta(0), "0 minutes"),
    ],
)
def test_delays_are_said_as_people_say_them(delay: timedelta, words: str) -> None:
    assert in_words(delay) == words


MOMENTS = st.datetimes(datetime(2030, 1, 1), datetime(2033, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
ZONES = st.sampled_from([*FAR, "Europe/Stockholm", "America/New_York", "UTC", "Africa/Casablanca"]).map(ZoneInfo)


SPREADS = st.timedeltas(timedelta(0), timedelta(minutes=59, seconds=59))


@given(MOMENTS, ZONES, SPREADS)
def test_the_next_polite_moment_is_polite_and_less_than_two_days_away(
    moment: datetime, local: ZoneInfo, spread: timedelta
) -> None:
    found = next_polite(moment, DAYTIME, QUIET, local, spread)
    assert is_within(found, DAYTIME, local)
    assert not is_within(found, QUIET, local)
    assert moment <= found < moment + timedelta(days=1)
    assert next_polite(found, DAYTIME, QUIET, local) == found


@given(MOMENTS, MOMENTS, ZONES)
def test_near_the_hour_is_always_in_the_daytime_of_the_same_local_day(
    moment: datetime, ordered: datetime, local: ZoneInfo
) -> None:
    found = near_hour(moment, ordered, DAYTIME, local)
    assert is_within(found, DAYTIME, local)
    assert local_day(found, local) == local_day(moment, local)
