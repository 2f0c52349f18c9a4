"""What the gate reads at the moment of sending, and how to tell later whether any of it has changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from schedules.facts import ConsentState, Facts
from schedules.lifecycle import State
from schedules.shop import ShopProfile
from worker.store.models import CustomerRow, Message, OrderRow, Pause, Shop
from worker.store.orders import facts_of, nearby_orders
from worker.store.suppressions import scopes_of

MEMORY = timedelta(days=62)
"""How far back sent mails are remembered for caps; twice the longest cap."""

COUNTED = (State.ATTEMPTING, State.UNKNOWN, State.ABANDONED, State.ACCEPTED, State.DELIVERED)
"""States in which a mail reached the person, or may have."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """All that the gate judges a message by. `sent`: when marketing mails, `panels`: when offer panels went out.

    `witness` is equal for two readings exactly when nothing that the gate reads has changed in between.
    """

    order: OrderRow
    facts: Facts
    profile: ShopProfile
    consent: ConsentState
    suppressed: frozenset[str]
    paused: str | None
    is_disconnected: bool
    sent: tuple[datetime, ...]
    panels: tuple[datetime, ...]
    siblings: tuple[OrderRow, ...]
    witness: "Witness"

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
        return (self.facts.order.timezone if self.facts.order else "") or self.profile.timezone

    @property
    def locale(self) -> str:
        return (self.facts.order.locale if self.facts.order else "") or self.profile.locale


@dataclass(frozen=True, kw_only=True)
class Witness:
    """The versions behind a reading of the truth."""

    order: int
    hold: str | None
    profile: str
    customer: tuple[int, str] | None
    suppressed: frozenset[str]
    pauses: frozenset[str]
    is_disconnected: bool
    mails: frozenset[UUID]
    siblings: tuple[tuple[UUID, int], ...]


def read_truth(session: Session, message: Message, now: datetime) -> Truth:
    """The truth about one message as it stands. `now` is business time."""
    rows = _read(session, message, now)
    facts = _pinned(rows.order)
    return Truth(
        order=rows.order,
        facts=facts,
        profile=ShopProfile.model_validate(rows.shop.profile),
        consent=_consent(rows.customer, facts),
        suppressed=rows.suppressed,
        paused=next(iter(rows.pauses.values()), None),
        is_disconnected=rows.shop.uninstalled_at is not None,
        sent=tuple(mail.at for mail in rows.mails if mail.stream == "marketing"),
        panels=tuple(mail.at for mail in rows.mails if mail.has_offer),
        siblings=rows.siblings,
        witness=_witness(rows),
    )


def read_witness(session: Session, message: Message, now: datetime) -> Witness:
    """Only what tells whether the truth has changed. `now` is the business time of the reading to compare with."""
    return _witness(_read(session, message, now))


def lock_person(session: Session, shop_id: UUID, address: str) -> None:
    """Lets one unit at a time decide about mails to this person, so that two never pass a cap together.

    On SQLite a writing unit is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = f"{shop_id}:{address}"
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


@dataclass(frozen=True)
class _Mail:
    id: UUID
    stream: str
    has_offer: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class _Rows:
    order: OrderRow
    shop: Shop
    customer: CustomerRow | None
    suppressed: frozenset[str]
    pauses: dict[str, str]
    mails: list[_Mail]
    siblings: tuple[OrderRow, ...]


def _read(session: Session, message: Message, now: datetime) -> _Rows:
    order = session.get_one(OrderRow, message.order_id, populate_existing=True)
    return _Rows(
        order=order,
        shop=session.get_one(Shop, message.shop_id, populate_existing=True),
        customer=_customer(session, order),
        suppressed=scopes_of(session, order.shop_id, order.address) if order.address else frozenset(),
        pauses=_pauses(session, message),
        mails=_mails(session, message, order.address, now),
        siblings=tuple(nearby_orders(session, order)),
    )


def _witness(rows: _Rows) -> Witness:
    return Witness(
        order=rows.order.version,
        hold=rows.order.hold,
        profile=repr(rows.shop.profile),
        customer=(rows.customer.version, rows.customer.consent) if rows.customer else None,
        suppressed=rows.suppressed,
        pauses=frozenset(rows.pauses),
        is_disconnected=rows.shop.uninstalled_at is not None,
        mails=frozenset(mail.id for mail in rows.mails),
        siblings=tuple((sibling.id, sibling.version) for sibling in rows.siblings),
    )


def _pinned(row: OrderRow) -> Facts:
    """The facts with locale and time zone as they were when the order was placed."""
    facts = facts_of(row)
    kept = {name: row.pinned[name] for name in ("locale", "timezone") if row.pinned.get(name)}
    if facts.order is None or not kept:
        return facts
    return facts.model_copy(update={"order": facts.order.model_copy(update=kept)})


def _consent(customer: CustomerRow | None, facts: Facts) -> ConsentState:
    told = ConsentState(customer.consent) if customer else ConsentState.UNKNOWN
    if told is ConsentState.UNKNOWN and facts.order is not None:
        return facts.order.customer.consent
    return told


def _customer(session: Session, order: OrderRow) -> CustomerRow | None:
    if order.address is None:
        return None
    found = select(CustomerRow).where(CustomerRow.shop_id == order.shop_id, CustomerRow.address == order.address)
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def _pauses(session: Session, message: Message) -> dict[str, str]:
    """Pauses that stop this message: step (empty: the whole shop) -> reason."""
    mine = (Pause.shop_id == message.shop_id, Pause.step.in_(("", message.step)))
    found = session.scalars(select(Pause).where(*mine).order_by(Pause.step))
    return {pause.step: pause.reason or _pause_words(pause.step) for pause in found}


def _pause_words(step: str) -> str:
    return f"the step {step} is paused" if step else "the shop is paused"


def _mails(session: Session, message: Message, address: str | None, now: datetime) -> list[_Mail]:
    """Mails that count for caps and may have reached the same person; the message itself does not count."""
    if address is None:
        return []
    at = func.coalesce(Message.accepted_at, Message.updated_at, type_=Message.updated_at.type)
    mine: tuple[ColumnElement[bool], ...] = (Message.shop_id == message.shop_id, Message.address == address)
    capped = or_(Message.stream == "marketing", Message.has_offer)
    counted = (capped, Message.state.in_(COUNTED), Message.id != message.id, at > now - MEMORY)
    query = select(Message.id, Message.stream, Message.has_offer, at).where(*mine, *counted).order_by(at)
    return [_Mail(*row) for row in session.execute(query)]
