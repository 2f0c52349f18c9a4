"""Which mails did not go out, and why, over many orders: a setting that silences a step shows in no single order."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from schedules.lifecycle import State
from worker.store.models import Message, OrderRow, Shop

ENDED = (State.CANCELLED, State.SKIPPED, State.EXPIRED, State.FAILED, State.ABANDONED)
READ_AT_ONCE = 5_000
ALL = "all"
"""In place of a step: all that an order was still to get."""


class UnsentLine(BaseModel):
    """`step`: see `ALL`. `newest`: the latest order of those, to look at with `timeline`."""

    step: str
    reason: str
    orders: int
    newest: str


class Unsent(BaseModel):
    """Of the `orders` that were placed from `since` to `until`; the most frequent reason first. Times are UTC."""

    shop: str
    since: datetime
    until: datetime
    orders: int
    lines: list[UnsentLine]


def read_unsent(session: Session, shop: Shop, *, since: datetime, until: datetime) -> Unsent:
    """What ended unsent, or was never planned, by step and reason. An order counts once for each step and reason.

    Mails that went out and came back are no part of it.
    """
    placed = (OrderRow.shop_id == shop.id, OrderRow.placed_at >= since, OrderRow.placed_at <= until)
    ended: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for order_id, step, reason in session.execute(_ended().where(*placed)):
        ended[order_id][step] = reason
    columns = (OrderRow.id, OrderRow.number, OrderRow.external_id, OrderRow.unsent)
    query = select(*columns).where(*placed).order_by(OrderRow.placed_at, OrderRow.id)
    orders, counts, newest = 0, Counter[tuple[str, str]](), dict[tuple[str, str], str]()
    for row in session.execute(query.execution_options(yield_per=READ_AT_ONCE)):
        orders += 1
        for why in set(_reasons(row.unsent, ended.get(row.id, {}))):
            counts[why] += 1
            newest[why] = row.number or row.external_id
    lines = [
        UnsentLine(step=step, reason=reason, orders=count, newest=newest[step, reason])
        for (step, reason), count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    return Unsent(shop=shop.slug, since=since, until=until, orders=orders, lines=lines)


def _ended() -> Select[UUID, str, str]:
    """Messages that ended unsent and did not come again."""
    later = aliased(Message)
    same = (getattr(later, name) == getattr(Message, name) for name in ("order_id", "sequence", "step", "parcel_group"))
    again = select(later.id).where(*same, later.occurrence > Message.occurrence).exists()
    query = select(Message.order_id, Message.step, Message.reason).join(OrderRow, OrderRow.id == Message.order_id)
    return query.where(
        Message.state.in_(ENDED), Message.accepted_at.is_(None), Message.shop_id == OrderRow.shop_id, ~again
    )


def _reasons(unsent: Mapping[str, str], ended: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Step and reason. Why a message ended stands above what the facts say now; a parcel's own reason is its step's."""
    now = {name.partition(" ")[0]: reason for name, reason in unsent.items()}
    yield from ((step, reason) for step, reason in now.items() if step not in ended)
    yield from ((step, reason) for step, reason in ended.items() if reason != now.get(ALL))
