"""The port through which discount codes are made in shops. Doing the same twice changes nothing and makes no second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from schedules.codes import CodeKind
from worker.platforms.writing import Access, Result, Written


@dataclass(frozen=True, kw_only=True)
class CodeTerms:
    """What a shop is to know of one code: usable once, by one person.

    `title` marks it as ours in the shop. `value`: percent, or an amount of `currency`. `only`: product ids that it is
    for; empty: `collection` (a platform's id), else everything but `excluded`. `email`: whose it is.
    """

    code: str
    title: str
    kind: CodeKind
    value: Decimal
    currency: str
    minimum: Decimal | None
    starts_at: datetime
    ends_at: datetime
    email: str = ""
    only: tuple[str, ...] = ()
    collection: str = ""
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Told(Written):
    """What became of one try.

    `is_taken`: the shop has a code of this text that is not ours. `is_used`: it was redeemed. `is_gone`: the shop had
    it, and somebody deleted or ended it there.
    """

    is_taken: bool = False
    is_used: bool = False
    is_gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Existing:
    """What says of a code in a shop whether it is ours and still good. `title`: as in its terms, if it is ours."""

    title: str
    ends_at: datetime | None
    is_used: bool


CENT = Decimal("0.01")
GONE = Told(result=Result.NEVER, note="somebody deleted it in the shop", is_gone=True)
NOT_THERE = Told(result=Result.WRITTEN, note="the shop does not have it")
TAKEN = Told(result=Result.NEVER, note="the shop has another code of this text", is_taken=True)


class CodeMaker(Protocol):
    """One platform's way to make, change and take back a code. Stateless; never raises for what a shop does."""

    kind: str
    names_owner: bool
    """Whether the shop keeps the address of a code's owner beside it."""
    takes_exclusions: bool
    """Whether the shop is told which products a code is not for."""

    def put(self, access: Access, terms: CodeTerms, told: Mapping[str, Any]) -> Told:
        """Looks whether the shop has the code, makes it if not, and brings it up to these terms.

        `told`: what the shop confirmed before (see `confirmed`); empty: nothing yet.
        """
        ...

    def take_back(self, access: Access, terms: CodeTerms) -> Told:
        """Deletes it, if it is there and ours; `is_used` when it had been redeemed."""
        ...

    def fault(self, access: Access) -> str:
        """Why codes cannot be made with this key, as a sentence with a remedy; empty: they can."""
        ...


def as_told(written: Written) -> Told:
    return Told(
        result=written.result,
        note=written.note,
        retry_after=written.retry_after,
        needs_person=written.needs_person,
    )


def why_not_changed(found: Existing, terms: CodeTerms, told: Mapping[str, Any]) -> Told | None:
    """What keeps a code from being brought up to its terms; None: nothing. `told`: as for `put`."""
    if found.is_used:
        return Told(result=Result.WRITTEN, is_used=True)
    if not told and found.title != terms.title:
        return TAKEN
    if _ended_early(told, found.ends_at):
        return Told(result=Result.NEVER, note="somebody ended it in the shop", is_gone=True)
    return None


def why_not_deleted(found: Existing, terms: CodeTerms) -> Told | None:
    """What keeps a code from being deleted; None: nothing."""
    if found.title != terms.title:
        return NOT_THERE
    return Told(result=Result.WRITTEN, note="it had been used before", is_used=True) if found.is_used else None


def _ended_early(told: Mapping[str, Any], found: datetime | None) -> bool:
    """Whether the shop's code ends before the end that it confirmed: somebody ended it there."""
    confirmed = told.get("ends_at")
    return bool(confirmed) and found is not None and found < datetime.fromisoformat(str(confirmed))


def is_used(count: Any) -> bool:
    """Whether a platform's count of uses says that it was redeemed."""
    return str(count).isdecimal() and int(count) > 0


def utc(text: Any) -> datetime | None:
    """A time of a platform, with or without a zone (then UTC); None when it is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def plain(amount: Decimal) -> str:
    """An amount as both platforms want it: `24.00`; dinars have three digits after the point."""
    exact = amount.normalize()
    return f"{exact:f}" if exact != exact.quantize(CENT) else f"{amount:.2f}"
