"""How fast a new stream may grow."""

from datetime import date, timedelta

import pytest

from schedules.ramp import DAYS, daily_limit

FIRST = date(2026, 12, 1)


@pytest.mark.parametrize(("day", "limit"), [(-1, 0), (0, 50), (1, 100), (6, 3200), (DAYS - 1, 409600), (DAYS, None)])
def test_the_limit_doubles_each_day_and_ends_after_two_weeks(day: int, limit: int | None) -> None:
    assert daily_limit(FIRST, FIRST + timedelta(days=day)) == limit


def test_a_stream_that_is_not_new_has_no_limit() -> None:
    assert daily_limit(None, FIRST) is None
