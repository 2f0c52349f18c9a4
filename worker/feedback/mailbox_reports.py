"""What mailboxes write back about mails that went by SMTP: bounces (DSN, RFC 3464) and complaints (ARF, RFC 5965).

A report quotes the mail or its headers; our id in them names the message. Whatever names none is foreign: an
address for bounces gets much else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from uuid import UUID

from schedules.lifecycle import State
from worker.delivery.port import MESSAGE_HEADER, TEST_HEADER
from worker.feedback.sendgrid_events import ToldEvent, scrubbed
from worker.store.models.feedback import COMPLAINT

PROVIDER = "smtp"
LARGEST = 10 * 1024 * 1024
ID = "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
OURS = re.compile(rf"(?im)^(?:message-id:\s*<{ID}@[^>\s]+>|{MESSAGE_HEADER}:\s*{ID})\s*$")
BLANK = re.compile(r"\r?\n\r?\n")
TESTED = re.compile(rf"(?im)^{TEST_HEADER}:")
DATES = ("last-attempt-date", "arrival-date", "received-date")
"""What tells the time in the report itself, where the mail around it has no `Date`."""
UNTOLD = "5.0.0"
ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8"})
"""Among the codes about addresses (RFC 3463, 3.2)."""
ENHANCED = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])")
NO_SUCH = re.compile(
    r"no such (user|mailbox|recipient|address|person)|(user|recipient|mailbox|address|account) (is )?unknown|not found"
    r"|unknown (or illegal )?(user|recipient|mailbox|address|alias|account)|(does not|doesn't|not) exist"
    r"|invalid (recipient|mailbox|user)|unroute?able address|mailbox unavailable",
    re.IGNORECASE,
)
REPORTS = frozenset({"message/delivery-status", "message/feedback-report"})


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. `named`: the message, or its attempt in mails of earlier versions and of `send-test`.

    `address`: whom it is about, lower case; empty when it says nobody, and of complaints, whose mailboxes leave out or
    hash who complains (RFC 6590).
    """

    named: UUID
    kind: str
    at: datetime
    address: str
    words: str
    state: State | None
    suppresses: tuple[str, str] | None

    def told(self, message_id: UUID, attempt_id: UUID) -> ToldEvent:
        return ToldEvent(
            message_id=message_id,
            attempt_id=attempt_id,
            kind=self.kind,
            at=self.at,
            state=self.state,
            words=self.words,
            address=self.address,
            suppresses=self.suppresses,
            provider=PROVIDER,
        )


def read_report(raw: bytes) -> Report | None:
    """The report in a mail; None when it is none, or about a mail that is not ours.

    Raises:
        ValueError: the mail is larger than 10 MB.
    """
    if len(raw) > LARGEST:
        raise ValueError("larger than 10 MB")
    mail = BytesParser(policy=policy.compat32).parsebytes(raw)
    parts = list(mail.walk())
    quoted = list(_quoted(parts))
    named = next(_named(quoted), None)
    fields = next((_fields(part) for part in parts if part.get_content_type() in REPORTS), None)
    if named is None or fields is None:
        return None
    at = _date(str(mail.get("Date", "")), *(fields.get(name, "") for name in DATES))
    if "feedback-type" in fields:
        return _complaint(named, fields, at, is_test=any(map(TESTED.search, quoted)))
    return _report(named, fields, at)


def _report(named: UUID, fields: dict[str, str], at: datetime) -> Report | None:
    action, status = fields.get("action", "").lower(), fields.get("status", "")
    why = scrubbed(fields.get("diagnostic-code", "")) or status
    if action == "delivered":
        kind, state, stop = "delivered", State.DELIVERED, None
    elif action == "failed":
        stop = ("all", "hard_bounce") if _is_gone(status, fields.get("diagnostic-code", "")) else None
        kind, state = "bounce", State.BOUNCED
    elif action in ("delayed", "relayed", "expanded"):
        kind, state, stop = action, State.ACCEPTED, None
    else:
        return None
    words = f"the mailbox says: {kind}" + (f" ({why})" if why else "")
    address = _address(fields)
    return Report(named=named, kind=kind, at=at, address=address, words=words, state=state, suppresses=stop)


def _is_gone(status: str, said: str) -> bool:
    """Whether there is no such mailbox, domain or address.

    A server that calls every failure 5.0.0 (Exim) is taken at the code in the mailbox's answer, else at its words.
    """
    if status == UNTOLD:
        codes = ENHANCED.findall(said)
        if not codes:
            return NO_SUCH.search(said) is not None
        status = codes[0]
    return (status.startswith("5.1.") and status not in ABOUT_THE_SENDER) or status == "5.2.1"


def _complaint(named: UUID, fields: dict[str, str], at: datetime, *, is_test: bool) -> Report | None:
    """`is_test`: the mail went to a tester, who complains in no customer's name."""
    if fields["feedback-type"].lower() not in ("abuse", "fraud", "opt-out"):
        return None  # "not-spam" and the like ask for nothing
    return Report(
        named=named,
        kind=COMPLAINT,
        at=at,
        address="",
        words="the person reported it as spam",
        state=None,
        suppresses=None if is_test else ("all", "complaint"),
    )


def _quoted(parts: list[Message]) -> Iterator[str]:
    """The headers of the mail that the report is about; what else it quotes may quote others."""
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            yield from (BLANK.split(text.lstrip(), 1)[0] for text in _texts(part))


def _named(quoted: list[str]) -> Iterator[UUID]:
    """Our id in the quoted mail; never the report's own, nor what its sender answers to."""
    for text in quoted:
        yield from (UUID(found[1] or found[2]) for found in OURS.finditer(text))


def _texts(part: Message) -> Iterator[str]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (str(each) for each in payload)
    elif isinstance(payload, str):
        decoded = part.get_payload(decode=True)
        yield decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else payload


def _fields(part: Message) -> dict[str, str]:
    """The fields of a report, names in lower case; those about a recipient over those about the whole message."""
    payload = part.get_payload()
    blocks = payload if isinstance(payload, list) else [BytesParser().parsebytes(str(payload).encode())]
    found: dict[str, str] = {}
    for block in blocks:
        found |= {name.lower(): " ".join(str(value).split()) for name, value in getattr(block, "items", list)()}
    if "feedback-type" not in found and not isinstance(payload, list):
        found |= _fields_of_text(str(payload))
    return found


def _fields_of_text(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line and not line[:1].isspace())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _address(fields: dict[str, str]) -> str:
    told = fields.get("original-rcpt-to") or fields.get("original-recipient") or fields.get("final-recipient", "")
    return told.rpartition(";")[2].strip().strip("<>").lower()


def _date(*told: str) -> datetime:
    """When the report was written, by the first that is a date; else the epoch, so that a copy is known again."""
    for text in told:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            continue
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)
