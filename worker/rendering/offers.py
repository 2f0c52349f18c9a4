"""Offered products and codes as templates see them."""

from collections.abc import Mapping
from decimal import Decimal

from schedules.facts import Money, Order
from schedules.records import record
from schedules.shop import ShopProfile
from worker.rendering import formats
from worker.rendering.context import CardContext, CodeContext, FreeShippingContext
from worker.rendering.images import sized
from worker.rendering.port import CodeView, Offer, OfferCard, ProductView

LARGE_CODE = 16
"""Letters of a code that fit into one line of a phone in large type."""
CARD_PIXELS = 1104
"""Twice the 552 pixels that an offer's picture is shown at."""


STRICT_PRICES = frozenset({"PL"})
"""Where a code beside a price counts as an announced price reduction (Omnibus directive in Polish practice)."""


@record
class OfferPart:
    """All that a mail says of its offer."""

    cards: list[CardContext]
    code: CodeContext | None
    free_shipping: FreeShippingContext | None


def offer_part(offer: Offer, shop: ShopProfile, order: Order, locale: str) -> OfferPart:
    """The offer in words and prices; no price beside a code where that counts as an announced reduction."""
    code = offer.code
    with_price = code is None or order.countries.isdisjoint(STRICT_PRICES)
    thresholds = shop.free_shipping_from if with_price else {}
    return OfferPart(
        cards=[card_context(card, locale, with_price=with_price) for card in offer.cards],
        code=code_context(code, locale, shop.timezone) if code else None,
        free_shipping=free_shipping_context(offer, thresholds, order.currency, locale),
    )


def card_context(card: OfferCard, locale: str, *, with_price: bool) -> CardContext:
    product = card.product
    return CardContext(
        title=product.short_title or product.title,
        image=sized(product.image_url, CARD_PIXELS) or product.image_url,
        why=card.why,
        price=formats.money(product.price, locale) if product.price and with_price else "",
        url=card.url,
        is_cart=card.is_cart,
        is_discounted=card.is_discounted,
        parts_price=formats.money(card.parts_price, locale) if card.parts_price and with_price else "",
        hide_url=card.hide_url,
        rating=_rating(product, locale),
    )


def _rating(product: ProductView, locale: str) -> str:
    if not product.rating or not product.rating_count:
        return ""
    return f"★\N{NO-BREAK SPACE}{formats.rating(product.rating, locale)}\N{NO-BREAK SPACE}({product.rating_count})"


def free_shipping_context(
    offer: Offer, thresholds: Mapping[str, Decimal], currency: str, locale: str
) -> FreeShippingContext | None:
    """The first cards that reach free shipping, also after the code is taken off; None where it would not be true."""
    least, code = thresholds.get(currency), offer.code
    if not least or (code is not None and code.kind == "free_shipping"):
        return None
    value, names = Decimal(0), list[str]()
    for card in offer.cards:
        if card.product.price is None or card.product.price.currency != currency:
            continue
        value += card.product.price.amount
        names.append(card.product.short_title or card.product.title)
        if _after(value, code) >= least:
            amount = formats.money(Money(amount=least, currency=currency), locale)
            return FreeShippingContext(amount=amount, products=" + ".join(names), several=len(names) > 1)
    return None


def _after(value: Decimal, code: CodeView | None) -> Decimal:
    """What is left to pay of a value once the code is used."""
    if code is None:
        return value
    return value * (100 - code.value) / 100 if code.kind == "percent" else value - code.value


def code_context(code: CodeView, locale: str, timezone: str) -> CodeContext:
    """`timezone`: the shop's, in which the code ends at 23:59."""
    value = formats.percent(code.value, locale) if code.kind == "percent" else ""
    if code.kind == "amount":
        value = formats.amount(code.value, code.currency, locale)
    return CodeContext(
        code=code.code,
        is_long=len(code.code) > LARGE_CODE,
        value=value,
        minimum=formats.money(code.minimum, locale) if code.minimum else "",
        until=formats.day(formats.local_date(code.ends_at, timezone), locale),
        city=formats.city(timezone, locale),
        is_free_shipping=code.kind == "free_shipping",
        excluded=", ".join(code.excluded),
        is_for_shown=code.is_for_shown,
        is_for_full_price=code.is_for_full_price,
    )
