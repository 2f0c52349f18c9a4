"""Discount codes: those of orders, and those that a shop made in advance."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Amount, Base, partial_index
from worker.store.types import new_id


class DiscountCode(Base):
    """One code per order. States: reserved · created · redeemed · expired · revoked.

    `backend`: who knows it: shopify | woocommerce | pool | outbox (nobody: the mails are only kept). `only`: product
    ids that it is for; empty: everything but `never_on`, a `schedules.codes.NeverOn` as JSON.

    The shop's side is a to-do on the row, for `source_id`. `due_at`: when the shop is to hear of it next (business
    time; null: nothing to tell): a live code is put there, a revoked one taken back. `wanted_at`: since when it waits;
    `told`: the terms that the shop confirmed, at `told_at`. `claimed_until` is database time.

    `redeemed_by_other`: somebody else than the recipient used it, in the order `redeemed_in`.
    """

    __tablename__ = "discount_code"
    __table_args__ = (
        UniqueConstraint("shop_id", "code"),
        UniqueConstraint("order_id"),
        Index("ix_discount_code_address", "shop_id", "address"),
        Index("ix_discount_code_state", "shop_id", "state", "redeemed_by_other"),  # counting reads the index alone
        partial_index("ix_discount_code_due", "due_at IS NOT NULL", "due_at"),
        partial_index("ix_discount_code_ending", "state IN ('reserved', 'created')", "ends_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id"))
    address: Mapped[str]
    code: Mapped[str]
    kind: Mapped[str]  # percent | amount | free_shipping
    value: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(default="")
    minimum_spend: Mapped[Decimal | None] = mapped_column(Amount)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    only: Mapped[list[Any]] = mapped_column(default=list)
    never_on: Mapped[dict[str, Any]] = mapped_column(default=dict)
    segment: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="reserved")
    reason: Mapped[str] = mapped_column(default="")
    backend: Mapped[str] = mapped_column(default="outbox")
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("source.id"))
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    told_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    wanted_at: Mapped[datetime | None]
    first_tried_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    claims: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    redeemed_in: Mapped[UUID | None] = mapped_column(ForeignKey("customer_order.id"))
    redeemed_by_other: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class PoolCode(Base):
    """A code that the shop made in advance, for one order to take. `ends_at` null: it does not end there.

    `taken_at`: when an order took it; it is never given out again.
    """

    __tablename__ = "pool_code"
    __table_args__ = (
        UniqueConstraint("shop_id", "code"),
        partial_index("ix_pool_code_free", "taken_at IS NULL", "shop_id", "kind", "value"),
        partial_index("ix_pool_code_taken", "taken_at IS NOT NULL", "shop_id", "taken_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    code: Mapped[str]
    kind: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(default="")
    minimum_spend: Mapped[Decimal | None] = mapped_column(Amount)
    ends_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
