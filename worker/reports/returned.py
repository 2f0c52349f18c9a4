"""How many mails came back, of those that went out lately, per shop and stream: mailboxes turn mails away for their
sender as well as for addresses that do not exist, and each such mail ends as quietly as any other."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.reports.counts import stream_mails_since
from worker.store.models import Message, OrderRow, Shop
from worker.store.orders import RETURNED_MESSAGE

WINDOW = timedelta(days=7)
TOO_MUCH = 0.02
"""From two in a hundred on mailboxes grow wary of a sender."""
FEWEST = 3
"""One or two among few mails are no share yet."""


class ReturnedLine(BaseModel):
    """A stream of a shop of which too many mails came back. `newest`: the order of the latest of them."""

    shop: str
    stream: str
    mails: int
    returned: int
    newest: str

    def in_words(self) -> str:
        """How many of how many, of whom, since when."""
        share = self.returned / self.mails
        return f"{self.returned} of {self.mails} {self.stream} mails of {self.shop} in {WINDOW.days} days ({share:.1%})"


def read_returned(session: Session, *, now: datetime) -> list[ReturnedLine]:
    """The streams of which too many of the last week's mails bounced or were dropped. `now` is business time."""
    mails = stream_mails_since(session, now - WINDOW)
    groups = (Message.shop_id, Message.stream)
    counted = select(Shop.slug, *groups, func.count().label("number")).join(Shop, Shop.id == Message.shop_id)
    back = counted.where(Message.accepted_at > now - WINDOW, *_is_back(now))
    query = back.group_by(Shop.slug, *groups).order_by(Shop.slug, Message.stream)
    return [
        ReturnedLine(
            shop=row.slug,
            stream=row.stream,
            mails=mails[row.slug, row.stream],
            returned=row.number,
            newest=_newest(session, row.shop_id, row.stream, now),
        )
        for row in session.execute(query)
        if row.number >= FEWEST and row.number >= TOO_MUCH * mails[row.slug, row.stream]
    ]


def _newest(session: Session, shop_id: UUID, stream: str, now: datetime) -> str:
    mine = (Message.shop_id == shop_id, Message.stream == stream, *_is_back(now))
    about = select(OrderRow.number, OrderRow.external_id).join(Message, Message.order_id == OrderRow.id).where(*mine)
    row = session.execute(about.order_by(Message.accepted_at.desc()).limit(1)).one()
    return str(row.number or row.external_id)


def _is_back(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return RETURNED_MESSAGE, Message.expires_at > now - WINDOW, Message.state != State.FAILED.value
