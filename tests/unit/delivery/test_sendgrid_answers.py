"""What SendGrid's answers mean."""

from datetime import UTC, datetime, timedelta

import pytest

from worker.delivery.port import Health, Limit, Verdict
from worker.delivery.sendgrid_answers import (
    LONGEST_WAIT,
    UNTOLD_WAIT,
    Answer,
    error_of,
    health_of,
    is_alarming,
    limit_of,
    verdict_of,
    wait_of,
)

NOW = datetime(2026, 4, 30, 10, 0, tzinfo=UTC)
SENDGRIDS = '{"errors": [{"message": "Bad Request", "field": "subject"}]}'


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (202, Verdict.ACCEPTED),
        (429, Verdict.RETRY),
        (503, Verdict.RETRY),
        (408, Verdict.RETRY),
        (401, Verdict.RETRY),
        (403, Verdict.RETRY),
        (307, Verdict.RETRY),
        (400, Verdict.REFUSED),
        (413, Verdict.REFUSED),
        *((each, Verdict.RETRY) for each in (402, 404, 405, 406, 407, 410, 421, 425, 451)),
        (500, Verdict.UNKNOWN),
        (502, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN),
        (200, Verdict.UNKNOWN),
    ],
)
def test_each_status_has_one_verdict(status: int, verdict: Verdict) -> None:
    assert verdict_of(Answer(status=status, headers={}, body=SENDGRIDS)) is verdict


@pytest.mark.parametrize("body", ["", "<html>Too large</html>", "[]", '{"errors": 3}', '{"errors": [{"mess'])
def test_a_400_that_sendgrid_did_not_write_says_nothing_of_the_mail(body: str) -> None:
    """Something in between answered, or the answer broke off: receipts wait for whoever mends it."""
    answer = Answer(status=400, headers={}, body=body)
    assert (verdict_of(answer), is_alarming(answer), health_of(answer)) == (Verdict.RETRY, True, Health.UP)


def test_a_400_about_the_shops_sender_lets_its_mails_wait_and_raises_an_alarm() -> None:
    body = '{"errors": [{"message": "The from email does not contain a valid address.", "field": "from.email"}]}'
    answer = Answer(status=400, headers={}, body=body)
    assert (verdict_of(answer), is_alarming(answer), health_of(answer)) == (Verdict.RETRY, True, Health.UP)
    both = body.replace("]}", ', {"message": "Bad", "field": "personalizations.0.to"}]}')
    assert verdict_of(Answer(status=400, headers={}, body=both)) is Verdict.REFUSED


@pytest.mark.parametrize("status", [401, 403, 402, 407])
def test_what_a_person_must_mend_raises_an_alarm(status: int) -> None:
    assert is_alarming(Answer(status=status, headers={}))


@pytest.mark.parametrize("status", [202, 400, 413, 425, 429, 500, 503])
def test_what_passes_or_is_about_one_mail_raises_none(status: int) -> None:
    assert not is_alarming(Answer(status=status, headers={}, body=SENDGRIDS))


def test_an_error_names_the_field_and_masks_addresses() -> None:
    body = '{"errors": [{"message": "mia@example.com is not a valid address", "field": "personalizations.0.to"}]}'
    line = error_of(Answer(status=400, headers={}, body=body))
    assert line == "SendGrid answered 400: …@… is not a valid address (personalizations.0.to)"


@pytest.mark.parametrize("body", ["", "[" * 9000, "<html>Bad</html>", "[]", '{"errors": 3}', '{"errors": ["x"]}'])
def test_an_answer_that_is_not_sendgrids_is_told_by_its_status_alone(body: str) -> None:
    assert error_of(Answer(status=502, headers={}, body=body)) == "SendGrid answered 502"


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    assert wait_of(Answer(status=503, headers={"retry-after": "12"}), NOW) == timedelta(seconds=12)
    dated = {"retry-after": "Thu, 30 Apr 2026 10:00:30 GMT"}
    assert wait_of(Answer(status=503, headers=dated), NOW) == timedelta(seconds=30)


def test_the_rate_limits_reset_counts_only_when_the_limit_was_hit() -> None:
    headers = {"x-ratelimit-reset": str(int(NOW.timestamp()) + 40)}
    assert wait_of(Answer(status=429, headers=headers), NOW) == timedelta(seconds=40)
    assert wait_of(Answer(status=400, headers=headers), NOW) is None


@pytest.mark.parametrize("value", ["soon", "", "-1", "2999-01-01", f"Thu, 30 Apr 2026 10:00:30 +{'9' * 20}"])
def test_a_wish_that_cannot_be_read_is_no_wish(value: str) -> None:
    assert wait_of(Answer(status=429, headers={"retry-after": value, "x-ratelimit-reset": value}), NOW) is None


def test_a_wait_is_never_negative_nor_longer_than_an_hour() -> None:
    past = {"x-ratelimit-reset": str(int(NOW.timestamp()) - 40)}
    assert wait_of(Answer(status=429, headers=past), NOW) == timedelta(0)
    assert wait_of(Answer(status=429, headers={"retry-after": "99999999999999"}), NOW) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("status", "health"),
    [
        *((each, Health.UP) for each in (202, 400, 403, 413, 429)),
        *((each, Health.REFUSES) for each in (302, 401, 402, 404, 405, 407)),
        *((each, Health.DOWN) for each in (408, 500, 502, 503)),
    ],
)
def test_each_status_tells_how_sendgrid_and_the_key_do(status: int, health: Health) -> None:
    assert health_of(Answer(status=status, headers={}, body=SENDGRIDS)) is health


def _limited(status: int = 202, **headers: str) -> Limit | None:
    return limit_of(
        Answer(status=status, headers={name.replace("_", "-"): told for name, told in headers.items()}), NOW
    )


def test_the_limit_is_read_from_every_answer_that_tells_it() -> None:
    reset = str(int(NOW.timestamp()) + 30)
    told = _limited(x_ratelimit_limit="500", x_ratelimit_remaining="499", x_ratelimit_reset=reset)
    assert told == Limit(remaining=499, renews_in=timedelta(seconds=30), allowed=500)


def test_a_429_says_that_nothing_is_left() -> None:
    assert _limited(429, retry_after="7") == Limit(remaining=0, renews_in=timedelta(seconds=7))
    assert _limited(429) == Limit(remaining=0, renews_in=UNTOLD_WAIT)


@pytest.mark.parametrize("reset", ["", "soon", "-5", "1", "²"])
def test_a_limit_that_makes_no_sense_is_no_limit(reset: str) -> None:
    told = _limited(x_ratelimit_remaining="5", x_ratelimit_reset=reset)
    assert told in (None, Limit(remaining=5, renews_in=timedelta(seconds=1)))
