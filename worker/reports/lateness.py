"""How late mails went out: the moment a provider had it, less the moment it was meant to go.

Marketing is put off on purpose, for caps, quiet hours and ramps: until it was tried in vain it counts from then.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, case, func, literal_column, select
from sqlalchemy.orm import Session

from worker.store.models import Message
from worker.store.session import seconds_between

WINDOW = timedelta(days=7)
SHARES = (0.5, 0.95, 0.99, 1.0)


class Lateness(BaseModel):
    """Seconds of business time, over the mails of the last seven days; None without any. Sent before its time is 0."""

    mails: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


def lateness(session: Session, *, now: datetime) -> Lateness:
    """Percentiles by rank, alike on both databases; one sort of the mails in the window."""
    sent = (Message.accepted_at > now - WINDOW, Message.accepted_at.is_not(None))
    mails = session.scalar(select(func.count()).select_from(Message).where(*sent)) or 0
    if not mails:
        return Lateness(mails=0, p50=None, p95=None, p99=None, longest=None)
    seconds = _seconds(session)
    rank = func.row_number().over(order_by=seconds).label("rank")
    ranked = select(seconds.label("seconds"), rank).where(*sent).subquery()
    ranks = [min(mails - 1, int(mails * share)) + 1 for share in SHARES]
    found = {row.rank: row.seconds for row in session.execute(select(ranked).where(ranked.c.rank.in_(ranks)))}
    p50, p95, p99, longest = (round(max(0.0, float(found[rank])), 1) for rank in ranks)
    return Lateness(mails=mails, p50=p50, p95=p95, p99=p99, longest=longest)


def _seconds(session: Session) -> ColumnElement[Any]:
    is_put_off = and_(Message.stream == literal_column("'marketing'"), Message.tries <= 1)
    meant = case((is_put_off, Message.send_at), else_=Message.aim_at)
    return seconds_between(session, Message.accepted_at.expression, meant)
