"""Buttons lead to a product's page or a filled cart, with the code applied where the shop's links can."""

from decimal import Decimal
from typing import Any

import pytest

from schedules.facts import Money
from tests.support.dispatching import MORNING
from tests.support.orders import NORTHKETTLE
from worker.personalisation.buttons import Storefront, with_buttons
from worker.rendering.port import CodeView, Offer, OfferCard, ProductView

CODE = CodeView(code="NRTAB", kind="percent", value=Decimal(10), currency="EUR", ends_at=MORNING)
SHOP = "https://northkettle.example"


def button(platform: str, price: str = "24.00", *, code: CodeView | None = CODE, **changes: Any) -> OfferCard:
    """The button of a product offered to somebody who spent 50 euros."""
    product = {"product_id": "7001", "variant_id": "9001", "url": f"{SHOP}/products/kettle?variant=9001"}
    given = product | {"title": "Kettle", "short_title": "Kettle", "image_url": ""} | changes
    kind, has_choice = given.pop("kind", "pairing"), given.pop("has_choice", False)
    view = ProductView(price=Money(amount=Decimal(price), currency="EUR"), **given)
    card = OfferCard(product=view, kind=kind, why="A thin pour", url=view.url, has_choice=has_choice)
    profile = NORTHKETTLE.model_copy(update={"url": SHOP, "checkout_links": platform != "old woocommerce"})
    front = Storefront(profile=profile, platform=platform.removeprefix("old "), order_value=Decimal(50))
    return with_buttons(Offer(cards=(card,), code=code), front).cards[0]


@pytest.mark.parametrize(
    ("platform", "price", "url"),
    [
        ("shopify", "24.00", f"{SHOP}/discount/NRTAB?redirect=/products/kettle%3Fvariant%3D9001"),
        ("shopify", "9.00", f"{SHOP}/cart/9001:1?discount=NRTAB"),
        ("woocommerce", "24.00", f"{SHOP}/products/kettle?variant=9001"),
        ("woocommerce", "9.00", f"{SHOP}/checkout-link/?products=9001:1&coupon=nrtab"),
        ("old woocommerce", "9.00", f"{SHOP}/?add-to-cart=9001"),
        ("", "9.00", f"{SHOP}/products/kettle?variant=9001"),
    ],
)
def test_a_button_applies_the_code_and_small_things_go_into_the_cart(platform: str, price: str, url: str) -> None:
    card = button(platform, price)
    assert (card.url, card.is_cart) == (url, "cart" in url or "checkout-link" in url)


def test_a_refill_goes_into_the_cart_whatever_it_costs() -> None:
    assert button("shopify", "40.00", kind="refill").url == f"{SHOP}/cart/9001:1?discount=NRTAB"


def test_what_comes_in_sizes_leads_to_its_page_open_at_the_one_that_is_shown() -> None:
    page = f"{SHOP}/products/kettle"
    card = button("shopify", "9.00", has_choice=True, url=page)
    assert (card.url, card.is_cart) == (f"{SHOP}/discount/NRTAB?redirect=/products/kettle%3Fvariant%3D9001", False)
    assert button("shopify", "9.00", has_choice=True, url=page, code=None).url == f"{page}?variant=9001"
    assert button("woocommerce", "9.00", has_choice=True, url=page).url == page


def test_without_a_code_links_are_plain() -> None:
    assert button("shopify", code=None).url == f"{SHOP}/products/kettle?variant=9001"
    assert button("shopify", "9.00", code=None).url == f"{SHOP}/cart/9001:1"
    assert button("woocommerce", "9.00", code=None).url == f"{SHOP}/checkout-link/?products=9001:1"


def test_ids_that_are_none_of_the_platforms_lead_to_the_page() -> None:
    assert button("shopify", "9.00", variant_id="blue").url.startswith(f"{SHOP}/discount/NRTAB")
    assert not button("shopify", "9.00", variant_id="").is_cart
    assert button("woocommerce", "9.00", variant_id="").url == f"{SHOP}/checkout-link/?products=7001:1&coupon=nrtab"


def test_a_product_on_another_host_is_left_where_it_is() -> None:
    elsewhere = "https://brand.example/kettle"
    assert button("shopify", url=elsewhere).url == elsewhere
