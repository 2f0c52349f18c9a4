"""What was learned from a shop's orders, and the orders as learning sees them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Amount, Base
from worker.store.types import new_id


class Purchase(Base):
    """The products of one order, told by a webhook or by an imported file. `person`: a keyed hash of the address.

    `value`: what was paid for it in the shop's currency, refunds taken off; None: not told, or in another currency.
    """

    __tablename__ = "purchase"
    __table_args__ = (UniqueConstraint("shop_id", "order_ref"), Index("ix_purchase_person", "shop_id", "person"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    order_ref: Mapped[str]  # the platform's order id
    person: Mapped[str] = mapped_column(default="")
    placed_at: Mapped[datetime]
    products: Mapped[list[Any]]
    value: Mapped[Decimal | None] = mapped_column(Amount)
    imported: Mapped[bool] = mapped_column(default=False)


class Suggestion(Base):
    """`product_id` was bought together with `when_product`, or with products of `when_category`; one of them is set.

    `support`: common orders, of `orders` with what was bought; `attachment`: the one by the other; `lift`: how many
    times more often than chance would have it. `position`: 0 is best.
    """

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("shop_id", "when_product", "when_category", "product_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    when_product: Mapped[str] = mapped_column(default="")
    when_category: Mapped[str] = mapped_column(default="")
    product_id: Mapped[str]
    position: Mapped[int]
    score: Mapped[float]
    support: Mapped[int]
    orders: Mapped[int]
    attachment: Mapped[float]
    lift: Mapped[float]
    computed_at: Mapped[datetime]


class Rhythm(Base):
    """After how many days people buy a product again, by `repeats` of the shop's own orders."""

    __tablename__ = "rhythm"

    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(primary_key=True)
    days: Mapped[float]
    repeats: Mapped[int]


class Learning(Base):
    """How far a shop's learning is. `seen_at`: orders changed before it were read; `is_stale`: something was imported.

    `person_key` makes hashes of addresses that only this shop's rows can be compared by. `figures`: see `evaluate`.
    `high_value_from`: what the top tenth of buyers spent in 12 months, in the shop's currency; None: too few to tell.
    """

    __tablename__ = "learning"

    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    person_key: Mapped[str]
    seen_at: Mapped[datetime | None]
    is_stale: Mapped[bool] = mapped_column(default=True)
    fitted_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    high_value_from: Mapped[Decimal | None] = mapped_column(Amount)
