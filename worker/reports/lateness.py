"""How late mails went out: the moment a provider had it, less the moment it was meant to go."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, extract, func, select
from sqlalchemy.orm import Session

from worker.store.models import Message

WINDOW = timedelta(days=7)


class Lateness(BaseModel):
    """Seconds of business time, over the mails of the last seven days; None without any."""

    mails: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


def lateness(session: Session, *, now: datetime) -> Lateness:
    """Percentiles by rank, one ordered read each, alike on both databases."""
    sent = (Message.accepted_at > now - WINDOW, Message.accepted_at.is_not(None))
    mails = session.scalar(select(func.count()).select_from(Message).where(*sent)) or 0
    seconds = _seconds(session)

    def at(share: float) -> float | None:
        if not mails:
            return None
        rank = min(mails - 1, int(mails * share))
        query = select(seconds).where(*sent).order_by(seconds).limit(1).offset(rank)
        return round(float(session.scalars(query).one()), 1)

    return Lateness(mails=mails, p50=at(0.5), p95=at(0.95), p99=at(0.99), longest=at(1.0))


def _seconds(session: Session) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(Message.accepted_at) - func.julianday(Message.aim_at)) * 86400
    return extract("epoch", Message.accepted_at - Message.aim_at)
