"""Discount codes, one per order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
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
    """Makes it last longer; never shorter."""
    if until > code.ends_at:
        code.ends_at = until
        session.flush()


def last_code_at(session: Session, shop_id: UUID, address: str) -> datetime | None:
    """When this person last got a code, in any order."""
    mine = (DiscountCode.shop_id == shop_id, DiscountCode.address == address)
    return session.scalar(select(func.max(DiscountCode.created_at, type_=DiscountCode.created_at.type)).where(*mine))


def revoke(session: Session, order_id: UUID, reason: str) -> bool:
    """Ends the order's code if it is live; whether there was one."""
    live = (DiscountCode.order_id == order_id, DiscountCode.state.in_(LIVE))
    done = update(DiscountCode).where(*live).values(state="revoked", reason=reason).returning(DiscountCode.id)
    return session.execute(done).scalar() is not None
