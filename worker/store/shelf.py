"""Rows that offers are chosen from, as plain tuples: a batch of mails reads thousands and changes none."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import SQLCoreOperations

from worker.store.models import Pairing, Product, Suggestion


class ShelfProduct(NamedTuple):
    """The fields of `Product` that offers and their cards look at."""

    shop_id: UUID
    product_id: str
    variant_id: str
    title: str
    short_title: str
    url: str
    image_url: str
    price: Decimal | None
    currency: str
    category: str
    brand: str
    tags: list[Any]
    inventory: int | None
    cost: Decimal | None
    refill_days: int | None
    upgrade_of: str
    upgrade_benefits: str
    rating: Decimal | None
    rating_count: int | None
    discreet: bool
    fits: list[Any]
    ships_to: list[Any]
    bundle_of: list[Any]
    is_active: bool
    unusable: str


class ShelfPairing(NamedTuple):
    """The fields of `Pairing`."""

    when_product: str
    when_category: str
    when_tag: str
    offer_product: str
    priority: int
    pitch: str
    not_before: str


class ShelfSuggestion(NamedTuple):
    """The fields of `Suggestion` that make an offer and prove it."""

    when_product: str
    when_category: str
    product_id: str
    score: float
    support: int
    orders: int


PRODUCT = tuple(getattr(Product, name) for name in ShelfProduct._fields)
PAIRING = tuple(getattr(Pairing, name) for name in ShelfPairing._fields)
SUGGESTION = tuple(getattr(Suggestion, name) for name in ShelfSuggestion._fields)
BY_VARIANT = (Product.product_id, Product.variant_id)


def shelf_products(
    session: Session, *where: ColumnElement[bool], order: tuple[SQLCoreOperations[Any], ...] = BY_VARIANT
) -> Iterator[ShelfProduct]:
    """Variants of the catalogue."""
    return starmap(ShelfProduct, session.execute(select(*PRODUCT).where(*where).order_by(*order)))


def shelf_pairings(session: Session, *where: ColumnElement[bool]) -> Iterator[tuple[ShelfPairing, ShelfProduct]]:
    """Pairings, oldest first, with each variant of what they offer."""
    joined = (Product.shop_id == Pairing.shop_id) & (Product.product_id == Pairing.offer_product)
    query = select(*PAIRING, *PRODUCT).join(Product, joined).where(*where).order_by(Pairing.id, Product.variant_id)
    for row in session.execute(query):
        yield ShelfPairing(*row[: len(PAIRING)]), ShelfProduct(*row[len(PAIRING) :])


def shelf_suggestions(session: Session, *where: ColumnElement[bool]) -> Iterator[ShelfSuggestion]:
    """What was learned, the best of each product or category first."""
    order = (Suggestion.when_category, Suggestion.when_product, Suggestion.position)
    return starmap(ShelfSuggestion, session.execute(select(*SUGGESTION).where(*where).order_by(*order)))
