"""What the offers of a batch of mails are chosen from, read in one query a kind and kept by shop."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.situations import is_bought, is_subscription
from worker.personalisation.afterwards import Afterwards, Past
from worker.personalisation.bought import bought_products, leading_products, returned_products
from worker.personalisation.candidates import Item, Paired, Proof
from worker.personalisation.items import item_of
from worker.personalisation.requests import OfferRequest
from worker.personalisation.rules import looks_back
from worker.personalisation.shelves import (
    Name,
    PartPrices,
    bought_rows,
    earlier_orders,
    hidden_products,
    learned_for,
    locales_of,
    names_of,
    offered_products,
    pairings_for,
    part_prices,
    parts_of_sets,
)
from worker.store.histories import Histories
from worker.store.shelf import ShelfPairing, ShelfProduct, ShelfSuggestion, shelf_products

Row = TypeVar("Row", ShelfPairing, ShelfSuggestion)

NONE = frozenset[str]()


class Stock:
    """Read for some requests, and good for those alone. `histories`: of their people, when they were read already."""

    def __init__(self, session: Session, requests: Sequence[OfferRequest], histories: Histories | None = None) -> None:
        self._bought = bought_rows(session, requests)
        self._rows = {request.message_id: self._rows_bought(request) for request in requests}
        requests = [request for request in requests if self._rows[request.message_id]]  # nothing else leads to an offer
        people = {(request.shop_id, request.address) for request in requests}
        pairings, learned = pairings_for(session, self._bought), learned_for(session, self._bought)
        self._histories = histories or Histories(session, people)
        self._hidden = hidden_products(session, people)
        self._offered = offered_products(session, people)
        prices = part_prices(session, [pairings, learned])
        items = {shop_id: _Items(prices.get(shop_id)) for shop_id in self._bought}
        self._paired_with = _by_name(pairings, _when, items)
        self._learned_for = _by_name(learned, _learned_when, items)
        self._afterwards = Afterwards(session, requests, self._bought)
        self._locales = locales_of(session, requests)
        self._earlier = earlier_orders(session, [request for request in requests if request.earlier is None])
        self._names = {request.message_id: self._names_bought(request) for request in requests}
        self._parts = self._parts_bought(session, requests)

    def candidates(self, request: OfferRequest) -> Iterable[tuple[Paired, ShelfProduct]]:
        """Pairings that fit what was bought and what was learned for it, with each variant of the product they offer.

        A discreet product leads to no offer: that would give it away.
        """
        rows = self._rows[request.message_id]
        if not rows:
            return
        causes = causes_of(row for row in rows if not row.discreet)
        titles = {word: cause.title for (_, word), cause in reversed(causes.items())}
        paired, learned = self._paired_with[request.shop_id], self._learned_for[request.shop_id]
        for name, cause in causes.items():
            for pairing, item, product in paired.get(name, ()):
                yield _paired(pairing, item, cause, _fits(item, titles)), product
            for suggestion, item, product in learned.get(name, ()):
                yield _suggested(suggestion, item, cause, _fits(item, titles)), product
        if looks_back(request.step):
            yield from self._afterwards.candidates(request, self._past(request))

    def _rows_bought(self, request: OfferRequest) -> list[ShelfProduct]:
        """Every variant of what was just bought."""
        bought = self._bought.get(request.shop_id)
        return [row for name in sorted(set(request.leading)) for row in bought.get(name, ())] if bought else []

    def names(self, request: OfferRequest) -> frozenset[str]:
        """Ids, categories and tags of what was just bought."""
        return frozenset([name for row in self._rows[request.message_id] for _, name in names_of(row)])

    def categories(self, request: OfferRequest) -> frozenset[str]:
        """Categories of what was just bought."""
        return frozenset([row.category for row in self._rows[request.message_id] if row.category])

    def bought(self, request: OfferRequest) -> frozenset[str]:
        """What the person bought in any order, alone or as a part of a set."""
        names = self._names[request.message_id]
        if not self._parts:
            return names
        return names.union(*(self._parts.get((request.shop_id, name), ()) for name in names))

    def _names_bought(self, request: OfferRequest) -> frozenset[str]:
        imported = self._histories.products(request.shop_id, request.address)
        return imported.union(*[bought_products(facts) for facts in self._orders(request)])

    def _parts_bought(
        self, session: Session, requests: Sequence[OfferRequest]
    ) -> dict[tuple[UUID, str], frozenset[str]]:
        """What lies in the sets that were bought; what leads to offers was read already."""
        names = {(request.shop_id, name) for request in requests for name in self._names[request.message_id]}
        read = {(request.shop_id, name) for request in requests for name in request.leading}
        known = (rows for own in self._bought.values() for rows in own.values())
        return parts_of_sets(chain(*known, shelf_products(session, names - read)))

    def returned(self, request: OfferRequest) -> frozenset[str]:
        """What the person sent back, of any order."""
        return NONE.union(*[returned_products(facts) for facts in self._orders(request)])

    def _orders(self, request: OfferRequest) -> tuple[Facts, ...]:
        """All orders of the person known from webhooks, the one at hand included."""
        earlier = request.earlier
        if earlier is None:
            earlier = tuple(self._earlier.get((request.shop_id, request.address), ()))
        return (request.facts, *earlier)

    def _past(self, request: OfferRequest) -> dict[str, Past]:
        """When the person bought each product; what comes by subscription is left out, for nobody need buy it again."""
        times: dict[str, set[datetime]] = defaultdict(set)
        told = {facts.order.id for facts in self._orders(request) if facts.order}
        for facts in self._orders(request):
            if facts.order is not None and is_bought(facts):
                for name in leading_products(facts):
                    times[name].add(facts.order.placed_at)
        for order in self._histories.orders(request.shop_id, request.address):
            for name in order.products if order.ref not in told else ():
                times[name].add(order.placed_at)
        comes = self._subscribed(request)
        return {name: Past(name, tuple(sorted(each))) for name, each in times.items() if name not in comes}

    def _subscribed(self, request: OfferRequest) -> frozenset[str]:
        orders = (facts for facts in self._orders(request) if is_bought(facts))
        told = (facts for facts in orders if facts.order and is_subscription(facts.order))
        return NONE.union(*map(bought_products, told))

    def hidden(self, request: OfferRequest) -> frozenset[str]:
        return frozenset(self._hidden.get((request.shop_id, request.address), NONE))

    def offered(self, request: OfferRequest) -> dict[str, datetime]:
        """What other mails showed this person, and when last: seen and passed over. No product twice."""
        shown = self._offered.get((request.shop_id, request.address), ())
        return {product_id: at for message_id, product_id, at in shown if message_id != request.message_id}

    def locale(self, request: OfferRequest) -> str:
        """The shop's locale."""
        return self._locales[request.shop_id]


class Cause(NamedTuple):
    """What was bought under one name: the short title of the first such product, and the ids of all."""

    title: str
    products: set[str]


def causes_of(bought: Iterable[ShelfProduct]) -> dict[Name, Cause]:
    """What pairings may ask for -> the products that have it."""
    causes: dict[Name, Cause] = {}
    for row in bought:
        for name in names_of(row):
            causes.setdefault(name, Cause(row.short_title or row.title, set())).products.add(row.product_id)
    return causes


class _Items:
    """A shop's products as the rules see them: what many mails may show is looked at as one."""

    def __init__(self, prices: PartPrices | None) -> None:
        self._prices = prices
        self._items: dict[tuple[str, str], Item] = {}

    def of(self, product: ShelfProduct) -> Item:
        key = (product.product_id, product.variant_id)
        found = self._items.get(key)
        if found is None:
            found = self._items[key] = item_of(product, self._prices)
        return found


def _by_name(
    found: Mapping[UUID, Sequence[tuple[Row, ShelfProduct]]],
    name_of: Callable[[Row], Name],
    items: Mapping[UUID, _Items],
) -> dict[UUID, dict[Name, list[tuple[Row, Item, ShelfProduct]]]]:
    """By shop and what it is said of: a request looks at its own alone."""
    named: dict[UUID, dict[Name, list[tuple[Row, Item, ShelfProduct]]]] = {}
    for shop_id, pairs in found.items():
        own, item_of_row = named.setdefault(shop_id, {}), items[shop_id].of
        for row, product in pairs:
            own.setdefault(name_of(row), []).append((row, item_of_row(product), product))
    return named


def _when(pairing: ShelfPairing) -> Name:
    if pairing.when_product:
        return "product", pairing.when_product
    return ("category", pairing.when_category) if pairing.when_category else ("tag", pairing.when_tag)


def _fits(item: Item, titles: Mapping[str, str]) -> str:
    """The title of what was bought that a product was made for. `titles`: by id, category and tag."""
    return next((titles[name] for name in item.fits if name in titles), "") if item.fits else ""


def _paired(pairing: ShelfPairing, item: Item, cause: Cause, fits_title: str) -> Paired:
    return Paired(
        item=item,
        priority=pairing.priority,
        pitch=pairing.pitch,
        not_before=pairing.not_before,
        for_title=cause.title,
        fits_title=fits_title,
        goes_with=frozenset(cause.products),
    )


def _learned_when(suggestion: ShelfSuggestion) -> Name:
    return ("product", suggestion.when_product) if suggestion.when_product else ("category", suggestion.when_category)


def _suggested(suggestion: ShelfSuggestion, item: Item, cause: Cause, fits_title: str) -> Paired:
    is_product = bool(suggestion.when_product)
    return Paired(
        item=item,
        for_title=cause.title if is_product else suggestion.when_category,
        fits_title=fits_title,
        goes_with=frozenset(cause.products),
        kind="co_purchase" if is_product else "best_seller",
        proof=Proof(score=suggestion.score, support=suggestion.support, orders=suggestion.orders),
    )
