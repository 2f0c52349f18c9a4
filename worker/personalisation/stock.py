"""What the offers of a batch of mails are chosen from, read in one query a kind and kept by shop."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from schedules.facts import Facts
from worker.personalisation.afterwards import Afterwards, Past
from worker.personalisation.candidates import Paired, Proof
from worker.personalisation.items import item_of
from worker.personalisation.requests import OfferRequest
from worker.personalisation.rules import bought_products, leading_products, returned_products
from worker.personalisation.segments import counts_as_bought
from worker.store.histories import Histories
from worker.store.many import are_among, is_among
from worker.store.models import HiddenProduct, OfferedProduct, OrderRow, Pairing, Product, Shop, Suggestion
from worker.store.shops import profile_of
from worker.store.suggestions import suggestions_for

Name = tuple[str, str]
"""What a pairing may ask for: `product`, `category` or `tag`, and which."""
Person = tuple[UUID, str]


class Stock:
    """Read for some requests, and good for those alone. `histories`: of their people, when they were read already."""

    def __init__(self, session: Session, requests: Sequence[OfferRequest], histories: Histories | None = None) -> None:
        people = sorted({(request.shop_id, request.address) for request in requests})
        self._bought = _bought_rows(session, requests)
        self._pairings = _pairings(session, self._bought)
        self._learned = _learned(session, self._bought)
        self._histories = histories or Histories(session, people)
        self._hidden = _hidden(session, people)
        self._offered = _offered(session, people)
        self._afterwards = Afterwards(session, requests, self._bought)
        self._locales = _locales(session, requests)
        self._earlier = _earlier(session, [request for request in requests if request.earlier is None])

    def candidates(self, request: OfferRequest) -> Iterable[tuple[Paired, Product]]:
        """Pairings that fit what was bought and what was learned for it, with each variant of the product they offer.

        A discreet product leads to no offer: that would give it away.
        """
        wanted = sorted(set(leading_products(request.facts)))
        bought = [row for name in wanted for row in self._bought.get((request.shop_id, name), ())]
        titles = titles_of(row for row in bought if not row.discreet)
        for pairing, product in self._pairings.get(request.shop_id, ()):
            title = titles.get(_when(pairing))
            if title is not None:
                yield _paired(pairing, product, title), product
        for suggestion, product in self._learned.get(request.shop_id, ()):
            title = titles.get(_learned_when(suggestion))
            if title is not None:
                yield _suggested(suggestion, product, title), product
        yield from self._afterwards.candidates(request, self._past(request))

    def names(self, request: OfferRequest) -> frozenset[str]:
        """Ids, categories and tags of what was just bought."""
        bought = (self._bought.get((request.shop_id, name), ()) for name in leading_products(request.facts))
        return frozenset(name for rows in bought for row in rows for _, name in _names(row))

    def categories(self, request: OfferRequest) -> frozenset[str]:
        """Categories of what was just bought."""
        bought = (self._bought.get((request.shop_id, name), ()) for name in leading_products(request.facts))
        return frozenset(row.category for rows in bought for row in rows if row.category)

    def bought(self, request: OfferRequest) -> frozenset[str]:
        """What the person bought in any order."""
        imported = self._histories.products(request.shop_id, request.address)
        return imported.union(*(bought_products(facts) for facts in self._orders(request)))

    def returned(self, request: OfferRequest) -> frozenset[str]:
        """What the person sent back, of any order."""
        return frozenset[str]().union(*(returned_products(facts) for facts in self._orders(request)))

    def _orders(self, request: OfferRequest) -> tuple[Facts, ...]:
        """All orders of the person known from webhooks, the one at hand included."""
        earlier = request.earlier
        if earlier is None:
            earlier = tuple(self._earlier.get((request.shop_id, request.address), ()))
        return (request.facts, *earlier)

    def _past(self, request: OfferRequest) -> dict[str, Past]:
        """When the person bought each product."""
        times: dict[str, set[datetime]] = defaultdict(set)
        told = {facts.order.id for facts in self._orders(request) if facts.order}
        for facts in self._orders(request):
            if facts.order is not None and counts_as_bought(facts):
                for name in leading_products(facts):
                    times[name].add(facts.order.placed_at)
        for order in self._histories.orders(request.shop_id, request.address):
            for name in order.products if order.ref not in told else ():
                times[name].add(order.placed_at)
        return {name: Past(name, tuple(sorted(each))) for name, each in times.items()}

    def hidden(self, request: OfferRequest) -> frozenset[str]:
        return frozenset(self._hidden.get((request.shop_id, request.address), ()))

    def offered(self, request: OfferRequest) -> dict[str, datetime]:
        """What other mails showed this person, and when last: seen and passed over. No product twice."""
        shown = self._offered.get((request.shop_id, request.address), ())
        return {product_id: at for message_id, product_id, at in shown if message_id != request.message_id}

    def locale(self, request: OfferRequest) -> str:
        """The shop's locale."""
        return self._locales[request.shop_id]


def titles_of(bought: Iterable[Product]) -> dict[Name, str]:
    """What pairings may ask for -> the short title of the product that has it."""
    titles: dict[Name, str] = {}
    for row in bought:
        for name in _names(row):
            titles.setdefault(name, row.short_title or row.title)
    return titles


def _names(row: Product) -> list[Name]:
    names = [("product", row.product_id), ("category", row.category), *(("tag", tag) for tag in row.tags)]
    return [name for name in names if name[1]]


def _bought_rows(session: Session, requests: Sequence[OfferRequest]) -> dict[tuple[UUID, str], list[Product]]:
    wanted = {(request.shop_id, name) for request in requests for name in leading_products(request.facts)}
    query = select(Product).where(are_among(session, Product.shop_id, Product.product_id, sorted(wanted)))
    found: dict[tuple[UUID, str], list[Product]] = defaultdict(list)
    for row in session.scalars(query.order_by(Product.product_id, Product.variant_id)):
        found[row.shop_id, row.product_id].append(row)
    return found


def _pairings(
    session: Session, bought: dict[tuple[UUID, str], list[Product]]
) -> dict[UUID, list[tuple[Pairing, Product]]]:
    """By shop: every pairing that anything bought may lead to, in the order of their ids."""
    wanted: dict[UUID, set[Name]] = defaultdict(set)
    for (shop_id, _), rows in bought.items():
        wanted[shop_id].update(name for row in rows for name in _names(row))
    return {shop_id: _pairings_of(session, shop_id, names) for shop_id, names in wanted.items()}


def _learned(
    session: Session, bought: dict[tuple[UUID, str], list[Product]]
) -> dict[UUID, list[tuple[Suggestion, Product]]]:
    """By shop: what was learned for anything bought."""
    products: dict[UUID, set[str]] = defaultdict(set)
    categories: dict[UUID, set[str]] = defaultdict(set)
    for (shop_id, name), rows in bought.items():
        products[shop_id].add(name)
        categories[shop_id].update(row.category for row in rows if row.category)
    return {
        shop_id: suggestions_for(session, shop_id, names, categories[shop_id]) for shop_id, names in products.items()
    }


def _pairings_of(session: Session, shop_id: UUID, names: set[Name]) -> list[tuple[Pairing, Product]]:
    def of(kind: str) -> list[str]:
        return sorted(name for field, name in names if field == kind)

    fits = or_(
        is_among(session, Pairing.when_product, of("product")),
        is_among(session, Pairing.when_category, of("category")),
        is_among(session, Pairing.when_tag, of("tag")),
    )
    query = (
        select(Pairing, Product)
        .join(Product, (Product.shop_id == Pairing.shop_id) & (Product.product_id == Pairing.offer_product))
        .where(Pairing.shop_id == shop_id, fits)
        .order_by(Pairing.id, Product.variant_id)
    )
    return [(pairing, product) for pairing, product in session.execute(query)]


def _hidden(session: Session, people: Sequence[Person]) -> dict[Person, list[str]]:
    mine = are_among(session, HiddenProduct.shop_id, HiddenProduct.address, people)
    found: dict[Person, list[str]] = defaultdict(list)
    columns = (HiddenProduct.shop_id, HiddenProduct.address, HiddenProduct.product_id)
    for shop_id, address, product_id in session.execute(select(*columns).where(mine)):
        found[shop_id, address].append(product_id)
    return found


def _offered(session: Session, people: Sequence[Person]) -> dict[Person, list[tuple[UUID, str, datetime]]]:
    """Oldest first."""
    mine = are_among(session, OfferedProduct.shop_id, OfferedProduct.address, people)
    found: dict[Person, list[tuple[UUID, str, datetime]]] = defaultdict(list)
    columns = (OfferedProduct.shop_id, OfferedProduct.address, OfferedProduct.message_id, OfferedProduct.product_id)
    query = select(*columns, OfferedProduct.created_at).where(mine).order_by(OfferedProduct.created_at)
    for shop_id, address, message_id, product_id, at in session.execute(query):
        found[shop_id, address].append((message_id, product_id, at))
    return found


def _locales(session: Session, requests: Sequence[OfferRequest]) -> dict[UUID, str]:
    wanted = {request.shop_id for request in requests}
    shops = session.scalars(select(Shop).where(is_among(session, Shop.id, wanted)))
    return {shop.id: profile_of(shop).locale for shop in shops}


def _earlier(session: Session, requests: Sequence[OfferRequest]) -> dict[Person, list[Facts]]:
    """Facts of all orders of those people whose orders the caller did not bring."""
    found: dict[Person, list[Facts]] = defaultdict(list)
    people = sorted({(request.shop_id, request.address) for request in requests})
    if people:
        mine = are_among(session, OrderRow.shop_id, OrderRow.address, people)
        columns = (OrderRow.shop_id, OrderRow.address, OrderRow.facts)
        for shop_id, address, facts in session.execute(select(*columns).where(mine)):
            found[shop_id, address].append(Facts.model_validate(facts))
    return found


def _when(pairing: Pairing) -> Name:
    if pairing.when_product:
        return "product", pairing.when_product
    return ("category", pairing.when_category) if pairing.when_category else ("tag", pairing.when_tag)


def _paired(pairing: Pairing, product: Product, title: str) -> Paired:
    return Paired(
        item=item_of(product),
        priority=pairing.priority,
        pitch=pairing.pitch,
        not_before=pairing.not_before,
        for_title=title,
    )


def _learned_when(suggestion: Suggestion) -> Name:
    return ("product", suggestion.when_product) if suggestion.when_product else ("category", suggestion.when_category)


def _suggested(suggestion: Suggestion, product: Product, title: str) -> Paired:
    is_product = bool(suggestion.when_product)
    return Paired(
        item=item_of(product),
        for_title=title if is_product else suggestion.when_category,
        kind="co_purchase" if is_product else "best_seller",
        proof=Proof(score=suggestion.score, support=suggestion.support, orders=suggestion.orders),
    )
