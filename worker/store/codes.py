"""Discount codes, one per order."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Update, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from worker.store.models import DiscountCode

LIVE = ("reserved", "created")


def code_of(session: Session, order_id: UUID) -> DiscountCode | None:
    query = select(DiscountCode).where(DiscountCode.order_id == order_id)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def insert_code(session: Session, code: DiscountCode) -> None:
    """Keeps a code unless the order has one, or the text is taken."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {column.key: getattr(code, column.key) for column in DiscountCode.__mapper__.column_attrs}
    session.execute(insert(DiscountCode).values(**values).on_conflict_do_nothing())


def extend(session: Session, code: DiscountCode, until: datetime) -> None:
    """Makes it last longer; never shorter, whoever else extends it."""
    mine = (DiscountCode.id == code.id, DiscountCode.ends_at < until)
    _change(session, code, update(DiscountCode).where(*mine).values(ends_at=until))


def lower_minimum(session: Session, code: DiscountCode, minimum: Decimal) -> None:
    """Makes less spending enough; a code without a minimum stays without."""
    mine = (DiscountCode.id == code.id, DiscountCode.minimum_spend > minimum)
    _change(session, code, update(DiscountCode).where(*mine).values(minimum_spend=minimum))


def last_code_at(session: Session, shop_id: UUID, address: str, *, but_not: UUID) -> datetime | None:
    """When this person last got a code in another order than `but_not`."""
    # The order's own code may be committed by somebody else between the caller's two looks.
    mine = (DiscountCode.shop_id == shop_id, DiscountCode.address == address, DiscountCode.order_id != but_not)
    return session.scalar(select(func.max(DiscountCode.created_at, type_=DiscountCode.created_at.type)).where(*mine))


def end_code(session: Session, order_id: UUID, state: str, reason: str) -> bool:
    """Ends the order's code as `redeemed` or `revoked` if it is live; whether there was one."""
    live = (DiscountCode.order_id == order_id, DiscountCode.state.in_(LIVE))
    done = update(DiscountCode).where(*live).values(state=state, reason=reason).returning(DiscountCode.id)
    return session.execute(done.execution_options(synchronize_session=False)).scalar() is not None


def _change(session: Session, code: DiscountCode, change: Update) -> None:
    session.execute(change.execution_options(synchronize_session=False))
    session.refresh(code)
