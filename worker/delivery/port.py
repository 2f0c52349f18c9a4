"""What a provider is to dispatch: mails in, outcomes out as they arrive."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from schedules.records import record

NO_MESSAGE = UUID(int=0)
"""Stands for the message of a mail that belongs to none: `send-test`."""
MESSAGE_HEADER = "X-Postpurchase-Message"
"""Says whose mail it is, as the Message-ID does, which some servers overwrite (Amazon SES does)."""
TEST_HEADER = "X-Postpurchase-Test"
"""Marks mails of test mode, which go to a tester and not to their customer."""


@record
class OutgoingMail:
    """One rendered mail with its addresses. `headers` are complete (List-Unsubscribe … included)."""

    message_id: UUID
    attempt_id: UUID
    shop: str
    stream: str
    sender_name: str
    sender: str
    reply_to: str
    to: str
    subject: str
    preview: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    api_key: str | None = None  # the stream's own key, when it has one


class Verdict(StrEnum):
    ACCEPTED = "accepted"  # the provider has it
    RETRY = "retry"  # it certainly has not got it, and may take it later
    REFUSED = "refused"  # it certainly has not got it and never will
    UNKNOWN = "unknown"  # we cannot tell


class Health(StrEnum):
    """What an attempt tells of the provider itself, apart from its mail."""

    UP = "up"  # it answers
    DOWN = "down"  # no connection, no answer, or an error of its own
    REFUSES = "refuses"  # it turns away every mail that goes out with this key
    UNTOLD = "untold"  # nothing


@record
class Limit:
    """What the provider lets through with one key. `renews_in`: how long until it counts anew."""

    remaining: int
    renews_in: timedelta
    allowed: int | None = None


@record
class Outcome:
    """The answer to one attempt. `error` is safe to log and show: no body, no address.

    Of the provider's words NUL and lone surrogates are taken out: a database that refuses them would lose the answer.
    """

    attempt_id: UUID
    verdict: Verdict
    receipt: str = ""
    error: str = ""
    retry_after: timedelta | None = None
    health: Health = Health.UNTOLD
    limit: Limit | None = None

    def __post_init__(self) -> None:
        for name in ("receipt", "error"):
            words: str = getattr(self, name)
            if not words.isprintable():
                cleaned = words.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
                object.__setattr__(self, name, cleaned)


class Provider(Protocol):
    """A place mails are handed to. Thread-safe."""

    name: str
    connections: int
    """How many mails it takes at once; dispatch marks no more than these `attempting`."""
    can_reconcile: bool
    """Whether evidence about unknown attempts can arrive later (events)."""

    def account(self, api_key: str | None) -> str:
        """Names the key that a mail goes out with, and never tells it; empty where the provider cannot fail by itself.

        `api_key`: the stream's own; None: the installation's.
        """
        ...

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterable[Outcome]:
        """Hands the mails over; one outcome per mail, in the order they arrive. Never raises for one mail.

        `Arrivals` also tells which arrived together.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class Remembers(Protocol):
    """A provider that can always say what it was given, so that no attempt stays unknown."""

    def has(self, attempt_id: UUID) -> bool:
        """Whether the mail of this attempt reached it."""
        ...
