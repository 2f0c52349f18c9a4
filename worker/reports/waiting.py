"""What would go out: waiting messages per shop and step, by when they are due."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.reports.lines import line_of
from worker.store.models import Message, Shop

SOON = timedelta(days=1)
UNCLEAR = (State.ATTEMPTING.value, State.UNKNOWN.value)


class WaitingLine(BaseModel):
    """Messages of one step of a shop that nothing but a pause keeps.

    `overdue`: due already, and still worth sending; `since`: those of them that fell due after the moment asked about.
    `soon`: due within a day; `later`: after that; `too_late`: expire instead. `unclear`: may have gone out.
    """

    shop: str
    step: str
    overdue: int
    since: int
    soon: int
    later: int
    too_late: int
    unclear: int


def waiting(session: Session, *, now: datetime, since: datetime) -> list[WaitingLine]:
    """One line per shop and step that has any. `now` and `since` are business time."""
    waits = or_(
        Message.state.in_((State.SCHEDULED.value, State.CLAIMED.value)),
        and_(Message.state == State.HELD.value, Message.held_by == "pause"),
    )
    goes = and_(waits, Message.expires_at > now)
    columns = {
        "overdue": and_(goes, Message.send_at <= now),
        "since": and_(goes, Message.send_at <= now, Message.send_at > since),
        "soon": and_(goes, Message.send_at > now, Message.send_at <= now + SOON),
        "later": and_(goes, Message.send_at > now + SOON),
        "too_late": and_(waits, Message.expires_at <= now),
        "unclear": Message.state.in_(UNCLEAR),
    }
    counts = [_count(which).label(name) for name, which in columns.items()]
    query = (
        select(Shop.slug.label("shop"), Message.step, *counts)
        .join(Shop, Shop.id == Message.shop_id)
        .where(or_(waits, Message.state.in_(UNCLEAR)))
        .group_by(Shop.slug, Message.step)
        .order_by(Shop.slug, Message.step)
    )
    return [line_of(WaitingLine, row) for row in session.execute(query)]


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))
