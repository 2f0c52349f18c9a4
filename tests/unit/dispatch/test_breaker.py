"""When a key lets mails through: the breaker, its trial by one mail, and the provider's own limit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from worker.delivery.port import Health, Limit, Outcome, Verdict
from worker.dispatch.breaker import (
    FAILURES,
    FIRST_REST,
    LONGEST_REST,
    SCARCE,
    STEP_ASIDE,
    back_at,
    hear,
    is_news,
    places,
    take,
)
from worker.dispatch.policies import ATTEMPT_LEASE
from worker.store.models import ProviderKey

NOW = datetime(2031, 5, 14, 8, 0, tzinfo=UTC)
REAL = datetime(2026, 5, 14, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_key(**values: Any) -> ProviderKey:
    return ProviderKey(id="sendgrid:abc", provider="sendgrid", **({"failures": 0, "trips": 0, "error": ""} | values))


def answer(health: Health, **values: Any) -> Outcome:
    verdict = Verdict.ACCEPTED if health is Health.UP else Verdict.UNKNOWN
    return Outcome(attempt_id=uuid4(), verdict=verdict, health=health, **values)


UP, DOWN, REFUSES, UNTOLD = (answer(each) for each in (Health.UP, Health.DOWN, Health.REFUSES, Health.UNTOLD))


def heard(key: ProviderKey, *outcomes: Outcome, at: datetime = NOW) -> bool | None:
    return hear(key, outcomes, at, roll=lambda: 0.0)


def an_open_key() -> ProviderKey:
    key = a_key()
    assert heard(key, *[DOWN] * FAILURES) is True
    return key


def test_a_key_of_which_nothing_bad_was_heard_lets_any_number_through() -> None:
    assert places(a_key(), NOW, REAL) is None


def test_failures_in_a_row_open_the_breaker_and_nothing_goes() -> None:
    key = a_key()
    assert heard(key, *[DOWN] * (FAILURES - 1)) is None
    assert places(key, NOW, REAL) is None
    assert heard(key, DOWN) is True
    assert places(key, NOW, REAL) == 0
    assert back_at(key, NOW) == NOW + FIRST_REST


def test_one_mail_that_got_through_starts_the_count_anew() -> None:
    key = a_key()
    heard(key, *[DOWN] * (FAILURES - 1), UP, *[DOWN] * (FAILURES - 1))
    assert places(key, NOW, REAL) is None


def test_a_key_that_is_turned_away_opens_it_at_once() -> None:
    key = a_key()
    assert heard(key, REFUSES) is True


def test_after_its_rest_a_single_mail_tries_and_the_others_wait_for_its_answer() -> None:
    key = an_open_key()
    later = NOW + FIRST_REST
    assert places(key, later, REAL) == 1
    take(key, 1, later, REAL)
    assert places(key, later, REAL) == 0
    assert back_at(key, later) == later + STEP_ASIDE


def test_a_trial_whose_process_died_is_repeated_after_its_lease() -> None:
    key = an_open_key()
    later = NOW + FIRST_REST
    take(key, 1, later, REAL)
    assert places(key, later, REAL + ATTEMPT_LEASE - timedelta(seconds=1)) == 0
    assert places(key, later, REAL + ATTEMPT_LEASE) == 1


def test_a_trial_that_succeeds_closes_the_breaker() -> None:
    key = an_open_key()
    take(key, 1, NOW + FIRST_REST, REAL)
    assert heard(key, UP, at=NOW + FIRST_REST) is False
    assert places(key, NOW + FIRST_REST, REAL) is None
    assert (key.failures, key.trips, key.error) == (0, 0, "")


def test_each_trial_that_fails_doubles_the_rest_up_to_a_ceiling() -> None:
    key, at, rests = an_open_key(), NOW, []
    for _ in range(8):
        at = back_at(key, at)
        take(key, 1, at, REAL)
        assert heard(key, DOWN, at=at) is None
        rests.append(back_at(key, at) - at)
    assert rests[:3] == [2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[-1] == LONGEST_REST


def test_stragglers_of_the_chunk_that_opened_it_do_not_lengthen_the_rest() -> None:
    key = an_open_key()
    heard(key, *[DOWN] * 50, at=NOW + timedelta(seconds=1))
    assert back_at(key, NOW) == NOW + FIRST_REST


def test_a_trial_that_told_nothing_lets_the_next_try_at_once() -> None:
    key = an_open_key()
    later = NOW + FIRST_REST
    take(key, 1, later, REAL)
    heard(key, UNTOLD, at=later)
    assert places(key, later, REAL) == 1


def limit(remaining: int, renews_in: timedelta = MINUTE) -> Outcome:
    return answer(Health.UP, limit=Limit(remaining=remaining, renews_in=renews_in, allowed=500))


def test_a_scarce_limit_is_shared_out_and_renews() -> None:
    key = a_key()
    heard(key, limit(100))
    take(key, 64, NOW, REAL)
    assert places(key, NOW, REAL) == 36
    take(key, 36, NOW, REAL)
    assert (places(key, NOW, REAL), back_at(key, NOW)) == (0, NOW + MINUTE)
    assert places(key, NOW + MINUTE, REAL) is None


def test_a_limit_that_is_far_away_is_counted_by_nobody() -> None:
    """Whoever wrote it down would do so without a lock, and make all others wait for that row."""
    key = a_key()
    heard(key, limit(SCARCE + 64))
    take(key, 64, NOW, REAL)
    assert (key.remaining, places(key, NOW, REAL)) == (SCARCE + 64, None)


def test_answers_of_one_window_in_any_order_leave_the_smallest_number() -> None:
    key = a_key()
    heard(key, limit(40), limit(38, MINUTE - timedelta(seconds=1)), limit(39))
    assert places(key, NOW, REAL) == 38


def test_a_new_window_counts_anew() -> None:
    key = a_key()
    heard(key, limit(0))
    heard(key, limit(499, MINUTE), at=NOW + MINUTE)
    assert places(key, NOW + MINUTE, REAL) == 499


def test_an_ample_limit_counts_nothing_and_is_no_news_again() -> None:
    key = a_key()
    ample = limit(SCARCE)
    assert is_news(None, ample, NOW)
    heard(key, ample)
    assert places(key, NOW, REAL) is None
    assert not is_news(key, ample, NOW)


@pytest.mark.parametrize(("key", "outcome", "expected"), [(None, UP, False), (None, DOWN, True), (None, UNTOLD, False)])
def test_only_what_changes_something_is_news(key: None, outcome: Outcome, expected: bool) -> None:
    assert is_news(key, outcome, NOW) is expected


def test_a_mail_that_got_through_is_news_only_after_failures() -> None:
    assert is_news(a_key(failures=1), UP, NOW)
    assert not is_news(a_key(), UP, NOW)
