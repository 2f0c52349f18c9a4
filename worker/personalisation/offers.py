"""The offer of one mail: which products, with which reasons; and the record of what was shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from schedules.facts import Facts, Order
from worker.personalisation.rules import (
    Item,
    Limits,
    Paired,
    Selection,
    bought_products,
    leading_products,
)
from worker.personalisation.rules import (
    select as select_products,
)
from worker.rendering.port import Offer, OfferCard
from worker.store.catalogue import view_of
from worker.store.models import HiddenProduct, OfferedProduct, OrderRow, Pairing, Product, Shop
from worker.store.shops import profile_of


@dataclass(frozen=True, kw_only=True)
class OfferRequest:
    """One mail that may carry an offer. `most`: cards at most; `hide_link`: product id -> "Not for me" URL.

    `facts` with the locale pinned: the reasons are written in its language.
    """

    shop_id: UUID
    message_id: UUID
    address: str
    step: str
    facts: Facts
    most: int
    hide_link: Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class OfferDecision:
    """`why_not`: why there is no offer, for the timeline."""

    offer: Offer | None = None
    why_not: str = ""


def choose_offer(session: Session, request: OfferRequest) -> OfferDecision:
    """The products that go with the order and break no rule; nothing rather than something weak."""
    order = request.facts.order
    assert order is not None, "the gate lets no message pass without its order"
    if order.is_b2b:
        return OfferDecision(why_not="it is a business order")
    candidates = list(_paired(session, request.shop_id, _leading(session, request)))
    selection = select_products((paired for paired, _ in candidates), _limits(session, request, order))
    if not selection.choices:
        return OfferDecision(why_not=selection.why_not)
    return OfferDecision(offer=_offer(selection, dict(_by_item(candidates)), request))


def _limits(session: Session, request: OfferRequest, order: Order) -> Limits:
    return Limits(
        step=request.step,
        most=request.most,
        currency=order.currency,
        order_value=order.totals.total.amount,
        bought=_ever_bought(session, request) | bought_products(request.facts),
        hidden=_hidden(session, request),
        offered=_offered(session, request),
        is_gift=order.gift is not None,
        language=order.locale or profile_of(session.get_one(Shop, request.shop_id)).locale,
    )


def record_offer(
    session: Session, *, shop_id: UUID, message_id: UUID, address: str, offer: Offer, now: datetime
) -> None:
    """Keeps what a mail shows, with the reasons; a second preparation of the same mail replaces the first."""
    session.execute(delete(OfferedProduct).where(OfferedProduct.message_id == message_id))
    for position, card in enumerate(offer.cards):
        session.add(
            OfferedProduct(
                shop_id=shop_id,
                message_id=message_id,
                address=address,
                position=position,
                product_id=card.product.product_id,
                variant_id=card.product.variant_id,
                kind=card.kind,
                why=card.why,
                created_at=now,
            )
        )


def _offer(selection: Selection, rows: dict[tuple[str, str], Product], request: OfferRequest) -> Offer:
    order = request.facts.order
    assert order is not None, "checked by the caller"
    cards = []
    for choice in selection.choices:
        view = view_of(rows[choice.item.product_id, choice.item.variant_id], order.currency)
        hide = request.hide_link(view.product_id)
        cards.append(OfferCard(product=view, kind=choice.kind, why=choice.why, url=view.url, hide_url=hide))
    return Offer(cards=tuple(cards))


def _by_item(candidates: Iterable[tuple[Paired, Product]]) -> Iterable[tuple[tuple[str, str], Product]]:
    return (((paired.item.product_id, paired.item.variant_id), row) for paired, row in candidates)


def _leading(session: Session, request: OfferRequest) -> list[Product]:
    """Catalogue rows of what was bought. A discreet product leads to no offer: that would give it away."""
    query = select(Product).where(
        Product.shop_id == request.shop_id,
        Product.product_id.in_(sorted(set(leading_products(request.facts)))),
        Product.discreet.is_(False),
    )
    return list(session.scalars(query.order_by(Product.product_id, Product.variant_id)))


def _paired(session: Session, shop_id: UUID, bought: list[Product]) -> Iterable[tuple[Paired, Product]]:
    """Pairings that fit what was bought, with each variant of the product they offer."""
    titles = _titles(bought)
    fits = or_(
        Pairing.when_product.in_(sorted(name for field, name in titles if field == "product")),
        Pairing.when_category.in_(sorted(name for field, name in titles if field == "category")),
        Pairing.when_tag.in_(sorted(name for field, name in titles if field == "tag")),
    )
    query = (
        select(Pairing, Product)
        .join(Product, (Product.shop_id == Pairing.shop_id) & (Product.product_id == Pairing.offer_product))
        .where(Pairing.shop_id == shop_id, fits)
        .order_by(Pairing.id, Product.variant_id)
    )
    for pairing, product in session.execute(query):
        yield (
            Paired(
                item=_item(product),
                priority=pairing.priority,
                pitch=pairing.pitch,
                not_before=pairing.not_before,
                for_title=titles[_when(pairing)],
            ),
            product,
        )


def _titles(bought: Iterable[Product]) -> dict[tuple[str, str], str]:
    """What pairings may ask for -> the short title of the product that has it."""
    titles: dict[tuple[str, str], str] = {}
    for row in bought:
        names = [("product", row.product_id), ("category", row.category), *(("tag", tag) for tag in row.tags)]
        for name in names:
            titles.setdefault(name, row.short_title or row.title)
    return {name: title for name, title in titles.items() if name[1]}


def _when(pairing: Pairing) -> tuple[str, str]:
    if pairing.when_product:
        return "product", pairing.when_product
    return ("category", pairing.when_category) if pairing.when_category else ("tag", pairing.when_tag)


def _item(row: Product) -> Item:
    return Item(
        product_id=row.product_id,
        variant_id=row.variant_id,
        short_title=row.short_title or row.title,
        category=row.category,
        tags=tuple(row.tags),
        price=row.price,
        currency=row.currency,
        cost=row.cost,
        inventory=row.inventory,
        is_active=row.is_active,
        unusable=row.unusable,
        discreet=row.discreet,
    )


def _ever_bought(session: Session, request: OfferRequest) -> frozenset[str]:
    """What the person bought in any order."""
    mine = (OrderRow.shop_id == request.shop_id, OrderRow.address == request.address)
    facts = session.scalars(select(OrderRow.facts).where(*mine))
    return frozenset().union(*(bought_products(Facts.model_validate(each)) for each in facts))


def _hidden(session: Session, request: OfferRequest) -> frozenset[str]:
    mine = (HiddenProduct.shop_id == request.shop_id, HiddenProduct.address == request.address)
    return frozenset(session.scalars(select(HiddenProduct.product_id).where(*mine)))


def _offered(session: Session, request: OfferRequest) -> frozenset[str]:
    """What other mails showed this person: seen and passed over. No product twice."""
    mine = (OfferedProduct.shop_id == request.shop_id, OfferedProduct.address == request.address)
    others = OfferedProduct.message_id != request.message_id
    return frozenset(session.scalars(select(OfferedProduct.product_id).where(*mine, others)))
