"""Rows that the gate judges by, as plain tuples: a batch of mails reads hundreds, twice, and changes none."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import Session

from worker.store.many import given_among, given_pairs, once, per_pair, rows_for, rows_of
from worker.store.models import CustomerRow, Message, OrderRow, Pause, Shop, Suppression
from worker.store.models.messages import COUNTED

MEMORY = timedelta(days=730)
"""How far back sent mails are remembered: for caps, and to see who has looked at none for long."""

Person = tuple[UUID, str]
"""Shop and address, lower case."""


class SeenOrder(NamedTuple):
    """The fields of `OrderRow` that the gate looks at; without its facts it tells only whether it changed."""

    id: UUID
    shop_id: UUID
    address: str | None
    version: int
    hold: str | None
    external_id: str = ""
    placed_at: datetime | None = None
    facts: dict[str, Any] = {}  # noqa: RUF012 - never written to
    pinned: dict[str, Any] = {}  # noqa: RUF012 - never written to

    @property
    def person(self) -> Person:
        """An address that is empty stands for nobody."""
        return self.shop_id, self.address or ""


class SeenShop(NamedTuple):
    """The fields of `Shop`."""

    id: UUID
    profile: dict[str, Any]
    stream_keys: dict[str, Any]
    uninstalled_at: datetime | None


class SeenCustomer(NamedTuple):
    """The fields of `CustomerRow`."""

    shop_id: UUID
    address: str
    consent: str
    orders_count: int | None
    version: int


class SeenPause(NamedTuple):
    """The fields of `Pause`. `step` empty: the whole shop."""

    shop_id: UUID
    step: str
    reason: str


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


ORDER = tuple(getattr(OrderRow, name) for name in SeenOrder._fields)
VERSION = ORDER[: SeenOrder._fields.index("external_id")]
SHOP = tuple(getattr(Shop, name) for name in SeenShop._fields)
CUSTOMER = tuple(getattr(CustomerRow, name) for name in SeenCustomer._fields)
PAUSE = tuple(getattr(Pause, name) for name in SeenPause._fields)


def seen_orders(session: Session, ids: Iterable[UUID], *, with_facts: bool) -> dict[UUID, SeenOrder]:
    """Orders by their ids."""
    wanted = {"ids": list(ids)}
    if not wanted["ids"]:
        return {}
    rows = rows_of(session, (_orders if with_facts else _versions)(session), wanted)
    return {row.id: row for row in starmap(SeenOrder, rows)}


def orders_of_people(session: Session, people: Iterable[Person]) -> Iterator[SeenOrder]:
    """The orders of these people, without their facts."""
    return starmap(SeenOrder, rows_for(session, _orders_of_people(session), people))


def seen_shops(session: Session, ids: Iterable[UUID]) -> dict[UUID, SeenShop]:
    """Shops by their ids."""
    return {row.id: row for row in starmap(SeenShop, rows_of(session, _shops(session), {"ids": list(ids)}))}


def seen_pauses(session: Session, shop_ids: Iterable[UUID]) -> list[SeenPause]:
    """What stops mails of these shops; that of a whole shop before those of its steps."""
    return list(starmap(SeenPause, rows_of(session, _pauses(session), {"ids": list(shop_ids)})))


def seen_customers(session: Session, people: Iterable[Person]) -> dict[Person, SeenCustomer]:
    """What is known of these people."""
    rows = starmap(SeenCustomer, rows_for(session, _customers(session), people))
    return {(row.shop_id, row.address): row for row in rows}


def scopes_against(session: Session, people: Iterable[Person]) -> list[tuple[UUID, str, str]]:
    """Shop, address and scope of what is held against these people."""
    return rows_for(session, _suppressions(session), people)


def sent_mails(session: Session, people: Iterable[Person], now: datetime) -> Iterator[SentMail]:
    """Mails that count for caps and may have reached these people, in no order."""
    query = _mails(session)
    return starmap(SentMail, rows_for(session, query, people, since=now - MEMORY))


@once
def _orders(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*ORDER).where(given_among(session, OrderRow.id, "ids"))


@once
def _versions(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*VERSION).where(given_among(session, OrderRow.id, "ids"))


@once
def _orders_of_people(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*VERSION).where(given_pairs(session, OrderRow.shop_id, OrderRow.address))


@once
def _shops(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*SHOP).where(given_among(session, Shop.id, "ids"))


@once
def _pauses(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*PAUSE).where(given_among(session, Pause.shop_id, "ids")).order_by(Pause.step)


@once
def _customers(session: Session) -> Select[*tuple[Any, ...]]:
    return select(*CUSTOMER).where(given_pairs(session, CustomerRow.shop_id, CustomerRow.address))


@once
def _suppressions(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (Suppression.shop_id, Suppression.address, Suppression.scope)
    return select(*columns).where(given_pairs(session, Suppression.shop_id, Suppression.address))


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
