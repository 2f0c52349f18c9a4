"""The rows that offers are chosen from: one query a kind, by shop or person."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.lifecycle import State
from worker.personalisation.requests import OfferRequest
from worker.store.many import are_among, given_pairs, is_among, once, rows_for
from worker.store.models import HiddenProduct, Message, OfferedProduct, OrderRow, Shop
from worker.store.shelf import ShelfPairing, ShelfProduct, ShelfSuggestion, shelf_pairings, shelf_products
from worker.store.shops import profile_of
from worker.store.suggestions import suggestions_for

Name = tuple[str, str]
"""What a pairing may ask for: `product`, `category` or `tag`, and which."""
Person = tuple[UUID, str]
UNSEEN = (State.EXPIRED, State.CANCELLED, State.SKIPPED, State.FAILED, State.DROPPED, State.BOUNCED)
"""Nobody has seen what mails in these states were to show."""
Shelf = Mapping[UUID, Mapping[str, Sequence[ShelfProduct]]]
"""By shop: product id -> its variants."""
PartPrices = dict[tuple[str, str], Decimal]
"""(product id, currency) -> price."""


def names_of(row: ShelfProduct) -> list[Name]:
    names = [("product", row.product_id), ("category", row.category), *(("tag", tag) for tag in row.tags)]
    return [name for name in names if name[1]]


def bought_rows(session: Session, requests: Sequence[OfferRequest]) -> Shelf:
    """What was just bought, as far as the catalogue knows it."""
    wanted = {(request.shop_id, name) for request in requests for name in request.leading}
    found: dict[UUID, dict[str, list[ShelfProduct]]] = {}
    for row in shelf_products(session, wanted):
        found.setdefault(row.shop_id, {}).setdefault(row.product_id, []).append(row)
    return found


def pairings_for(session: Session, bought: Shelf) -> dict[UUID, list[tuple[ShelfPairing, ShelfProduct]]]:
    """By shop: every pairing that anything bought may lead to, in the order of their ids."""
    return {
        shop_id: _pairings_of(
            session, shop_id, {name for rows in own.values() for row in rows for name in names_of(row)}
        )
        for shop_id, own in bought.items()
    }


def learned_for(session: Session, bought: Shelf) -> dict[UUID, list[tuple[ShelfSuggestion, ShelfProduct]]]:
    """By shop: what was learned for anything bought."""
    return {
        shop_id: suggestions_for(
            session, shop_id, own, {row.category for rows in own.values() for row in rows if row.category}
        )
        for shop_id, own in bought.items()
    }


def _pairings_of(session: Session, shop_id: UUID, names: set[Name]) -> list[tuple[ShelfPairing, ShelfProduct]]:
    def of(kind: str) -> list[str]:
        return sorted(name for field, name in names if field == kind)

    return list(shelf_pairings(session, shop_id, of("product"), of("category"), of("tag")))


def part_prices(
    session: Session, candidates: Iterable[Mapping[UUID, Sequence[tuple[Any, ShelfProduct]]]]
) -> dict[UUID, PartPrices]:
    """By shop: what the parts of the sets among the candidates cost one by one: the cheapest variant that is sold."""
    rows = (row for each in candidates for pairs in each.values() for _, row in pairs)
    wanted = {(row.shop_id, name) for row in rows for name in row.bundle_of}
    found: dict[UUID, PartPrices] = defaultdict(dict)
    for row in shelf_products(session, wanted):
        if row.price is not None and row.is_active:
            prices, name = found[row.shop_id], (row.product_id, row.currency)
            prices[name] = min(prices.get(name, row.price), row.price)
    return found


def parts_of_sets(rows: Iterable[ShelfProduct]) -> dict[tuple[UUID, str], frozenset[str]]:
    """By product, where it is a set: ids of what lies in it."""
    sets: dict[tuple[UUID, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.bundle_of:
            sets[row.shop_id, row.product_id].update(row.bundle_of)
    return {name: frozenset(parts) for name, parts in sets.items()}


def hidden_products(session: Session, people: Collection[Person]) -> dict[Person, set[str]]:
    found: dict[Person, set[str]] = defaultdict(set)
    for shop_id, address, product_id in rows_for(session, _hidden(session), people):
        found[shop_id, address].add(product_id)
    return found


@once
def _hidden(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (HiddenProduct.shop_id, HiddenProduct.address, HiddenProduct.product_id)
    return select(*columns).where(given_pairs(session, HiddenProduct.shop_id, HiddenProduct.address))


def offered_products(session: Session, people: Collection[Person]) -> dict[Person, list[tuple[UUID, str, datetime]]]:
    """What mails showed, or are about to show; oldest first."""
    found: dict[Person, list[tuple[UUID, str, datetime]]] = defaultdict(list)
    for shop_id, address, message_id, product_id, at in rows_for(session, _offered(session), people):
        found[shop_id, address].append((message_id, product_id, at))
    return found


@once
def _offered(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (OfferedProduct.shop_id, OfferedProduct.address, OfferedProduct.message_id, OfferedProduct.product_id)
    mine = given_pairs(session, OfferedProduct.shop_id, OfferedProduct.address)
    shown = select(*columns, OfferedProduct.created_at).join(Message, Message.id == OfferedProduct.message_id)
    return shown.where(mine, Message.state.not_in(UNSEEN)).order_by(OfferedProduct.created_at)


def locales_of(session: Session, requests: Sequence[OfferRequest]) -> dict[UUID, str]:
    """Of the shops of orders that name no locale of their own."""
    wanted = {each.shop_id for each in requests if each.facts.order is None or not each.facts.order.locale}
    if not wanted:
        return {}
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
