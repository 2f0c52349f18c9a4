"""The rows around a batch of messages: orders, people, what holds them back, what they got. One query a kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.segments import RESTS_AFTER, is_resting
from worker.store.gate_rows import (
    Person,
    SeenCustomer,
    SeenOrder,
    SeenPause,
    SeenShop,
    SentMail,
    orders_of_people,
    scopes_against,
    seen_customers,
    seen_orders,
    seen_pauses,
    seen_shops,
    sent_mails,
)
from worker.store.models import Message
from worker.store.signs import last_signs

MOST_ORDERS = 500
"""Newest orders of one person that are looked at; more than a person places."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What was read around a batch, by order, shop and person."""

    orders: Mapping[UUID, SeenOrder]
    shops: Mapping[UUID, SeenShop]
    customers: Mapping[Person, SeenCustomer]
    scopes: Mapping[Person, frozenset[str]]
    pauses: Mapping[UUID, list[SeenPause]]
    mails: Mapping[Person, list[SentMail]]
    orders_of: Mapping[Person, list[SeenOrder]]
    signs: Mapping[Person, datetime] = field(default_factory=dict)
    _printed: dict[UUID, str] = field(default_factory=dict)

    def customer(self, order: SeenOrder) -> SeenCustomer | None:
        return self.customers.get(order.person)

    def suppressed(self, order: SeenOrder) -> frozenset[str]:
        return self.scopes.get(order.person, frozenset())

    def pauses_of(self, message: Message) -> dict[str, str]:
        """Pauses that stop this message: step (empty: the whole shop) -> reason."""
        mine = [pause for pause in self.pauses.get(message.shop_id, ()) if pause.step in ("", message.step)]
        return {pause.step: pause.reason or _pause_words(pause.step) for pause in mine}

    def other_mails(self, message: Message) -> list[SentMail]:
        """Oldest first; the message itself does not count."""
        sent = self.mails.get(self.orders[message.order_id].person, ())
        return [mail for mail in sent if mail.id != message.id]

    def is_resting(self, message: Message) -> bool:
        """Whether the person has long given no sign of looking at marketing mails."""
        sent = [mail.at for mail in self.other_mails(message) if mail.may_be_passed_over]
        return is_resting(sent, self.signs.get(self.orders[message.order_id].person))

    def others(self, order: SeenOrder) -> tuple[SeenOrder, ...]:
        """The person's other orders, newest first."""
        return tuple(each for each in self.orders_of.get(order.person, ()) if each.id != order.id)

    def printed(self, shop: SeenShop) -> str:
        """The shop's profile as one text, to compare."""
        if shop.id not in self._printed:
            self._printed[shop.id] = repr(shop.profile)
        return self._printed[shop.id]


def read_surroundings(
    session: Session, messages: Sequence[Message], now: datetime, *, with_facts: bool = True
) -> Surroundings:
    """Reads as it stands whatever was read before. `now` is business time.

    Without facts the orders tell only whose they are and of which version: enough to see whether they changed.
    """
    orders = seen_orders(session, {message.order_id for message in messages}, with_facts=with_facts)
    shops = seen_shops(session, {message.shop_id for message in messages})
    people = sorted({order.person for order in orders.values() if order.address is not None})
    mails = _mails(session, people, now)
    return Surroundings(
        orders=orders,
        shops=shops,
        customers=seen_customers(session, people),
        scopes=_scopes(session, people),
        pauses=_pauses(session, shops),
        mails=mails,
        orders_of=_orders_of(session, people, orders, with_facts=with_facts),
        signs=_signs(session, mails) if with_facts else {},
    )


def _scopes(session: Session, people: Sequence[Person]) -> dict[Person, frozenset[str]]:
    found: dict[Person, set[str]] = defaultdict(set)
    for shop_id, address, scope in scopes_against(session, people):
        found[shop_id, address].add(scope)
    return {person: frozenset(scopes) for person, scopes in found.items()}


def _pauses(session: Session, shop_ids: Iterable[UUID]) -> dict[UUID, list[SeenPause]]:
    found: dict[UUID, list[SeenPause]] = defaultdict(list)
    for pause in seen_pauses(session, shop_ids):
        found[pause.shop_id].append(pause)
    return found


def _pause_words(step: str) -> str:
    return f"the step {step} is paused" if step else "the shop is paused"


def _mails(session: Session, people: Sequence[Person], now: datetime) -> dict[Person, list[SentMail]]:
    """Mails that count for caps and may have reached these people, oldest first."""
    found: dict[Person, list[SentMail]] = defaultdict(list)
    for mail in sorted(sent_mails(session, people, now), key=lambda mail: mail.at):
        found[mail.shop_id, mail.address].append(mail)
    return found


def _signs(session: Session, mails: Mapping[Person, list[SentMail]]) -> dict[Person, datetime]:
    """The last sign of each person who had enough marketing mails for it to matter."""

    def is_many(sent: Sequence[SentMail]) -> bool:
        return sum(mail.may_be_passed_over for mail in sent) >= RESTS_AFTER

    return last_signs(session, [person for person, sent in mails.items() if is_many(sent)])


def _orders_of(
    session: Session, people: Sequence[Person], known: dict[UUID, SeenOrder], *, with_facts: bool
) -> dict[Person, list[SeenOrder]]:
    """The newest orders of these people, newest first; those that are known are not read twice.

    An address of the shop's own, for orders taken by phone, may have thousands.
    """
    found: dict[Person, list[SeenOrder]] = defaultdict(list)
    for order in orders_of_people(session, people):
        found[order.person].append(order)
    newest = {person: sorted(theirs, reverse=True)[:MOST_ORDERS] for person, theirs in found.items()}
    if not with_facts:
        return newest
    unread = [each.id for theirs in newest.values() for each in theirs if each.id not in known]
    every = known | seen_orders(session, unread, with_facts=True)
    return {person: [every[each.id] for each in theirs if each.id in every] for person, theirs in newest.items()}
