"""The catalogue, the merchant's will, and what was offered."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from worker.store.models.base import Amount, Base
from worker.store.types import new_id


class Product(Base):
    """One variant of the catalogue (`variant_id` empty: the product has none). `tags` is a list of text.

    `fits`: product ids, categories or tags that it is made for (empty: anything); `ships_to`: ISO country codes (empty:
    everywhere); `bundle_of`: ids of the products that it holds, at a price of its own.
    `on_sale`: its price is a lowered one, as far as the platform tells; `needs_choice`: only a variant can be bought.
    `unusable`: why it is left out of offers (no image, dead URL scheme …); empty when it may be offered.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("shop_id", "product_id", "variant_id"),
        Index("ix_product_category", "shop_id", "category"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    product_id: Mapped[str]
    variant_id: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    short_title: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    image_url: Mapped[str] = mapped_column(default="")
    price: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(default="")
    on_sale: Mapped[bool] = mapped_column(default=False)
    category: Mapped[str] = mapped_column(default="")
    brand: Mapped[str] = mapped_column(default="")
    tags: Mapped[list[Any]] = mapped_column(default=list)
    inventory: Mapped[int | None]
    cost: Mapped[Decimal | None] = mapped_column(Amount)
    refill_days: Mapped[int | None]
    upgrade_of: Mapped[str] = mapped_column(default="")
    upgrade_benefits: Mapped[str] = mapped_column(default="")
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    rating_count: Mapped[int | None]
    discreet: Mapped[bool] = mapped_column(default=False)
    fits: Mapped[list[Any]] = mapped_column(default=list)
    ships_to: Mapped[list[Any]] = mapped_column(default=list)
    bundle_of: Mapped[list[Any]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    needs_choice: Mapped[bool] = mapped_column(default=False)
    unusable: Mapped[str] = mapped_column(default="")
    source_updated_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Pairing(Base):
    """The merchant's word: who bought `when_*` goes well with `offer_product`. Exactly one `when_*` is set."""

    __tablename__ = "pairing"
    __table_args__ = (UniqueConstraint("shop_id", "when_product", "when_category", "when_tag", "offer_product"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    when_product: Mapped[str] = mapped_column(default="")
    when_category: Mapped[str] = mapped_column(default="")
    when_tag: Mapped[str] = mapped_column(default="")
    offer_product: Mapped[str]
    priority: Mapped[int] = mapped_column(default=0)
    pitch: Mapped[str] = mapped_column(default="")
    not_before: Mapped[str] = mapped_column(default="")  # "", "shipped", "delivered"


class Guide(Base):
    """Tips for a product, category or tag in one language. Exactly one `for_*` is set."""

    __tablename__ = "guide"
    __table_args__ = (UniqueConstraint("shop_id", "for_product", "for_category", "for_tag", "language"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    for_product: Mapped[str] = mapped_column(default="")
    for_category: Mapped[str] = mapped_column(default="")
    for_tag: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    headline: Mapped[str]
    tips: Mapped[list[Any]]
    url: Mapped[str] = mapped_column(default="")


class OfferedProduct(Base):
    """A product shown (or about to be shown) in a message, with its reason in a true sentence."""

    __tablename__ = "offered_product"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        Index("ix_offered_product_address", "shop_id", "address"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    address: Mapped[str]
    position: Mapped[int]
    product_id: Mapped[str]
    variant_id: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]  # pairing | co_purchase | refill | upgrade …
    why: Mapped[str]
    proof: Mapped[str] = mapped_column(default="")  # what it rests on: "bought with Dripper 02 in 31 % of orders"
    created_at: Mapped[datetime]


class HiddenProduct(Base):
    """Not for me: never offered to this address again."""

    __tablename__ = "hidden_product"
    __table_args__ = (UniqueConstraint("shop_id", "address", "product_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    shop_id: Mapped[UUID] = mapped_column(ForeignKey("shop.id"))
    address: Mapped[str]
    product_id: Mapped[str]
    created_at: Mapped[datetime]
