"""How many mails were reported as spam, of those that went out lately, per shop and stream: a sender's reputation.

Only mailboxes that pass complaints on are heard. Gmail tells none of a single mail: its own share is in its Postmaster
Tools, and the true one is higher than what is counted here.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, computed_field
from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from worker.reports.counts import stream_mails_since
from worker.store.models import DeliveryEvent, Message, Shop
from worker.store.models.feedback import COMPLAINT

WINDOW = timedelta(days=30)
MUCH, TOO_MUCH = 0.001, 0.003
"""Gmail wants its share of complaints below 0.1 %, and never at 0.3 % (support.google.com/a/answer/81126)."""
FEWEST = 3
"""One or two complaints among few mails are no share yet."""


class ComplaintLine(BaseModel):
    """One stream of a shop: `mails` that a provider took in the window, and how many of them were reported as spam."""

    shop: str
    stream: str
    mails: int
    complaints: int

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no property below another decorator
    @property
    def rate(self) -> float | None:
        """None without mails."""
        return round(self.complaints / self.mails, 5) if self.mails else None

    @property
    def level(self) -> Literal["", "much", "too much"]:
        """Whether mailboxes are likely to mind."""
        if self.complaints < FEWEST or not self.mails or self.complaints < MUCH * self.mails:
            return ""
        return "much" if self.complaints < TOO_MUCH * self.mails else "too much"

    def in_words(self) -> str:
        """How many of how many, of whom, since when."""
        share = f" ({self.rate:.2%})" if self.rate is not None else ""
        return f"{self.complaints} of {self.mails} {self.stream} mails of {self.shop} in {WINDOW.days} days{share}"


def read_complaints(session: Session, *, now: datetime) -> list[ComplaintLine]:
    """A line for each shop and stream that sent anything in the window before business time `now`."""
    since = now - WINDOW
    groups = (Shop.slug, Message.stream)
    query = (
        select(*groups, func.count(Message.id.distinct()))
        .join(Message, Message.shop_id == Shop.id)
        .join(DeliveryEvent, DeliveryEvent.message_id == Message.id)
        .where(DeliveryEvent.kind == literal_column(f"'{COMPLAINT}'"))  # with the very words of its index
        .where(Message.accepted_at > since)
        .group_by(*groups)
    )
    reported = {(shop, stream): number for shop, stream, number in session.execute(query)}
    return [
        ComplaintLine(shop=shop, stream=stream, mails=mails, complaints=reported.get((shop, stream), 0))
        for (shop, stream), mails in sorted(stream_mails_since(session, since).items())
    ]
