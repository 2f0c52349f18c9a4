"""What `clock` takes as a length or a time."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.cli.clock import moment_of
from worker.errors import UserError

NOW = datetime(2026, 5, 14, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("36h", timedelta(hours=36)),
        ("9d", timedelta(days=9)),
        ("1d 12h", timedelta(days=1, hours=12)),
        ("90 min", timedelta(minutes=90)),
        ("5m", timedelta(minutes=5)),
        ("2w", timedelta(weeks=2)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("9 days", timedelta(days=9)),
        ("2 minutes", timedelta(minutes=2)),
        ("1 week 1 hour", timedelta(weeks=1, hours=1)),
    ],
)
def test_a_length_counts_from_now(text: str, length: timedelta) -> None:
    assert moment_of(text, NOW) == NOW + length


def test_a_time_without_a_zone_is_utc() -> None:
    assert moment_of("2026-05-20T09:00", NOW) == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)


def test_a_length_counts_backwards_where_that_is_meant() -> None:
    assert moment_of("36h", NOW, back=True) == NOW - timedelta(hours=36)
    assert moment_of("2026-05-20T09:00", NOW, back=True) == datetime(2026, 5, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(
    "text", ["999999d", "99999999999d", "9" * 5000 + "s", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59-12:00"]
)
def test_what_no_calendar_holds_is_a_sentence(text: str, back: bool) -> None:
    with pytest.raises(UserError, match="outside of the years 1970 to 2999"):
        moment_of(text, NOW, back=back)


@pytest.mark.parametrize("text", ["soon", "", "36", "h36", "1d tomorrow", "1 month", "2 dayss", "-5h"])
def test_anything_else_is_a_sentence_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="36h, 9d"):
        moment_of(text, NOW)
