"""The rows that offers are chosen from: one query a kind, by shop or person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from worker.personalisation.requests import OfferRequest
from worker.personalisation.rules import leading_products
from worker.store.many import are_among, is_among
from worker.store.models import HiddenProduct, OfferedProduct, OrderRow, Pairing, Product, Shop
from worker.store.shelf import ShelfPairing, ShelfProduct, ShelfSuggestion, shelf_pairings, shelf_products
from worker.store.shops import profile_of
from worker.store.suggestions import suggestions_for

Name = tuple[str, str]
"""What a pairing may ask for: `product`, `category` or `tag`, and which."""
Person = tuple[UUID, str]
PartPrices = dict[tuple[str, str], Decimal]
"""(product id, currency) -> price."""


def names_of(row: ShelfProduct) -> list[Name]:
    names = [("product", row.product_id), ("category", row.category), *(("tag", tag) for tag in row.tags)]
    return [name for name in names if name[1]]


def bought_rows(session: Session, requests: Sequence[OfferRequest]) -> dict[tuple[UUID, str], list[ShelfProduct]]:
    wanted = {(request.shop_id, name) for request in requests for name in leading_products(request.facts)}
    found: dict[tuple[UUID, str], list[ShelfProduct]] = defaultdict(list)
    for row in shelf_products(session, are_among(session, Product.shop_id, Product.product_id, sorted(wanted))):
        found[row.shop_id, row.product_id].append(row)
    return found


def pairings_for(
    session: Session, bought: dict[tuple[UUID, str], list[ShelfProduct]]
) -> dict[UUID, list[tuple[ShelfPairing, ShelfProduct]]]:
    """By shop: every pairing that anything bought may lead to, in the order of their ids."""
    wanted: dict[UUID, set[Name]] = defaultdict(set)
    for (shop_id, _), rows in bought.items():
        wanted[shop_id].update(name for row in rows for name in names_of(row))
    return {shop_id: _pairings_of(session, shop_id, names) for shop_id, names in wanted.items()}


def learned_for(
    session: Session, bought: dict[tuple[UUID, str], list[ShelfProduct]]
) -> dict[UUID, list[tuple[ShelfSuggestion, ShelfProduct]]]:
    """By shop: what was learned for anything bought."""
    products: dict[UUID, set[str]] = defaultdict(set)
    categories: dict[UUID, set[str]] = defaultdict(set)
    for (shop_id, name), rows in bought.items():
        products[shop_id].add(name)
        categories[shop_id].update(row.category for row in rows if row.category)
    return {
        shop_id: suggestions_for(session, shop_id, names, categories[shop_id]) for shop_id, names in products.items()
    }


def _pairings_of(session: Session, shop_id: UUID, names: set[Name]) -> list[tuple[ShelfPairing, ShelfProduct]]:
    def of(kind: str) -> list[str]:
        return sorted(name for field, name in names if field == kind)

    fits = or_(
        is_among(session, Pairing.when_product, of("product")),
        is_among(session, Pairing.when_category, of("category")),
        is_among(session, Pairing.when_tag, of("tag")),
    )
    return list(shelf_pairings(session, Pairing.shop_id == shop_id, fits))


def part_prices(
    session: Session, candidates: Iterable[Mapping[UUID, Sequence[tuple[Any, ShelfProduct]]]]
) -> dict[UUID, PartPrices]:
    """By shop: what the parts of the sets among the candidates cost, the first variant of each."""
    rows = (row for each in candidates for pairs in each.values() for _, row in pairs)
    wanted = sorted({(row.shop_id, name) for row in rows for name in row.bundle_of})
    found: dict[UUID, PartPrices] = defaultdict(dict)
    if wanted:
        parts = are_among(session, Product.shop_id, Product.product_id, wanted)
        order = (Product.product_id, Product.variant_id.desc())
        for row in shelf_products(session, parts, Product.price.is_not(None), order=order):
            found[row.shop_id][row.product_id, row.currency] = row.price or Decimal(0)
    return found


def hidden_products(session: Session, people: Sequence[Person]) -> dict[Person, list[str]]:
    mine = are_among(session, HiddenProduct.shop_id, HiddenProduct.address, people)
    found: dict[Person, list[str]] = defaultdict(list)
    columns = (HiddenProduct.shop_id, HiddenProduct.address, HiddenProduct.product_id)
    for shop_id, address, product_id in session.execute(select(*columns).where(mine)):
        found[shop_id, address].append(product_id)
    return found


def offered_products(session: Session, people: Sequence[Person]) -> dict[Person, list[tuple[UUID, str, datetime]]]:
    """Oldest first."""
    mine = are_among(session, OfferedProduct.shop_id, OfferedProduct.address, people)
    found: dict[Person, list[tuple[UUID, str, datetime]]] = defaultdict(list)
    columns = (OfferedProduct.shop_id, OfferedProduct.address, OfferedProduct.message_id, OfferedProduct.product_id)
    query = select(*columns, OfferedProduct.created_at).where(mine).order_by(OfferedProduct.created_at)
    for shop_id, address, message_id, product_id, at in session.execute(query):
        found[shop_id, address].append((message_id, product_id, at))
    return found


def locales_of(session: Session, requests: Sequence[OfferRequest]) -> dict[UUID, str]:
    wanted = {request.shop_id for request in requests}
    shops = session.scalars(select(Shop).where(is_among(session, Shop.id, wanted)))
    return {shop.id: profile_of(shop).locale for shop in shops}


def earlier_orders(session: Session, requests: Sequence[OfferRequest]) -> dict[Person, list[Facts]]:
    """Facts of all orders of those people whose orders the caller did not bring."""
    found: dict[Person, list[Facts]] = defaultdict(list)
    people = sorted({(request.shop_id, request.address) for request in requests})
    if people:
        mine = are_among(session, OrderRow.shop_id, OrderRow.address, people)
        columns = (OrderRow.shop_id, OrderRow.address, OrderRow.facts)
        for shop_id, address, facts in session.execute(select(*columns).where(mine)):
            found[shop_id, address].append(Facts.model_validate(facts))
    return found
