"""The offer of one mail: which products, with which reasons; and the record of what was shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from schedules.facts import Money, Order
from worker.personalisation.candidates import Choice, Item, Limits, Selection
from worker.personalisation.requests import OfferDecision, OfferRequest
from worker.personalisation.rules import NOTHING_FITS
from worker.personalisation.rules import select as select_products
from worker.personalisation.stock import Stock
from worker.rendering.port import Offer, OfferCard
from worker.store.bulk import insert_rows
from worker.store.catalogue import view_of
from worker.store.many import is_among
from worker.store.models import OfferedProduct
from worker.store.shelf import ShelfProduct
from worker.store.types import new_id


def choose_offer(stock: Stock, request: OfferRequest) -> OfferDecision:
    """The products that go with the order and break no rule; nothing rather than something weak.

    `stock`: read for this request, and maybe others.
    """
    order = request.facts.order
    assert order is not None, "the gate lets no message pass without its order"
    if order.is_b2b:
        return OfferDecision(why_not="it is a business order")
    candidates = list(stock.candidates(request))
    if not candidates:
        return OfferDecision(why_not=NOTHING_FITS)
    selection = select_products([paired for paired, _ in candidates], _limits(stock, request, order))
    if not selection.choices:
        return OfferDecision(why_not=selection.why_not)
    rows = {(row.product_id, row.variant_id): row for _, row in candidates}
    return OfferDecision(offer=_offer(selection, rows, request))


def _limits(stock: Stock, request: OfferRequest, order: Order) -> Limits:
    address = order.shipping_address or order.billing_address
    return Limits(
        step=request.step,
        most=request.most,
        currency=order.currency,
        order_value=order.totals.total.amount,
        bought=stock.bought(request),
        hidden=stock.hidden(request),
        offered=stock.offered(request),
        returned=stock.returned(request),
        names=stock.names(request),
        categories=stock.categories(request),
        policy=request.policy,
        is_gift=order.gift is not None,
        wants_sets=request.wants_sets,
        returns_ended=request.returns_ended,
        language=request.language or order.locale or stock.locale(request),
        timezone=request.timezone,
        country=address.country if address else "",
        now=request.now,
    )


class Shown(NamedTuple):
    """What one mail shows, and to whom. `is_first`: it was never prepared before."""

    shop_id: UUID
    message_id: UUID
    address: str
    offer: Offer
    is_first: bool = False


def record_offers(session: Session, shown: Sequence[Shown], *, now: datetime) -> None:
    """Keeps what mails show, with the reasons; a second preparation of the same mail replaces the first."""
    if again := [each.message_id for each in shown if not each.is_first]:
        session.execute(delete(OfferedProduct).where(is_among(session, OfferedProduct.message_id, again)))
    rows = [
        {
            "id": new_id(),
            "shop_id": each.shop_id,
            "message_id": each.message_id,
            "address": each.address,
            "position": position,
            "product_id": card.product.product_id,
            "variant_id": card.product.variant_id,
            "kind": card.kind,
            "why": card.why,
            "proof": card.proof,
            "created_at": now,
        }
        for each in shown
        for position, card in enumerate(each.offer.cards)
    ]
    insert_rows(session, OfferedProduct, rows)


def _offer(selection: Selection, rows: Mapping[tuple[str, str], ShelfProduct], request: OfferRequest) -> Offer:
    order = request.facts.order
    assert order is not None, "checked by the caller"
    cards = []
    for choice in selection.choices:
        row = rows[choice.item.product_id, choice.item.variant_id]
        view = view_of(row, order.currency)
        cards.append(
            OfferCard(
                product=view,
                kind=choice.kind,
                why=choice.why,
                url=view.url,
                has_choice=row.needs_choice and not _is_settled(choice),
                hide_url=request.hide_link(view.product_id),
                parts_price=_parts_price(choice.item),
                proof=choice.proof,
                bought_at=choice.bought_at,
                for_product=choice.for_product,
                goes_with=choice.goes_with,
            )
        )
    return Offer(cards=tuple(cards))


def _is_settled(choice: Choice) -> bool:
    """Of what is bought again it is known which variant."""
    return choice.kind == "refill" and bool(choice.item.variant_id)


def _parts_price(item: Item) -> Money | None:
    """What a set's parts cost one by one; None: no set, or it saves nothing."""
    if item.parts_price is None or item.price is None or item.parts_price <= item.price:
        return None
    return Money(amount=item.parts_price, currency=item.currency)
