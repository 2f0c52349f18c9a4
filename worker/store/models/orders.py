"""Orders as merged facts, and the people behind them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Base
from worker.store.types import new_id


class OrderRow(Base):
    """`facts` is a `schedules.facts.Facts` as JSON; `version` grows with each change and guards the gate.

    `unsent`: step -> readable reason why nothing is planned for it. `pinned`: locale, currency, timezone at order time.
    `delivered_at` and `is_apart` repeat what other orders of the person look at in the facts: when all of it arrived,
    or should have, and whether it takes no part in a follow-up for several orders.
    `imported`: known from history only; starts nothing. `erased_at`: its person was erased; nothing that comes later
    brings them back.
    """

    __tablename__ = "customer_order"
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_customer_order_number", "shop_id", "number"),
        Index("ix_customer_order_address", "shop_id", "address", "placed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"))
    external_id: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    address: Mapped[str | None]  # the customer's email address, lower case
    placed_at: Mapped[datetime | None]
    # Before the facts: SQLite reads a row from its beginning.
    delivered_at: Mapped[datetime | None]
    is_apart: Mapped[bool] = mapped_column(default=True)
    facts: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=0)
    pinned: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unsent: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hold: Mapped[str | None]  # reason of a manual hold (`postpurchase hold`)
    imported: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]
    revision: Mapped[int | None]  # number of the content revision whose steps apply
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """What people call it: its number, or the platform's id where it has none."""
        return self.number or self.external_id


class CustomerRow(Base):
    """One person of a shop, keyed by address (lower case). `consent` is the newest state told by any event."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("shop_id", "address"), Index("ix_customer_external", "shop_id", "external_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    address: Mapped[str]
    external_id: Mapped[str | None]
    consent: Mapped[str] = mapped_column(default="unknown")
    consent_at: Mapped[datetime | None]
    orders_count: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Erasure(Base):
    """Somebody was erased `at` that business time; `person`: a keyed hash of their address or of the platform's id.

    Kept as long as raw webhooks are: what was told before it brings nobody back.
    """

    __tablename__ = "erasure"
    __table_args__ = (UniqueConstraint("shop_id", "person"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    person: Mapped[str]
    at: Mapped[datetime]
