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

from worker.delivery.port import Verdict

ACCEPTED = 202
OUR_FAULT = frozenset({401, 403, 404, 405})
"""The key or the base URL is wrong: no message's fault, so messages wait for whoever mends it."""
MAY_PASS = frozenset({408, 429, 503})
LONGEST_WAIT = timedelta(hours=1)
LONGEST_ERROR = 240

_ADDRESS = re.compile(r"[^\s\"'<>:]+@[^\s\"'<>]+")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer. Header names are lower case; `body` is what was read of it."""

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
    if value.strip().isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def _until_reset(value: str, now: datetime) -> timedelta | None:
    return timedelta(seconds=int(value[:12]) - now.timestamp()) if value.strip().isdigit() else None
