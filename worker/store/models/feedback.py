"""What came back from providers and people, and what of it goes on to the shop."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base, partial_index
from worker.store.types import new_id

COMPLAINT = "spamreport"
"""The kind of event that tells of a person who reported a mail as spam, whoever the provider is."""


class DeliveryEvent(Base):
    """One event that a provider told of a message, kept once, whatever its kind; kinds are the provider's words.

    `attempt_id` is zero where the event names none. `at` is the provider's time, `received_at` database time. `details`
    keeps the event's own words without address, network address or browser.
    """

    __tablename__ = "delivery_event"
    __table_args__ = (
        UniqueConstraint("message_id", "attempt_id", "kind", "at"),
        partial_index("ix_delivery_event_complaint", f"kind = '{COMPLAINT}'", "message_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    attempt_id: Mapped[UUID]
    provider: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received_at: Mapped[datetime]


ANSWER = "answer"
"""The kind of click that is an answer to a mail's question: a sign of its person, and no way into the shop."""


class Click(Base):
    """What became of one counted link of a mail: a row per message and link, however often it is fetched.

    `kind`: product | guide | order | shop, or `ANSWER`; `ref`: the product's id. `raw` counts every fetch, `human`
    those that a person seems to have made, the last of them at `human_at`; `human_before` is the one before that, for
    taking it back, and `human_first_at` the first of all. Times are business time. Nothing of the browser or its
    network is kept.
    """

    __tablename__ = "click"
    __table_args__ = (
        UniqueConstraint("message_id", "kind", "ref"),
        Index("ix_click_count", "shop_id", "step", "kind", "raw", "human"),  # counting reads the index alone
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    step: Mapped[str]
    kind: Mapped[str]
    ref: Mapped[str] = mapped_column(default="")
    raw: Mapped[int] = mapped_column(default=0)
    human: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    human_at: Mapped[datetime | None]
    human_before: Mapped[datetime | None]
    human_first_at: Mapped[datetime | None]


class WriteBack(Base):
    """A consent that a person changed here and that their shop is to hear of: a to-do, kept when it is done.

    One per source and address; the newest wish counts. `wanted`: unsubscribed | subscribed; `was`: the consent that the
    shop had told before. `state`: pending | done | failed. `tries`: of this wish; `setbacks`: how often its source
    failed in a row while it waited. `claimed_until` is database time, all else business time.
    """

    __tablename__ = "write_back"
    __table_args__ = (
        UniqueConstraint("source_id", "address"),
        partial_index("ix_write_back_due", "state = 'pending'", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"))
    address: Mapped[str]
    wanted: Mapped[str]
    was: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")
    note: Mapped[str] = mapped_column(default="")
    wanted_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    setbacks: Mapped[int] = mapped_column(default=0)
    claims: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
