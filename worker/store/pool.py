"""Codes that a shop made in advance: taken once each, and how many are left."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from worker.store.models import PoolCode

RECENT = timedelta(days=14)
LEAST = 20
"""A pool with fewer than these, or than went in the last 14 days, is about to run dry."""

_FREE = PoolCode.taken_at.is_(None)


class Level(NamedTuple):
    """`low_at`: from how many codes on the pool is low."""

    left: int
    low_at: int

    @property
    def is_low(self) -> bool:
        return self.left <= self.low_at


def take_code(
    session: Session, shop_id: UUID, *, kind: str, most: Decimal, currency: str, valid_until: datetime, now: datetime
) -> PoolCode | None:
    """The best free code of this kind that is no deeper than `most`, taken in the caller's transaction.

    It must last until `valid_until`; of equally deep ones, the one that ends first goes first. What it says in money is
    in `currency`, or it says nothing in money.
    """
    lasts = or_(PoolCode.ends_at.is_(None), PoolCode.ends_at >= valid_until)
    is_told = or_(PoolCode.currency == currency, and_(PoolCode.minimum_spend.is_(None), PoolCode.kind != "amount"))
    fits = (PoolCode.shop_id == shop_id, _FREE, PoolCode.kind == kind, PoolCode.value <= most, lasts, is_told)
    order = (PoolCode.value.desc(), PoolCode.ends_at.is_(None), PoolCode.ends_at, PoolCode.id)
    query = select(PoolCode).where(*fits).order_by(*order).limit(1).with_for_update(skip_locked=True)
    row = session.scalars(query).one_or_none()
    if row is not None:
        row.taken_at = now
        session.flush()
    return row


def level(session: Session, shop_id: UUID, now: datetime) -> Level:
    """How many usable codes are left, and from how many on it is low."""
    mine = PoolCode.shop_id == shop_id
    usable = or_(PoolCode.ends_at.is_(None), PoolCode.ends_at > now)
    left = session.scalar(select(func.count()).select_from(PoolCode).where(mine, _FREE, usable)) or 0
    recent = (mine, PoolCode.taken_at.is_not(None), PoolCode.taken_at > now - RECENT)
    used = session.scalar(select(func.count()).select_from(PoolCode).where(*recent)) or 0
    return Level(left, max(LEAST, used))
