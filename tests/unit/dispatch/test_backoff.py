"""When to try again."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.dispatch.backoff import BASE, CEILING, SHORTEST, next_try

NOW = datetime(2026, 4, 30, 10, 0, tzinfo=UTC)
FAR = NOW + timedelta(days=3)


@pytest.mark.parametrize(("tries", "longest"), [(1, BASE), (2, 2 * BASE), (3, 4 * BASE), (50, CEILING)])
def test_the_longest_wait_doubles_up_to_a_ceiling(tries: int, longest: timedelta) -> None:
    assert next_try(now=NOW, tries=tries, expires_at=FAR, roll=lambda: 1.0) == NOW + longest


def test_the_jitter_is_full_so_that_the_shortest_wait_is_a_second() -> None:
    assert next_try(now=NOW, tries=9, expires_at=FAR, roll=lambda: 0.0) == NOW + SHORTEST


def test_the_providers_wish_is_the_least() -> None:
    wish = timedelta(minutes=5)
    assert next_try(now=NOW, tries=1, expires_at=FAR, retry_after=wish, roll=lambda: 0.0) == NOW + wish
    assert next_try(now=NOW, tries=1, expires_at=FAR, retry_after=wish, roll=lambda: 1.0) == NOW + wish * 1.1


def test_no_try_is_planned_past_the_end_of_the_window() -> None:
    end = NOW + timedelta(seconds=5)
    assert next_try(now=NOW, tries=9, expires_at=end, roll=lambda: 1.0) == end
