"""Rows that offers are chosen from, as plain tuples: a batch of mails reads thousands and changes none."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from worker.store.many import given_among, given_pairs, once, rows_for, rows_of
from worker.store.models import Guide, Pairing, Product, Suggestion


class ShelfProduct(NamedTuple):
    """The fields of `Product` that offers and their cards look at. `needs_choice`: there are other variants too."""

    shop_id: UUID
    product_id: str
    variant_id: str
    title: str
    short_title: str
    url: str
    image_url: str
    price: Decimal | None
    currency: str
    on_sale: bool
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
    needs_choice: bool
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

    when_category: str
    when_product: str
    position: int
    product_id: str
    score: float
    support: int
    orders: int


class ShelfGuide(NamedTuple):
    """The fields of `Guide`."""

    id: UUID
    shop_id: UUID
    for_product: str
    for_category: str
    for_tag: str
    language: str
    headline: str
    tips: list[Any]
    url: str


PRODUCT = tuple(getattr(Product, name) for name in ShelfProduct._fields)
PAIRING = tuple(getattr(Pairing, name) for name in ShelfPairing._fields)
SUGGESTION = tuple(getattr(Suggestion, name) for name in ShelfSuggestion._fields)
GUIDE = tuple(getattr(Guide, name) for name in ShelfGuide._fields)
BY_VARIANT = (Product.product_id, Product.variant_id)
Named = tuple[UUID, str]
"""A shop and a product id of it."""


def shelf_products(session: Session, names: Iterable[Named]) -> Iterator[ShelfProduct]:
    """Each variant of these products."""
    return _products(session, _by_id(session), names)


def shelf_upgrades(session: Session, names: Iterable[Named]) -> Iterator[ShelfProduct]:
    """Each variant of what is better than one of these products."""
    return _products(session, _by_what_they_better(session), names)


def shelf_of(session: Session, shop_id: UUID) -> Iterator[ShelfProduct]:
    """All that a shop sells."""
    query = select(*PRODUCT).where(Product.shop_id == shop_id, Product.is_active).order_by(*BY_VARIANT)
    return starmap(ShelfProduct, session.execute(query))


def shelf_pairings(
    session: Session, shop_id: UUID, products: list[str], categories: list[str], tags: list[str]
) -> Iterator[tuple[ShelfPairing, ShelfProduct]]:
    """Pairings of anything named, oldest first, with what they offer: the variants that offers tell apart."""
    told = {"shop": shop_id, "products": products, "categories": categories, "tags": tags}
    rows = rows_of(session, _pairings(session), told).all()
    pairings = [ShelfPairing(*row[: len(PAIRING)]) for row in rows]
    offered = _as_sold(ShelfProduct(*row[len(PAIRING) :]) for row in rows)
    kept = {row[:3] for row in told_apart(offered)}
    yield from (pair for pair in zip(pairings, offered, strict=True) if pair[1][:3] in kept)


def shelf_suggestions(
    session: Session, shop_id: UUID, products: list[str], categories: list[str]
) -> list[ShelfSuggestion]:
    """What was learned for anything named, the best of each product or category first."""
    told = {"shop": shop_id, "products": products, "categories": categories}
    return sorted(starmap(ShelfSuggestion, rows_of(session, _suggestions(session), told).all()))


def shelf_guides(
    session: Session,
    shops: list[UUID],
    languages: list[str],
    products: list[str],
    categories: list[str],
    tags: list[str],
) -> Iterator[ShelfGuide]:
    """Guides of these shops in these languages for anything named."""
    named = {"products": products, "categories": categories, "tags": tags}
    return starmap(ShelfGuide, rows_of(session, _guides(session), named | {"shops": shops, "languages": languages}))


def _products(session: Session, query: Select[Any], names: Iterable[Named]) -> Iterator[ShelfProduct]:
    return iter(_as_sold(starmap(ShelfProduct, rows_for(session, query, names))))


def told_apart(rows: Sequence[ShelfProduct]) -> Sequence[ShelfProduct]:
    """Of variants that offers judge alike the one of which most is left: there may be a hundred of each shirt."""
    if len(rows) < 2:
        return rows
    best: dict[tuple[Any, ...], ShelfProduct] = {}
    for row in rows:
        alike = (*row[:2], not row.variant_id, row.price, row.currency, row.on_sale, row.cost, row.category, row.brand)
        lists = map(tuple, (row.tags, row.fits, row.ships_to, row.bundle_of))
        key = (*alike, row.is_active, row.unusable, row.discreet, *lists)
        if key not in best or _left(row) > _left(best[key]):
            best[key] = row
    return list(best.values())


def _left(row: ShelfProduct) -> float:
    return math.inf if row.inventory is None else row.inventory


def _as_sold(rows: Iterable[ShelfProduct]) -> list[ShelfProduct]:
    """Each variant in the light of the others. With a product that is not sold none of its variants is: platforms that
    tell of both apart leave those as they are."""
    every = list(rows)
    if len({row.product_id for row in every}) == len(every):  # none has others
        return every
    closed = {row[:2] for row in every if not row.variant_id and not row.is_active}
    variants: dict[Any, set[str]] = defaultdict(set)
    for row in every:
        if row.variant_id and row.is_active:
            variants[row[:2]].add(row.variant_id)
    return [_beside(row, variants[row[:2]], is_closed=row[:2] in closed) for row in every]


def _beside(row: ShelfProduct, variants: set[str], *, is_closed: bool) -> ShelfProduct:
    others = len(variants) - (row.variant_id in variants)
    if not others and not is_closed:
        return row
    return row._replace(is_active=row.is_active and not is_closed, needs_choice=row.needs_choice or others > 0)


@once
def _by_id(session: Session) -> Select[Any]:
    wanted = given_pairs(session, Product.shop_id, Product.product_id)
    return select(*PRODUCT).where(wanted).order_by(*BY_VARIANT)


@once
def _by_what_they_better(session: Session) -> Select[Any]:
    wanted = given_pairs(session, Product.shop_id, Product.upgrade_of)
    return select(*PRODUCT).where(wanted).order_by(*BY_VARIANT)


@once
def _guides(session: Session) -> Select[*tuple[Any, ...]]:
    mine = (given_among(session, Guide.shop_id, "shops"), given_among(session, Guide.language, "languages"))
    fits = or_(
        given_among(session, Guide.for_product, "products"),
        given_among(session, Guide.for_category, "categories"),
        given_among(session, Guide.for_tag, "tags"),
    )
    return select(*GUIDE).where(*mine, fits)


@once
def _pairings(session: Session) -> Select[Any]:
    fits = or_(
        given_among(session, Pairing.when_product, "products"),
        given_among(session, Pairing.when_category, "categories"),
        given_among(session, Pairing.when_tag, "tags"),
    )
    joined = (Product.shop_id == Pairing.shop_id) & (Product.product_id == Pairing.offer_product)
    query = select(*PAIRING, *PRODUCT).join(Product, joined).where(Pairing.shop_id == bindparam("shop"), fits)
    return query.order_by(Pairing.id, Product.variant_id)


@once
def _suggestions(session: Session) -> CompoundSelect[Any]:
    """Two parts of one table each: joined, or with an OR, SQLite walks through the whole catalogue."""
    mine = select(*SUGGESTION).where(Suggestion.shop_id == bindparam("shop"))
    products = given_among(session, Suggestion.when_product, "products")
    categories = given_among(session, Suggestion.when_category, "categories")
    parts = (products, Suggestion.when_category == ""), (Suggestion.when_product == "", categories)
    return union_all(*(mine.where(*part) for part in parts))
