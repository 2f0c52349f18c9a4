"""What the gate reads at the moment of sending, and how to tell later whether any of it has changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from schedules.facts import ConsentState, Facts
from schedules.records import record
from schedules.shop import ShopProfile
from schedules.timing import zone
from worker.store.gate_rows import SeenOrder
from worker.store.many import Listed
from worker.store.models import Message
from worker.store.orders import SIBLING_SPAN, facts_of, pinned_facts
from worker.store.session import is_postgres
from worker.store.surroundings import Around, Surroundings, read_surroundings


class Witness(NamedTuple):
    """The versions behind a reading of the truth."""

    order: int
    hold: str | None
    profile: str
    customer: tuple[int | None, str | None]
    suppressed: frozenset[str]
    pauses: frozenset[str]
    is_disconnected: bool
    mails: frozenset[UUID]
    others: tuple[tuple[UUID, int], ...]


@record
class Truth:
    """All that the gate judges a message by. `sent`: when marketing mails, `panels`: when offer panels went out.

    `others`: the person's other orders, `other_facts`: the facts of each. `orders_known`: how many orders the person is
    known to have made, by the platform's count; None when it tells none. `is_resting`: the person has long looked at no
    marketing mail. `stream_keys`: as the shop's row keeps them, sealed. `witness` is equal for two readings exactly
    when nothing that the gate reads has changed in between.
    """

    order: SeenOrder
    facts: Facts
    profile: ShopProfile
    consent: ConsentState
    suppressed: frozenset[str]
    paused: str | None
    is_disconnected: bool
    sent: tuple[datetime, ...]
    panels: tuple[datetime, ...]
    others: tuple[SeenOrder, ...]
    other_facts: tuple[Facts, ...]
    orders_known: int | None
    is_resting: bool
    stream_keys: Mapping[str, Any]
    witness: Witness

    @property
    def address(self) -> str:
        """The customer's address as a key, lower case; empty when there is none."""
        return self.order.address or ""

    @property
    def recipient(self) -> str:
        """The customer's address as it was given."""
        given = self.facts.order.customer.email if self.facts.order else None
        return given or self.address

    @property
    def timezone(self) -> str:
        """The customer's IANA zone; the shop's where a source tells none, or one that does not exist."""
        return zone(self.facts.order.timezone if self.facts.order else "", self.profile.timezone).key

    @property
    def locale(self) -> str:
        return (self.facts.order.locale if self.facts.order else "") or self.profile.locale

    @property
    def siblings(self) -> list[tuple[SeenOrder, Facts]]:
        """Other orders placed within 14 days before or after, with their facts."""
        if self.facts.order is None or not self.others:
            return []
        placed, every = self.facts.order.placed_at, zip(self.others, self.other_facts, strict=True)
        return [each for each in every if (order := each[1].order) and abs(order.placed_at - placed) <= SIBLING_SPAN]


def read_truths(session: Session, messages: Sequence[Message], now: datetime) -> "Truths":
    """The truth about messages as it stands, in a handful of queries. `now` is business time."""
    return Truths(read_surroundings(session, messages, now))


def read_witnesses(session: Session, messages: Sequence[Message], now: datetime) -> "Truths":
    """As `read_truths`, but good for `witness` alone. `now` is the business time of the reading to compare with."""
    return Truths(read_surroundings(session, messages, now, with_facts=False))


class Truths:
    """The truth by message; each is put together when it is asked for, so that a broken one harms no other."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._seen = surroundings

    def of(self, message: Message) -> Truth:
        """The truth about one of the messages.

        Raises:
            pydantic.ValidationError: what is stored of its shop, or of an order of its person, cannot be read.
        """
        around = self._seen.around(message)
        order, shop, mails, witness = around.order, around.shop, around.mails, _witness(around)
        facts = pinned_facts(order)
        return Truth(
            order=order,
            facts=facts,
            profile=shop.profile,
            consent=_consent(order, facts),
            suppressed=witness.suppressed,
            paused=next(iter(around.pauses.values()), None),
            is_disconnected=witness.is_disconnected,
            sent=tuple([mail.at for mail in mails if mail.stream == "marketing"]),
            panels=tuple([mail.at for mail in mails if mail.has_offer]),
            others=tuple(around.others),
            other_facts=tuple([facts_of(each) for each in around.others]),
            orders_known=order.orders_count,
            is_resting=around.is_resting,
            stream_keys=shop.stream_keys,
            witness=witness,
        )

    def witness(self, message: Message) -> Witness:
        """Only what tells whether the truth has changed."""
        return _witness(self._seen.around(message))


def _witness(around: Around) -> Witness:
    order, shop = around.order, around.shop
    return Witness(
        order=order.version,
        hold=order.hold,
        profile=shop.printed,
        customer=(order.customer_version, order.consent),
        suppressed=order.suppressed,
        pauses=frozenset(around.pauses),
        is_disconnected=shop.uninstalled_at is not None,
        mails=frozenset([mail.id for mail in around.mails]),
        others=tuple([(other.id, other.version) for other in around.others]),
    )


_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
).bindparams(bindparam("keys", type_=Listed()))


def lock_people(session: Session, people: Sequence[tuple[UUID, str]]) -> None:
    """Lets one unit at a time decide about mails to each of these people, so that two never pass a cap together.

    On SQLite a writing unit is alone anyway.
    """
    if is_postgres(session) and people:
        keys = sorted({f"{shop_id}:{address}" for shop_id, address in people})
        # The array is unfolded in its order: two units never wait for each other.
        session.connection().execute(_LOCK, {"keys": keys})


def _consent(order: SeenOrder, facts: Facts) -> ConsentState:
    told = ConsentState(order.consent) if order.consent is not None else ConsentState.UNKNOWN
    if told is ConsentState.UNKNOWN and facts.order is not None:
        return facts.order.customer.consent
    return told
