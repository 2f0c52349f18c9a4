"""Offered products and codes as templates see them."""

from worker.rendering import formats
from worker.rendering.context import CardContext, CodeContext
from worker.rendering.port import CodeView, OfferCard

CARD_PIXELS = 1104
"""Twice the 552 pixels that an offer's picture is shown at."""


def card_context(card: OfferCard, locale: str, *, with_price: bool) -> CardContext:
    product = card.product
    has_rating = product.rating and product.rating_count
    return CardContext(
        title=product.short_title or product.title,
        image=formats.sized(product.image_url, CARD_PIXELS),
        why=card.why,
        price=formats.money(product.price, locale) if product.price and with_price else "",
        url=card.url,
        is_cart=card.is_cart,
        is_discounted=card.is_discounted,
        hide_url=card.hide_url,
        rating=f"★ {product.rating:.1f} ({product.rating_count})" if has_rating else "",
    )


def code_context(code: CodeView, locale: str, timezone: str) -> CodeContext:
    """`timezone`: the shop's, in which the code ends at 23:59."""
    value = f"{formats.number(code.value)} %" if code.kind == "percent" else ""
    if code.kind == "amount":
        value = formats.amount(code.value, code.currency, locale)
    return CodeContext(
        code=code.code,
        value=value,
        minimum=formats.money(code.minimum, locale) if code.minimum else "",
        until=formats.day(formats.local_date(code.ends_at, timezone), locale),
        is_free_shipping=code.kind == "free_shipping",
        excluded=", ".join(code.excluded),
        is_for_shown=code.is_for_shown,
        is_for_full_price=code.is_for_full_price,
    )
