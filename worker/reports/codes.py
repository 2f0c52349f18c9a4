"""Discount codes of a shop: how many stand where, what the shop is still to hear of, and how full its pool is."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.shop import CodeSource
from worker.reports.lines import line_of
from worker.store.codes import code_counts, waiting_counts
from worker.store.models import DiscountCode, OrderRow, Shop
from worker.store.pool import level
from worker.store.shops import list_shops, profile_of


class PoolLine(BaseModel):
    """`left`: codes that can still be given out; from `low_at` on the pool is low."""

    left: int
    low_at: int
    is_low: bool


class CodesLine(BaseModel):
    """One shop's codes. `waiting`: the shop is still to hear of them; `by_others`: used by somebody else."""

    shop: str
    source: str
    states: dict[str, int]
    by_others: int
    waiting: int
    pool: PoolLine | None


class CodeRow(BaseModel):
    """One code. `note`: what the shop said last, while it is still to hear of it."""

    code: str
    order: str
    kind: str
    value: str
    currency: str
    segment: str
    state: str
    reason: str
    note: str
    is_waiting: bool
    by_other: bool
    created_at: datetime
    ends_at: datetime


def read_codes(session: Session, now: datetime) -> list[CodesLine]:
    """Every shop's codes."""
    states: dict[UUID, Counter[str]] = {}
    others: Counter[UUID] = Counter()
    for shop_id, state, by_other, count in code_counts(session):
        states.setdefault(shop_id, Counter())[state] += count
        others[shop_id] += count if by_other else 0
    waiting = waiting_counts(session)
    return [
        CodesLine(
            shop=shop.slug,
            source=profile_of(shop).codes.value,
            states=dict(sorted(states.get(shop.id, Counter()).items())),
            by_others=others[shop.id],
            waiting=waiting.get(shop.id, 0),
            pool=_pool(session, shop, now),
        )
        for shop in list_shops(session)
    ]


def list_codes(session: Session, shop_id: UUID, *, limit: int, state: str | None) -> Sequence[CodeRow]:
    """The newest codes of a shop, of one state or of all."""
    query = select(DiscountCode, OrderRow.number, OrderRow.external_id).join(
        OrderRow, OrderRow.id == DiscountCode.order_id
    )
    query = query.where(DiscountCode.shop_id == shop_id)
    query = query.where(DiscountCode.state == state) if state else query
    rows = session.execute(query.order_by(DiscountCode.id.desc()).limit(limit))
    return [_row(code, number or external_id) for code, number, external_id in rows]


def plain_value(code: DiscountCode) -> str:
    """What a code takes off, without needless zeros."""
    return f"{code.value.normalize():f}"


def _row(code: DiscountCode, order: str) -> CodeRow:
    about = {"value": plain_value(code), "is_waiting": code.due_at is not None, "by_other": code.redeemed_by_other}
    return line_of(CodeRow, code, order=order, **about)


def _pool(session: Session, shop: Shop, now: datetime) -> PoolLine | None:
    if profile_of(shop).codes is not CodeSource.POOL:
        return None
    found = level(session, shop.id, now)
    return PoolLine(left=found.left, low_at=found.low_at, is_low=found.is_low)
