"""What SendGrid's answers mean for an attempt.

Source: SendGrid's v3 mail/send reference and its error and rate-limit pages. It has no idempotency key, so an answer
that leaves it open whether the mail was queued counts as unknown.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from worker.delivery.port import Health, Limit, Verdict

ACCEPTED = 202
OUR_FAULT = frozenset({401, 403, 404, 405})
"""The key or the base URL is wrong: no message's fault, so messages wait for whoever mends it."""
MAY_PASS = frozenset({408, 429, 503})
KEY_REFUSED = frozenset({401, 404, 405})
"""Every mail with this key and URL is turned away. Not 403: that may be one sender that is not verified."""
LONGEST_WAIT = timedelta(hours=1)
UNTOLD_WAIT = timedelta(seconds=10)
"""After a 429 that does not say how long to wait."""
FIRST_UNIX_TIME = 100_000_000
"""A smaller X-RateLimit-Reset counts seconds, as some proxies and simulators tell it."""
LONGEST_ERROR = 240

_ADDRESS = re.compile(r"[^\s\"'<>:]+@[^\s\"'<>]+")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer. Header names are lower case, or found whatever their case; `body` is what was read of it."""

    status: int
    headers: Mapping[str, str]
    body: str = ""


def verdict_of(status: int) -> Verdict:
    """What became of the mail, by status."""
    if status == ACCEPTED:
        return Verdict.ACCEPTED
    if status in MAY_PASS or status in OUR_FAULT or 300 <= status < 400:
        return Verdict.RETRY
    return Verdict.REFUSED if 400 <= status < 500 else Verdict.UNKNOWN


def is_alarming(status: int) -> bool:
    """Whether a person must mend something before any mail can go."""
    return status in OUR_FAULT or 300 <= status < 400


def health_of(status: int) -> Health:
    """What an answer tells of SendGrid and the key, apart from the mail."""
    if status in KEY_REFUSED or 300 <= status < 400:
        return Health.REFUSES
    return Health.DOWN if status == 408 or status >= 500 else Health.UP


def limit_of(answer: Answer, now: datetime) -> Limit | None:
    """How many more mails this key may send until when; None: the answer does not say. A 429 says: none."""
    remaining, allowed = (_number(answer.headers.get(f"x-ratelimit-{name}", "")) for name in ("remaining", "limit"))
    if answer.status == 429:
        return Limit(remaining=0, renews_in=wait_of(answer, now) or UNTOLD_WAIT, allowed=allowed)
    renews_in = _until_reset(answer.headers.get("x-ratelimit-reset", ""), now)
    if remaining is None or renews_in is None or renews_in <= timedelta(0):
        return None
    return Limit(remaining=remaining, renews_in=min(renews_in, LONGEST_WAIT), allowed=allowed)


def error_of(answer: Answer) -> str:
    """The answer in a line that is safe to show: SendGrid's own words, addresses masked."""
    texts = [text for text in _errors(answer.body) if text]
    line = f"SendGrid answered {answer.status}" + (f": {'; '.join(texts)}" if texts else "")
    return _ADDRESS.sub("…@…", line)[:LONGEST_ERROR]


def wait_of(answer: Answer, now: datetime) -> timedelta | None:
    """How long SendGrid asks us to wait: Retry-After, else X-RateLimit-Reset (a Unix time) of a 429."""
    asked = _retry_after(answer.headers.get("retry-after", ""), now)
    if asked is None and answer.status == 429:
        asked = _until_reset(answer.headers.get("x-ratelimit-reset", ""), now)
    if asked is None:
        return None
    return min(max(asked, timedelta(0)), LONGEST_WAIT)


def _errors(body: str) -> list[str]:
    try:
        entries = json.loads(body)["errors"]
        return [f"{entry.get('message', '')} ({entry.get('field') or 'no field'})" for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # a proxy's page, or nothing: the status alone must do


def _retry_after(value: str, now: datetime) -> timedelta | None:
    seconds = _number(value)
    if seconds is not None:
        return timedelta(seconds=min(seconds, 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def _until_reset(value: str, now: datetime) -> timedelta | None:
    moment = _number(value)
    if moment is None:
        return None
    return timedelta(seconds=moment if moment < FIRST_UNIX_TIME else moment - now.timestamp())


def _number(value: str) -> int | None:
    return int(value.strip()[:12]) if value.strip().isascii() and value.strip().isdigit() else None
