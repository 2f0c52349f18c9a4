"""Discount codes, one per order: issued, changed, ended, and what their shops are still to hear of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from worker.store.many import once, rows_of
from worker.store.models import DiscountCode, Message, Shop, Source
from worker.store.session import insert_into
from worker.store.to_dos import claim_to_do
from worker.store.transitions import reschedule

LIVE = ("reserved", "created")
WAITS = "it waits until its discount code is made in the shop"
"""The reason by which a message that waits for its code is found again."""

_STATE = DiscountCode.state
_IS_LIVE = _STATE.in_([literal_column(f"'{state}'") for state in LIVE])
_IS_OPEN = DiscountCode.due_at.is_not(None)


def code_of(session: Session, order_id: UUID, *, lock: bool = False) -> DiscountCode | None:
    query = select(DiscountCode).where(DiscountCode.order_id == order_id)
    query = query.with_for_update() if lock else query
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def codes_of_orders(session: Session, order_ids: Collection[UUID]) -> Sequence[DiscountCode]:
    """The codes of these orders; locked."""
    query = select(DiscountCode).where(DiscountCode.order_id.in_(order_ids)).order_by(DiscountCode.id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def locked_code(session: Session, code_id: UUID) -> DiscountCode:
    query = select(DiscountCode).where(DiscountCode.id == code_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def insert_code(session: Session, code: DiscountCode) -> None:
    """Keeps a code unless the order has one, or the text is taken."""
    values = {column.key: getattr(code, column.key) for column in DiscountCode.__mapper__.column_attrs}
    fields = {name: value for name, value in values.items() if value is not None}
    session.execute(insert_into(session, DiscountCode).values(**fields).on_conflict_do_nothing())


def last_code_at(session: Session, shop_id: UUID, address: str, *, but_not: UUID) -> datetime | None:
    """When this person last got a code in another order than `but_not`."""
    # The order's own code may be committed by somebody else between the caller's two looks.
    mine = (DiscountCode.shop_id == shop_id, DiscountCode.address == address, DiscountCode.order_id != but_not)
    return session.scalar(select(func.max(DiscountCode.created_at, type_=DiscountCode.created_at.type)).where(*mine))


def has_live_code(session: Session, shop_id: UUID, address: str, *, but_not: UUID, now: datetime) -> bool:
    """Whether a code of another order of this person can still be used."""
    mine = (DiscountCode.shop_id == shop_id, DiscountCode.address == address, DiscountCode.order_id != but_not)
    found = select(DiscountCode.id).where(*mine, _IS_LIVE, DiscountCode.ends_at > now)
    return session.scalar(found.limit(1)) is not None


def end_code(session: Session, code: DiscountCode, state: str, reason: str, **values: Any) -> None:
    """Ends a code that the caller has locked; there is nothing more to put into the shop."""
    code.state, code.reason = state, reason
    code.due_at = code.wanted_at = None
    for name, value in values.items():
        setattr(code, name, value)
    session.flush()


def codes_named(session: Session, shop_id: UUID, names: Collection[str], *, but_not: UUID) -> Sequence[DiscountCode]:
    """Codes of the shop with these texts that belong to other orders than `but_not`; locked."""
    texts = sorted({name.strip().upper() for name in names})
    mine = (DiscountCode.shop_id == shop_id, DiscountCode.code.in_(texts), DiscountCode.order_id != but_not)
    query = select(DiscountCode).where(*mine).order_by(DiscountCode.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).all()


def is_free_text(session: Session, shop_id: UUID, text: str) -> bool:
    """Whether no code of the shop has this text."""
    taken = select(DiscountCode.id).where(DiscountCode.shop_id == shop_id, DiscountCode.code == text)
    return session.scalar(taken) is None


def has_ended_code(session: Session, now: datetime) -> bool:
    """Whether the last moment of a live code has passed."""
    ended = select(DiscountCode.id).where(_IS_LIVE, DiscountCode.ends_at < now).limit(1)
    return session.scalar(ended) is not None


def has_code_work(session: Session, now: datetime) -> bool:
    """Whether a live code has ended, or a shop may be told of one."""
    return bool(rows_of(session, _code_work(session), {"now": now}).scalar())


@once
def _code_work(_session: Session) -> Select[bool]:
    now = bindparam("now", type_=DiscountCode.ends_at.type)
    ended, due = ((_IS_LIVE, DiscountCode.ends_at < now), (_IS_OPEN, DiscountCode.due_at <= now))
    return select(or_(*(select(DiscountCode.id).where(*which).exists() for which in (ended, due))))


def expire_codes(session: Session, now: datetime, limit: int) -> int:
    """Marks live codes whose last moment has passed; how many."""
    ended = (_IS_LIVE, DiscountCode.ends_at < now)
    chosen = session.scalars(select(DiscountCode.id).where(*ended).limit(limit).with_for_update(skip_locked=True)).all()
    if chosen:
        values = {"state": "expired", "reason": "it was not used in time", "due_at": None, "wanted_at": None}
        done = update(DiscountCode).where(DiscountCode.id.in_(chosen)).values(values)
        session.execute(done.execution_options(synchronize_session=False))
    return len(chosen)


def claim_code(session: Session, source_ids: Collection[UUID], now: datetime) -> DiscountCode | None:
    """The code whose shop is to hear of it first, of sources that nobody else is talking to."""
    return claim_to_do(session, DiscountCode, _IS_OPEN, source_ids, now)


def postpone_source(session: Session, source_id: UUID, *, until: datetime) -> None:
    """Lets all codes of a source wait that its shop is to hear of: what one met, the others would meet too."""
    mine = (_IS_OPEN, DiscountCode.source_id == source_id, DiscountCode.due_at < until)
    session.execute(update(DiscountCode).where(*mine).values(due_at=until))


def wake_source(session: Session, source_id: UUID, now: datetime) -> None:
    """Tells the shop at once what waits: somebody has mended its access."""
    mine = (_IS_OPEN, DiscountCode.source_id == source_id)
    session.execute(update(DiscountCode).where(*mine).values(due_at=now, tries=0, tried_at=None))


def wake_messages(session: Session, order_id: UUID, reason: str, now: datetime) -> int:
    """Lets messages go on that wait for the order's code; how many."""
    waiting = (Message.order_id == order_id, Message.state == literal_column("'scheduled'"), Message.reason == WAITS)
    query = select(Message).where(*waiting).order_by(Message.id).with_for_update()
    messages = session.scalars(query).all()
    for message in messages:
        reschedule(session, message, reason, now=now, send_at=now)
    return len(messages)


def code_counts(session: Session) -> list[tuple[UUID, str, bool, int]]:
    """Codes by shop, state and whether somebody else redeemed them."""
    groups = (DiscountCode.shop_id, DiscountCode.state, DiscountCode.redeemed_by_other)
    query = select(*groups, func.count()).group_by(*groups)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def waiting_counts(session: Session) -> Mapping[UUID, int]:
    """How many codes each shop is still to hear of."""
    query = select(DiscountCode.shop_id, func.count()).where(_IS_OPEN).group_by(DiscountCode.shop_id)
    return {row[0]: row[1] for row in session.execute(query)}


def count_due_codes(session: Session, now: datetime) -> int:
    """How many codes a sweep can tell shops of at this moment of business time."""
    reachable = select(Source.id).join(Shop, Shop.id == Source.shop_id).where(Shop.uninstalled_at.is_(None))
    due = (_IS_OPEN, DiscountCode.due_at <= now, DiscountCode.source_id.in_(reachable))
    return session.scalar(select(func.count()).select_from(DiscountCode).where(*due)) or 0


def lower_minimum(code: DiscountCode, minimum: Decimal) -> None:
    """Makes less spending enough; a code without a minimum stays without."""
    if code.minimum_spend is not None and minimum < code.minimum_spend:
        code.minimum_spend = minimum
