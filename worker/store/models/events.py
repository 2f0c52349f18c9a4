"""The inbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base, partial_index
from worker.store.types import new_id


class InboundEvent(Base):
    """One verified webhook, stored once per (shop, topic, dedupe key) with its raw bytes.

    States: `stored` (to be planned) · `planned` · `ignored` (nothing of ours; `note` says why) · `failed` (cannot be
    read; `note` says why; `replay` tries again) . `headers` keeps the platform's own headers, never signatures.
    """

    __tablename__ = "inbound_event"
    __table_args__ = (
        UniqueConstraint("shop_id", "topic", "dedupe_key"),
        partial_index("ix_inbound_event_stored", "state = 'stored'", "received_at"),
        partial_index("ix_inbound_event_body", "body IS NOT NULL", "received_at"),
        Index("ix_inbound_event_order", "shop_id", "order_ref"),
        Index("ix_inbound_event_source", "source_id", "state", "received_at"),  # counting reads the index alone
        Index("ix_inbound_event_rhythm", "source_id", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("source.id"))
    kind: Mapped[str]
    topic: Mapped[str]
    dedupe_key: Mapped[str]
    delivery_id: Mapped[str] = mapped_column(default="")
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes | None]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="stored")
    note: Mapped[str] = mapped_column(default="")
    order_ref: Mapped[str | None]
    claims: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
