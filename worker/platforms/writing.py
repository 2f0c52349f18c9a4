"""The port through which a person's refusal is written back to their shop. Writing the same twice changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from schedules.facts import ConsentState


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a shop's API is reached. `key`: what its key file held; `options`: the source's."""

    url: str
    key: str
    options: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom a consent is about, in the platform's ids; a guest has orders (newest first) but no customer."""

    customer_id: str | None
    order_ids: tuple[str, ...] = ()


class Result(StrEnum):
    WRITTEN = "written"
    LATER = "later"  # the shop cannot take it now: this one and all others wait
    NEVER = "never"  # the shop understood and refuses, or there is nobody to write it to


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of one try. `note` is safe to log and show. `needs_person`: it waits for somebody to mend it."""

    result: Result
    note: str = ""
    retry_after: timedelta | None = None
    needs_person: bool = False


UNOPENED = Written(result=Result.LATER, note="the API key cannot be opened: set it again", needs_person=True)
"""Where the secret key is not the one that the shop's key was sealed with."""


class ConsentWriter(Protocol):
    """One platform's way to change a customer's consent. Stateless."""

    kind: str

    def missing(self, options: Mapping[str, Any]) -> str:
        """What the source still lacks before anything can be written, as a sentence; empty: nothing."""
        ...

    def key_fault(self, key: str) -> str:
        """Why this cannot be a key of the platform's API, as a sentence; empty: it can."""
        ...

    def write(self, access: Access, person: Person, consent: ConsentState, at: datetime) -> Written:
        """Writes SUBSCRIBED or UNSUBSCRIBED, said at this time. Never raises for what a shop or a network does."""
        ...
