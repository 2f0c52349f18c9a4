"""Rows that the gate judges by, as plain tuples: a batch of mails reads hundreds, twice, and changes none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.store.many import given_among, once, per_pair, rows_for, rows_of
from worker.store.models import CustomerRow, Message, OrderRow, Pause, Shop, Suppression
from worker.store.models.messages import COUNTED

MEMORY = timedelta(days=730)
"""How far back sent mails are remembered: for caps, and to see who has looked at none for long."""

Person = tuple[UUID, str]
"""Shop and address, lower case."""


class SeenOrder(NamedTuple):
    """The fields of `OrderRow` that the gate looks at, and what is known of its person. Without its facts it tells only
    whether anything changed; the other orders of a person tell only their versions.

    `consent`, `orders_count`, `customer_version`: of the `CustomerRow`; None: there is none. `scopes`: of what is held
    against the address, one after the other with commas between.
    """

    id: UUID
    shop_id: UUID
    address: str | None
    version: int
    hold: str | None = None
    consent: str | None = None
    orders_count: int | None = None
    customer_version: int | None = None
    scopes: str | None = None
    external_id: str = ""
    facts: dict[str, Any] = {}  # noqa: RUF012 - never written to
    pinned: dict[str, Any] = {}  # noqa: RUF012 - never written to

    @property
    def person(self) -> Person:
        """An address that is empty stands for nobody."""
        return self.shop_id, self.address or ""

    @property
    def suppressed(self) -> frozenset[str]:
        """Scopes held against the address."""
        return frozenset(self.scopes.split(",")) if self.scopes else frozenset()


@dataclass
class SeenShop:
    """The fields of `Shop`. `pauses`: what stops its mails, by step (empty: the whole shop, which comes first)."""

    stored: dict[str, Any]
    stream_keys: dict[str, Any]
    uninstalled_at: datetime | None
    pauses: dict[str, str] = field(default_factory=dict)

    @cached_property
    def profile(self) -> ShopProfile:
        """Raises pydantic.ValidationError: what is stored cannot be read."""
        return ShopProfile.model_validate(self.stored)

    @cached_property
    def printed(self) -> str:
        """The profile as one text, to compare."""
        return repr(self.stored)

    def pauses_of(self, step: str) -> dict[str, str]:
        """Those that stop a step's mails: step -> reason."""
        return {name: reason for name, reason in self.pauses.items() if name in ("", step)}


class SentMail(NamedTuple):
    """A mail that counts for caps and may have reached its person. `counts_clicks`: a click in it would be known."""

    shop_id: UUID
    address: str
    id: UUID
    stream: str
    has_offer: bool
    at: datetime
    counts_clicks: bool

    @property
    def may_be_passed_over(self) -> bool:
        """Whether silence after it tells something."""
        return self.stream == "marketing" and self.counts_clicks


_SCOPES = select(func.aggregate_strings(Suppression.scope, ",")).where(
    Suppression.shop_id == OrderRow.shop_id, Suppression.address == OrderRow.address
)
VERSION = (OrderRow.id, OrderRow.shop_id, OrderRow.address, OrderRow.version)
PERSON = (CustomerRow.consent, CustomerRow.orders_count, CustomerRow.version, _SCOPES.scalar_subquery())
CONTENT = (OrderRow.external_id, OrderRow.facts, OrderRow.pinned)
SHOP = (Shop.id, Shop.profile, Shop.stream_keys, Shop.uninstalled_at)


def seen_orders(session: Session, ids: Iterable[UUID], *, with_facts: bool) -> dict[UUID, SeenOrder]:
    """Orders by their ids."""
    wanted = {"ids": list(ids)}
    if not wanted["ids"]:
        return {}
    rows = rows_of(session, (_orders if with_facts else _versions)(session), wanted).all()
    return {row.id: row for row in starmap(SeenOrder, rows)}


def other_orders(session: Session, people: Iterable[Person], but_not: Iterable[UUID]) -> Iterator[SeenOrder]:
    """The orders of these people, without those of these ids, and without their facts."""
    return starmap(SeenOrder, rows_for(session, _other_orders(session), people, ids=list(but_not)))


def seen_shops(session: Session, ids: Iterable[UUID]) -> dict[UUID, SeenShop]:
    """Shops by their ids."""
    found: dict[UUID, SeenShop] = {}
    for row in rows_of(session, _shops(session), {"ids": list(ids)}):
        if row.id not in found:
            found[row.id] = SeenShop(row.profile, row.stream_keys, row.uninstalled_at)
        if row.step is not None:
            found[row.id].pauses[row.step] = row.reason or _pause_words(row.step)
    return found


def _pause_words(step: str) -> str:
    return f"the step {step} is paused" if step else "the shop is paused"


def sent_mails(session: Session, people: Iterable[Person], now: datetime) -> Iterator[SentMail]:
    """Mails that count for caps and may have reached these people, in no order."""
    query = _mails(session)
    return starmap(SentMail, rows_for(session, query, people, since=now - MEMORY))


@once
def _orders(session: Session) -> Select[*tuple[Any, ...]]:
    return _with_person(session, *CONTENT)


@once
def _versions(session: Session) -> Select[*tuple[Any, ...]]:
    return _with_person(session)


def _with_person(session: Session, *content: Any) -> Select[*tuple[Any, ...]]:
    theirs = (CustomerRow.shop_id == OrderRow.shop_id) & (CustomerRow.address == OrderRow.address)
    query = select(*VERSION, OrderRow.hold, *PERSON, *content).outerjoin(CustomerRow, theirs)
    return query.where(given_among(session, OrderRow.id, "ids"))


@once
def _other_orders(session: Session) -> Select[*tuple[Any, ...]]:
    others = select(*VERSION).where(not_(given_among(session, OrderRow.id, "ids")))
    return per_pair(session, others, OrderRow.shop_id, OrderRow.address)


@once
def _shops(session: Session) -> Select[*tuple[Any, ...]]:
    paused = select(*SHOP, Pause.step, Pause.reason).outerjoin(Pause, Pause.shop_id == Shop.id)
    return paused.where(given_among(session, Shop.id, "ids")).order_by(Pause.step)


@once
def _mails(session: Session) -> Select[*tuple[Any, ...]]:
    """With the very words of `ix_message_counted`: by any other index a shop's whole past may be read for a person."""
    at = func.coalesce(Message.accepted_at, Message.updated_at, type_=Message.updated_at.type)
    states: list[Any] = [literal_column(f"'{state.value}'") for state in COUNTED]
    capped = or_(Message.stream == literal_column("'marketing'"), Message.has_offer)
    seen = (Message.id, Message.stream, Message.has_offer, at, Message.counts_clicks)
    query = select(Message.shop_id, Message.address, *seen).where(capped, Message.state.in_(states))
    remembered = query.where(at > bindparam("since", type_=Message.updated_at.type))
    return per_pair(session, remembered, Message.shop_id, Message.address)
