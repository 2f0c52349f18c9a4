"""SendGrid's events in our words, by tables. Unknown kinds stay unknown, and are kept.

Source: SendGrid's "Event Webhook reference". Copies of one event are common and may differ in `sg_event_id`: what names
an event is our message, our attempt, its kind and its time.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from schedules.lifecycle import State
from worker.delivery.port import NO_MESSAGE
from worker.telemetry import without_addresses

ACCOUNT = "account_status_change"

STATES = {
    "processed": State.ACCEPTED,
    "deferred": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "bounce": State.BOUNCED,
    "dropped": State.DROPPED,
}
"""What a kind proves of the mail. Opens, clicks, complaints and refusals are events beside its state."""

REFUSALS = {
    "spamreport": ("all", "complaint"),
    "unsubscribe": ("marketing", "unsubscribed"),
    "group_unsubscribe": ("marketing", "unsubscribed"),
}
"""Scope and reason of what a person wants no more of; `marketing` holds offers in order mails too."""

DROPPED_FOR = (
    (re.compile(r"^bounced address|^invalid$", re.IGNORECASE), ("all", "hard_bounce")),
    (re.compile(r"^spam report", re.IGNORECASE), ("all", "complaint")),
    (re.compile(r"unsubscribed|asm group", re.IGNORECASE), ("marketing", "unsubscribed")),
)
"""Why SendGrid would not even try. Other reasons (quota, content, headers) say nothing of the person."""

PRIVATE = frozenset({"email", "ip", "useragent", "message", "attempt", "event", "timestamp", "to", "from", "url"})
LONGEST = 300
MILLISECONDS = 10**11
"""Unix times above this are told in milliseconds, as some of SendGrid's events do."""


@dataclass(frozen=True, kw_only=True)
class ToldEvent:
    """One event of a batch. `address` is whom it happened to; `words` and `details` hold no address.

    `suppresses`: scope and reason; `is_resubscribed`: an earlier refusal is taken back.
    """

    message_id: UUID
    attempt_id: UUID
    kind: str
    at: datetime
    state: State | None
    words: str
    address: str
    suppresses: tuple[str, str] | None = None
    is_resubscribed: bool = False
    receipt: str = ""
    provider: str = "sendgrid"
    details: dict[str, Any] = field(default_factory=dict)

    def without_words(self) -> "ToldEvent":
        """Only that it happened, and when."""
        return replace(self, words=self.words.partition(" (")[0], receipt="", details={})


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a body says. `foreign`: how many events are of mails that are not ours; `account`: news of the account."""

    events: tuple[ToldEvent, ...]
    foreign: int
    account: tuple[str, ...] = ()


def read_batch(body: bytes) -> Batch:
    """The events that name a message of ours.

    Raises:
        ValueError: the body is no JSON list or object.
    """
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("it nests too deep") from error
    if not isinstance(found, list | dict):
        raise ValueError("it is no list of events")
    entries = [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]
    told = [event for entry in entries if (event := read_event(entry)) is not None]
    news = tuple(scrubbed(entry.get("type")) for entry in entries if _kind(entry) == ACCOUNT)
    return Batch(events=tuple(told), foreign=len(entries) - len(told) - len(news), account=news)


def read_event(entry: Mapping[str, Any]) -> ToldEvent | None:
    """One event; None when it names no message of ours: an account may send other mails too."""
    message_id = _id(entry.get("message"))
    if message_id in (None, NO_MESSAGE):
        return None
    assert message_id is not None
    kind = _kind(entry)
    return ToldEvent(
        message_id=message_id,
        attempt_id=_id(entry.get("attempt")) or NO_MESSAGE,
        kind=kind,
        at=_moment(entry.get("timestamp")),
        state=STATES.get(kind),
        words=_words(kind, entry),
        address=_text(entry.get("email")).lower(),
        suppresses=suppresses(kind, entry),
        is_resubscribed=kind == "group_resubscribe",
        receipt=_text(entry.get("sg_message_id")).partition(".")[0],
        details=_details(entry),
    )


def scrubbed(value: Any) -> str:
    """A text of SendGrid's or a mailbox's, short and without addresses."""
    return without_addresses(" ".join(_text(value).split()))[:LONGEST]


def suppresses(kind: str, entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Scope and reason of what such an event keeps from its person; None: nothing. A block, or a bounce that may pass,
    is no reason never to write again.
    """
    if kind == "bounce":
        is_hard = _text(entry.get("type")).lower() != "blocked" and not _text(entry.get("status")).startswith("4")
        return ("all", "hard_bounce") if is_hard else None
    if kind == "dropped":
        reason = _text(entry.get("reason"))
        return next((meaning for pattern, meaning in DROPPED_FOR if pattern.search(reason)), None)
    return REFUSALS.get(kind)


def _words(kind: str, entry: Mapping[str, Any]) -> str:
    why = scrubbed(entry.get("reason") or entry.get("response"))
    return f"SendGrid says: {kind}" + (f" ({why})" if why else "")


def _details(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in entry.items():
        if name in PRIVATE or not isinstance(value, str | int | float | bool):
            continue
        if isinstance(value, float) and not isfinite(value):
            continue  # PostgreSQL's JSON knows no NaN
        kept[scrubbed(name)] = scrubbed(value) if isinstance(value, str) else value
    return kept


def _kind(entry: Mapping[str, Any]) -> str:
    return scrubbed(entry.get("event")).lower() or "unnamed"


def _id(value: Any) -> UUID | None:
    try:
        return UUID(_text(value))
    except ValueError:
        return None


def _moment(value: Any) -> datetime:
    """A Unix time, told as number or text; the epoch when it is neither."""
    try:
        number = float(_text(value) or 0)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _text(value: Any) -> str:
    """Text or a number as text that every database takes; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "").strip()
