"""The rows around a batch of messages: orders, people, what holds them back, what they got. One query a kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.records import record
from schedules.segments import RESTS_AFTER, is_resting
from worker.store.gate_rows import (
    Person,
    SeenOrder,
    SeenShop,
    SentMail,
    other_orders,
    seen_orders,
    seen_shops,
    sent_mails,
)
from worker.store.models import Message
from worker.store.signs import last_signs

MOST_ORDERS = 500
"""Newest orders of one person that are looked at; more than a person places."""


@record
class Around:
    """What was read around one message.

    `mails`: others that count for caps and may have reached its person, oldest first. `others`: the person's other
    orders, newest first. `last_sign`: when the person last gave one.
    """

    order: SeenOrder
    shop: SeenShop
    pauses: Mapping[str, str]
    mails: Sequence[SentMail]
    others: Sequence[SeenOrder]
    last_sign: datetime | None

    @property
    def is_resting(self) -> bool:
        """Whether the person has long given no sign of looking at marketing mails."""
        return is_resting([mail.at for mail in self.mails if mail.may_be_passed_over], self.last_sign)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What was read around a batch, by order, shop and person."""

    orders: Mapping[UUID, SeenOrder]
    shops: Mapping[UUID, SeenShop]
    mails: Mapping[Person, Sequence[SentMail]]
    orders_of: Mapping[Person, Sequence[SeenOrder]]
    signs: Mapping[Person, datetime]

    def around(self, message: Message) -> Around:
        """What there is around one of the messages."""
        order, shop = self.orders[message.order_id], self.shops[message.shop_id]
        person = order.person
        return Around(
            order=order,
            shop=shop,
            pauses=shop.pauses_of(message.step),
            mails=[mail for mail in self.mails.get(person, ()) if mail.id != message.id],
            others=[each for each in self.orders_of.get(person, ()) if each is not order],
            last_sign=self.signs.get(person),
        )


def read_surroundings(
    session: Session, messages: Sequence[Message], now: datetime, *, with_facts: bool = True
) -> Surroundings:
    """Reads as it stands whatever was read before. `now` is business time.

    Without facts the orders tell only whose they are and of which version: enough to see whether they changed.
    """
    orders = seen_orders(session, [message.order_id for message in messages], with_facts=with_facts)
    orders_of = _orders_of(session, orders, with_facts=with_facts)
    mails = _mails(session, orders_of, now)
    return Surroundings(
        orders=orders,
        shops=seen_shops(session, {message.shop_id for message in messages}),
        mails=mails,
        orders_of=orders_of,
        signs=_signs(session, mails) if with_facts else {},
    )


def _mails(session: Session, people: Iterable[Person], now: datetime) -> dict[Person, list[SentMail]]:
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
    session: Session, known: Mapping[UUID, SeenOrder], *, with_facts: bool
) -> Mapping[Person, Sequence[SeenOrder]]:
    """The newest orders of the people of these orders, newest first; those that are known are not read twice.

    An address of the shop's own, for orders taken by phone, may have thousands.
    """
    found: defaultdict[Person, list[SeenOrder]] = defaultdict(list)
    for order in known.values():
        if order.address is not None:
            found[order.person].append(order)
    others = list(other_orders(session, list(found), but_not=known))
    for other in others:
        found[other.person].append(other)
    for theirs in found.values():
        theirs.sort(reverse=True)
        del theirs[MOST_ORDERS:]
    if not others or not with_facts:
        return found
    unread = [each.id for theirs in found.values() for each in theirs if each.id not in known]
    every = {**known, **seen_orders(session, unread, with_facts=True)}
    return {person: [every[each.id] for each in theirs if each.id in every] for person, theirs in found.items()}
