"""Where the button of an offered product leads: its page or a filled cart, the code applied where a shop can. Pure.

Sources: shopify.dev, "Create cart permalinks" (`/cart/VARIANT:QUANTITY?discount=CODE`) and shareable discount links
(`/discount/CODE?redirect=/path`); developer.woocommerce.com, "Shareable Checkout URLs"
(`/checkout-link/?products=ID:QUANTITY&coupon=CODE`, since WooCommerce 10) and `?add-to-cart=ID` before.
"""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import quote, urlsplit, urlunsplit

from schedules.records import record
from schedules.shop import ShopProfile
from worker.rendering.port import CodeView, Offer, OfferCard, ProductView

SMALL = Decimal("0.3")
"""An accessory under this share of the order's value goes straight into the cart."""


@record
class Storefront:
    """What links of a shop look like. `platform`: shopify, woocommerce, or another that has none of them."""

    profile: ShopProfile
    platform: str
    order_value: Decimal


def with_buttons(offer: Offer, front: Storefront) -> Offer:
    """The offer with each card's button leading where it helps most."""
    return Offer(cards=tuple([_with_button(card, offer.code, front) for card in offer.cards]), code=offer.code)


def _with_button(card: OfferCard, code: CodeView | None, front: Storefront) -> OfferCard:
    product = card.product
    is_small = product.price is not None and product.price.amount <= SMALL * front.order_value
    is_sure = (card.kind == "refill" or is_small) and not card.has_choice
    if is_sure and (cart := cart_url(product, code, front)):
        return replace(card, url=cart, is_cart=True)
    page = page_url(product, code, front, names_variant=card.has_choice)
    return card if page == card.url else replace(card, url=page)


def page_url(product: ProductView, code: CodeView | None, front: Storefront, *, names_variant: bool = False) -> str:
    """The product's page; on Shopify with the code applied on the way, and open at the variant whose price we show."""
    parts = urlsplit(product.url)
    is_there = front.profile.url and parts.netloc == urlsplit(front.profile.url).netloc
    if front.platform != "shopify" or not is_there:
        return product.url
    opens = names_variant and product.variant_id.isdecimal() and not parts.query
    query = f"variant={product.variant_id}" if opens else parts.query
    if code is None:
        return urlunsplit(parts._replace(query=query))
    path = parts.path + (f"?{query}" if query else "")
    return f"{_base(front)}/discount/{quote(code.code, safe='')}?redirect={quote(path, safe='/')}"


def cart_url(product: ProductView, code: CodeView | None, front: Storefront) -> str:
    """A cart with one of the product and the code; empty where the shop has no such link, or its ids are not known."""
    base, variant = _base(front), product.variant_id
    if not base:
        return ""
    if front.platform == "shopify":
        applied = f"?discount={quote(code.code, safe='')}" if code else ""
        return f"{base}/cart/{variant}:1{applied}" if variant.isdecimal() else ""
    item = variant or product.product_id
    if front.platform != "woocommerce" or not item.isdecimal():
        return ""
    if not front.profile.checkout_links:
        return f"{base}/?add-to-cart={item}"
    applied = f"&coupon={quote(code.code.lower(), safe='')}" if code else ""
    return f"{base}/checkout-link/?products={item}:1{applied}"


def _base(front: Storefront) -> str:
    return front.profile.url.rstrip("/")
