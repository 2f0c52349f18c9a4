"""Mails that should have gone: those that are due, and receipts that wait for their next try.

Each try moves a message ahead: by its time alone nothing would be overdue while a provider turns every mail away.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from worker.store.models import Message, OrderRow, Shop

NEXT_TRY_WITHIN = timedelta(hours=2)
"""No next try is further away."""

_TRIED = and_(Message.stream == literal_column("'transactional'"), or_(Message.tries > 0, Message.claims > 0))


class Overdue(BaseModel):
    """The scheduled message that should have gone the longest ago. `seconds` of business time since then."""

    shop: str
    order: str
    step: str
    send_at: datetime
    seconds: int


def oldest_overdue(session: Session, now: datetime) -> Overdue | None:
    """What has been overdue the longest at business time `now`."""
    since = _since(now)
    query = (
        select(Message, Shop.slug, OrderRow.number, OrderRow.external_id, since.label("since"))
        .join(Shop, Shop.id == Message.shop_id)
        .join(OrderRow, OrderRow.id == Message.order_id)
        .where(*_overdue(now))
        .order_by(since, Message.id)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    message, slug, number, external_id, since_when = row
    late = int((now - since_when).total_seconds())
    return Overdue(shop=slug, order=number or external_id, step=message.step, send_at=message.send_at, seconds=late)


def count_overdue(session: Session, now: datetime) -> int:
    """How many scheduled messages are overdue at business time `now`."""
    return session.scalar(select(func.count()).select_from(Message).where(*_overdue(now))) or 0


def _overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_late = or_(Message.send_at < now, and_(_TRIED, Message.aim_at < now))
    return Message.state == literal_column("'scheduled'"), Message.send_at < now + NEXT_TRY_WITHIN, is_late


def _since(now: datetime) -> ColumnElement[datetime]:
    """When it should have gone: by the plan if it was tried already, else by what it was last put off to."""
    return case((and_(_TRIED, Message.aim_at < now), Message.aim_at), else_=Message.send_at)
