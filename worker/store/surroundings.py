"""The rows around a batch of messages: orders, people, what holds them back, what they got. One query a kind."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, load_only
from sqlalchemy.sql.base import ExecutableOption

from schedules.lifecycle import State
from schedules.segments import RESTS_AFTER, is_resting
from worker.store.many import are_among, is_among
from worker.store.models import CustomerRow, Message, OrderRow, Pause, Shop, Suppression
from worker.store.signs import last_signs

MEMORY = timedelta(days=730)
"""How far back sent mails are remembered: for caps, and to see who has looked at none for long."""
VERSIONS = (OrderRow.id, OrderRow.shop_id, OrderRow.address, OrderRow.version, OrderRow.hold)
MOST_ORDERS = 500
"""Newest orders of one person that are looked at; more than a person places."""

COUNTED = (State.ATTEMPTING, State.UNKNOWN, State.ABANDONED, State.ACCEPTED, State.DELIVERED)
"""States in which a mail reached the person, or may have."""

Person = tuple[UUID, str]
"""Shop and address, lower case."""
Row = TypeVar("Row", OrderRow, Shop)


@dataclass(frozen=True)
class SentMail:
    """A mail that counts for caps and may have reached its person. `counts_clicks`: a click in it would be known."""

    id: UUID
    stream: str
    has_offer: bool
    at: datetime
    counts_clicks: bool

    @property
    def may_be_passed_over(self) -> bool:
        """Whether silence after it tells something."""
        return self.stream == "marketing" and self.counts_clicks


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What was read around a batch, by order, shop and person."""

    orders: dict[UUID, OrderRow]
    shops: dict[UUID, Shop]
    customers: dict[Person, CustomerRow]
    scopes: dict[Person, frozenset[str]]
    pauses: dict[UUID, list[Pause]]
    mails: dict[Person, list[SentMail]]
    orders_of: dict[Person, list[OrderRow]]
    signs: dict[Person, datetime] = field(default_factory=dict)
    _printed: dict[UUID, str] = field(default_factory=dict)

    def customer(self, order: OrderRow) -> CustomerRow | None:
        return self.customers.get(person_of(order))

    def suppressed(self, order: OrderRow) -> frozenset[str]:
        return self.scopes.get(person_of(order), frozenset())

    def pauses_of(self, message: Message) -> dict[str, str]:
        """Pauses that stop this message: step (empty: the whole shop) -> reason."""
        mine = [pause for pause in self.pauses.get(message.shop_id, ()) if pause.step in ("", message.step)]
        return {pause.step: pause.reason or _pause_words(pause.step) for pause in mine}

    def other_mails(self, message: Message) -> list[SentMail]:
        """Oldest first; the message itself does not count."""
        sent = self.mails.get(person_of(self.orders[message.order_id]), ())
        return [mail for mail in sent if mail.id != message.id]

    def is_resting(self, message: Message) -> bool:
        """Whether the person has long given no sign of looking at marketing mails."""
        sent = [mail.at for mail in self.other_mails(message) if mail.may_be_passed_over]
        return is_resting(sent, self.signs.get(person_of(self.orders[message.order_id])))

    def others(self, order: OrderRow) -> tuple[OrderRow, ...]:
        """The person's other orders, newest first."""
        return tuple(each for each in self.orders_of.get(person_of(order), ()) if each.id != order.id)

    def printed(self, shop: Shop) -> str:
        """The shop's profile as one text, to compare."""
        if shop.id not in self._printed:
            self._printed[shop.id] = repr(shop.profile)
        return self._printed[shop.id]


def read_surroundings(
    session: Session, messages: Sequence[Message], now: datetime, *, with_facts: bool = True
) -> Surroundings:
    """Reads anew whatever the session already holds. `now` is business time.

    Without facts the orders tell only whose they are and of which version: enough to see whether they changed.
    """
    how = () if with_facts else (load_only(*VERSIONS),)
    orders = _by_id(session, OrderRow, {message.order_id for message in messages}, *how)
    shops = _by_id(session, Shop, {message.shop_id for message in messages})
    people = sorted({person_of(order) for order in orders.values() if order.address is not None})
    mails = _mails(session, people, now)
    return Surroundings(
        orders=orders,
        shops=shops,
        customers=_customers(session, people),
        scopes=_scopes(session, people),
        pauses=_pauses(session, shops),
        mails=mails,
        orders_of=_orders_of(session, people, orders, *how),
        signs=_signs(session, mails) if with_facts else {},
    )


def person_of(order: OrderRow) -> Person:
    """The order's person; an address that is empty stands for nobody."""
    return order.shop_id, order.address or ""


def _by_id(session: Session, model: type[Row], ids: Collection[UUID], *how: ExecutableOption) -> dict[UUID, Row]:
    if not ids:
        return {}
    query = select(model).where(is_among(session, model.id, ids)).options(*how)
    return {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}


def _customers(session: Session, people: Sequence[Person]) -> dict[Person, CustomerRow]:
    query = select(CustomerRow).where(are_among(session, CustomerRow.shop_id, CustomerRow.address, people))
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {(row.shop_id, row.address): row for row in rows}


def _scopes(session: Session, people: Sequence[Person]) -> dict[Person, frozenset[str]]:
    mine = are_among(session, Suppression.shop_id, Suppression.address, people)
    found: dict[Person, set[str]] = defaultdict(set)
    for shop_id, address, scope in session.execute(
        select(Suppression.shop_id, Suppression.address, Suppression.scope).where(mine)
    ):
        found[shop_id, address].add(scope)
    return {person: frozenset(scopes) for person, scopes in found.items()}


def _pauses(session: Session, shop_ids: Iterable[UUID]) -> dict[UUID, list[Pause]]:
    found: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in session.scalars(select(Pause).where(is_among(session, Pause.shop_id, shop_ids)).order_by(Pause.step)):
        found[pause.shop_id].append(pause)
    return found


def _pause_words(step: str) -> str:
    return f"the step {step} is paused" if step else "the shop is paused"


def _mails(session: Session, people: Sequence[Person], now: datetime) -> dict[Person, list[SentMail]]:
    """Mails that count for caps and may have reached these people, oldest first."""
    at = func.coalesce(Message.accepted_at, Message.updated_at, type_=Message.updated_at.type)
    capped = or_(Message.stream == "marketing", Message.has_offer)
    counted = (capped, Message.state.in_(COUNTED), at > now - MEMORY)
    columns = (
        Message.shop_id,
        Message.address,
        Message.id,
        Message.stream,
        Message.has_offer,
        at,
        Message.counts_clicks,
    )
    mine = are_among(session, Message.shop_id, Message.address, people)
    query = select(*columns).where(mine, *counted).order_by(at)
    found: dict[Person, list[SentMail]] = defaultdict(list)
    for shop_id, address, message_id, stream, has_offer, sent_at, counts_clicks in session.execute(query):
        found[shop_id, address or ""].append(SentMail(message_id, stream, has_offer, sent_at, counts_clicks))
    return found


def _signs(session: Session, mails: dict[Person, list[SentMail]]) -> dict[Person, datetime]:
    """The last sign of each person who had enough marketing mails for it to matter."""

    def is_many(sent: Sequence[SentMail]) -> bool:
        return sum(mail.may_be_passed_over for mail in sent) >= RESTS_AFTER

    return last_signs(session, [person for person, sent in mails.items() if is_many(sent)])


def _orders_of(
    session: Session, people: Sequence[Person], known: dict[UUID, OrderRow], *how: ExecutableOption
) -> dict[Person, list[OrderRow]]:
    """The newest orders of these people, newest first; those that are known are not read twice.

    An address of the shop's own, for orders taken by phone, may have thousands.
    """
    mine = are_among(session, OrderRow.shop_id, OrderRow.address, people)
    ids: dict[Person, list[UUID]] = defaultdict(list)
    for shop_id, address, order_id in session.execute(
        select(OrderRow.shop_id, OrderRow.address, OrderRow.id).where(mine)
    ):
        ids[shop_id, address or ""].append(order_id)
    newest = {person: sorted(theirs, reverse=True)[:MOST_ORDERS] for person, theirs in ids.items()}
    unread = [each for theirs in newest.values() for each in theirs if each not in known]
    every = known | _by_id(session, OrderRow, unread, *how)
    return {person: [every[each] for each in theirs if each in every] for person, theirs in newest.items()}
