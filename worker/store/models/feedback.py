"""What came back from providers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base
from worker.store.types import new_id


class DeliveryEvent(Base):
    """One event that a provider told of a message, kept once, whatever its kind; kinds are the provider's words.

    `attempt_id` is zero where the event names none. `at` is the provider's time, `received_at` database time. `details`
    keeps the event's own words without address, network address or browser.
    """

    __tablename__ = "delivery_event"
    __table_args__ = (UniqueConstraint("message_id", "attempt_id", "kind", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    attempt_id: Mapped[UUID]
    provider: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    received_at: Mapped[datetime]
