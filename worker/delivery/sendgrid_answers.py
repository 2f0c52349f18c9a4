"""What SendGrid's answers mean for an attempt.

Source: SendGrid's v3 mail/send reference and its error and rate-limit pages. It has no idempotency key, so an answer
that leaves it open whether the mail was queued counts as unknown.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from worker.delivery.port import Health, Limit, Verdict
from worker.telemetry import without_addresses

ACCEPTED = 202
ABOUT_THE_MAIL = frozenset({400, 413, 422})
MAY_PASS = frozenset({408, 425, 429, 503})
SENDER_REFUSED = 403
"""Maybe one sender that is not verified, and no other mail's fault."""
OURS = ("from", "reply_to")
"""Fields of a mail that are the shop's, the same in every one."""
LONGEST_WAIT = timedelta(hours=1)
UNTOLD_WAIT = timedelta(seconds=10)
"""After a 429 that does not say how long to wait."""
FIRST_UNIX_TIME = 100_000_000
"""A smaller X-RateLimit-Reset counts seconds, as some proxies and simulators tell it."""
LONGEST_ERROR = 240
NOT_SENDGRIDS = (ValueError, KeyError, TypeError, RecursionError)
"""What a body provokes that is no object with errors."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer. Header names are lower case, or found whatever their case; `body` is what was read of it."""

    status: int
    headers: Mapping[str, str]
    body: str = ""


def verdict_of(answer: Answer) -> Verdict:
    """What became of the mail."""
    status = answer.status
    if status == ACCEPTED:
        return Verdict.ACCEPTED
    if status in MAY_PASS or 300 <= status < 400:
        return Verdict.RETRY
    if 400 <= status < 500:
        return Verdict.REFUSED if _is_about_the_mail(answer) else Verdict.RETRY
    return Verdict.UNKNOWN


def is_alarming(answer: Answer) -> bool:
    """Whether a person must mend something before any mail can go."""
    return verdict_of(answer) is Verdict.RETRY and answer.status not in MAY_PASS


def refuses_all(status: int) -> bool:
    """Whether every mail with this key and URL is turned away: the key, the account, or something in between."""
    is_ours = 300 <= status < 500 and status not in MAY_PASS
    return is_ours and status != SENDER_REFUSED and status not in ABOUT_THE_MAIL


def health_of(answer: Answer) -> Health:
    """What an answer tells of SendGrid and the key, apart from the mail."""
    if refuses_all(answer.status):
        return Health.REFUSES
    return Health.DOWN if answer.status == 408 or answer.status >= 500 else Health.UP


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
    return without_addresses(line)[:LONGEST_ERROR]


def wait_of(answer: Answer, now: datetime) -> timedelta | None:
    """How long SendGrid asks us to wait: Retry-After, else X-RateLimit-Reset (a Unix time) of a 429."""
    asked = _retry_after(answer.headers.get("retry-after", ""), now)
    if asked is None and answer.status == 429:
        asked = _until_reset(answer.headers.get("x-ratelimit-reset", ""), now)
    if asked is None:
        return None
    return min(max(asked, timedelta(0)), LONGEST_WAIT)


def _is_about_the_mail(answer: Answer) -> bool:
    """A 400 without SendGrid's list of errors is a proxy's, or broke off; one about the shop's sender is about all."""
    if answer.status != 400:
        return answer.status in ABOUT_THE_MAIL
    try:
        entries = json.loads(answer.body)["errors"]
        fields = [str(entry.get("field")) for entry in entries]
    except (*NOT_SENDGRIDS, AttributeError):
        return False
    return not fields or not all(field.startswith(OURS) for field in fields)


def _errors(body: str) -> list[str]:
    try:
        entries = json.loads(body)["errors"]
        return [f"{entry.get('message', '')} ({entry.get('field') or 'no field'})" for entry in entries]
    except (*NOT_SENDGRIDS, AttributeError):
        return []  # a proxy's page, or nothing: the status alone must do


def _retry_after(value: str, now: datetime) -> timedelta | None:
    seconds = _number(value)
    if seconds is not None:
        return timedelta(seconds=min(seconds, 86_400))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def _until_reset(value: str, now: datetime) -> timedelta | None:
    moment = _number(value)
    if moment is None:
        return None
    return timedelta(seconds=moment if moment < FIRST_UNIX_TIME else moment - now.timestamp())


def _number(value: str) -> int | None:
    return int(value.strip()[:12]) if value.strip().isascii() and value.strip().isdigit() else None
