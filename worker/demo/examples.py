"""Example mails of Northkettle in every situation: for previews, for pictures, and to try templates on."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any
from uuid import UUID

from schedules.facts import (
    Address,
    ConsentState,
    Customer,
    Facts,
    LineItem,
    Money,
    Order,
    PaymentState,
    Totals,
)
from schedules.parcel_facts import Parcel, ParcelLine, ParcelState
from schedules.shop import Role
from worker.demo import shop
from worker.personalisation.wording import refill_reason, upgrade_reason
from worker.rendering.port import CodeView, GuideView, Links, MailInputs, Offer, OfferCard, ProductView

PLACED = datetime(2026, 4, 30, 9, 12, tzinfo=UTC)
LEFT = datetime(2026, 5, 1, 14, 30, tzinfo=UTC)
MESSAGE = UUID("01a20d90-0000-7000-8000-000000000001")
HOST = "https://northkettle.example"
BASE = "http://127.0.0.1:8000"
"""Where the demo's own catalogue has its pictures."""
PICTURE = re.compile(rf"(?:{re.escape(HOST)}/images|{re.escape(BASE + shop.IMAGES_AT)})/([a-z0-9-]+\.jpg)")


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def product(product_id: str, title: str, price: str, image: str, **more: Any) -> ProductView:
    """A product of the example shop; its picture travels inside the mail, so that no network is needed."""
    return ProductView(
        product_id=product_id,
        variant_id=f"{product_id}1",
        title=title,
        short_title=more.pop("short_title", title),
        url=f"{HOST}/products/{image}",
        image_url=picture(image),
        price=euros(price),
        **more,
    )


def picture(name: str) -> str:
    """An address that `inline_pictures` replaces by the picture itself."""
    return f"{HOST}/images/{name}.jpg"


def inline_pictures(html: str) -> str:
    """The mail with the example shop's pictures inside it, so that it can be looked at without a server."""

    def inline(found: re.Match[str]) -> str:
        data = (files("worker.demo") / "images" / found[1]).read_bytes()
        return "data:image/jpeg;base64," + b64encode(data).decode("ascii")

    return PICTURE.sub(inline, html)


PRODUCTS = {
    each.product_id: each
    for each in (
        product(
            "7101", "Dripper 02, ceramic pour-over cone for 1–4 cups", "38.00", "dripper-02", short_title="Dripper 02"
        ),
        product("7102", "Paper filters 02, unbleached, 100 pieces", "6.50", "paper-filters-02"),
        product(
            "7103",
            "House espresso beans, medium roast, 250 g",
            "14.50",
            "house-espresso-beans",
            short_title="House beans",
        ),
    )
}
LARGE_DRIPPER = product("7111", "Dripper 04", "49.00", "dripper-04", rating=Decimal("4.9"), rating_count=58)
KETTLE = product("7104", "Kettle 0.9", "49.00", "kettle-09", rating=Decimal("4.7"), rating_count=176)
SERVER = product("7107", "Glass server", "24.00", "glass-server")
CUPS = product("7110", "Stoneware cups", "26.00", "stoneware-cups")
CLEANING = product("7109", "Cleaning set", "14.00", "cleaning-set")
TIPS = (
    "Rinse the filter with hot water first. It takes the paper taste away and warms the cone.",
    "Start with 15 g of coffee for 250 g of water. Sour? Grind finer. Bitter? Grind coarser.",
    "Pour 40 g, wait 30 seconds, then the rest in slow circles. Aim for three minutes in all.",
)
GUIDE = GuideView(headline="Three ways to a better cup", tips=TIPS, url=f"{HOST}/guides/dripper-02")
CODE = CodeView(
    code="K7M2PXQD",
    kind="percent",
    value=Decimal(10),
    currency="EUR",
    ends_at=datetime(2026, 6, 7, 22, 59, 59, tzinfo=UTC),
    minimum=euros("20.00"),
)


def card(view: ProductView, why: str) -> OfferCard:
    return OfferCard(product=view, kind="pairing", why=why, url=view.url, hide_url=f"{HOST}/o/example")


def the_same_again(base: MailInputs) -> OfferCard:
    """The beans of Mia's order, once they run low."""
    view, placed = base.products["7103"], base.facts.order.placed_at if base.facts.order else PLACED
    why = refill_reason(placed, base.timezone, base.locale)
    again = OfferCard(product=view, kind="refill", why=why, url=view.url, is_cart=True)
    return replace(again, bought_at=placed, for_product="7103", hide_url=f"{HOST}/o/example")


def a_step_up(base: MailInputs) -> OfferCard:
    """A dearer dripper, for whoever has had the first one for a while."""
    view, now = base.products.get(LARGE_DRIPPER.product_id, LARGE_DRIPPER), base.products["7101"]
    assert view.price is not None, "it is for sale"
    assert now.price is not None, "so was this"
    dearer = view.price.amount - now.price.amount
    why = upgrade_reason("Brews eight cups at once, and keeps them warm.", dearer, "EUR", base.locale)
    return replace(card(view, why), kind="upgrade", for_product="7101")


def line(number: int, title: str, price: str, quantity: int = 1, **more: Any) -> LineItem:
    unit = euros(price)
    return LineItem(
        id=str(number),
        product_id=str(7100 + number),
        title=title,
        quantity=quantity,
        ordered_quantity=quantity,
        unit_price=unit,
        total=Money(amount=unit.amount * quantity, currency="EUR"),
        **more,
    )


def totals(subtotal: str, *, shipping: str, tax: str) -> Totals:
    """Of a paid order whose prices have the tax in them."""
    total = str(Decimal(subtotal) + Decimal(shipping))
    return Totals(
        subtotal=euros(subtotal),
        discount=euros("0"),
        shipping=euros(shipping),
        tax=euros(tax),
        total=euros(total),
        paid=euros(total),
        outstanding=euros("0"),
        tax_included=True,
    )


def order(**more: Any) -> Order:
    """Mia's first order: a dripper, filters, beans."""
    values: dict[str, Any] = {
        "id": "1042",
        "number": "1042",
        "placed_at": PLACED,
        "updated_at": PLACED,
        "payment": PaymentState.PAID,
        "payment_method": "Visa •••• 4242",
        "totals": totals("59.00", shipping="5.00", tax="11.96"),
        "customer": Customer(
            email="mia@example.com", first_name="Mia", consent=ConsentState.SUBSCRIBED, orders_count=1
        ),
        "shipping_address": Address(
            name="Mia Keane", line1="12 Quay Street", postal_code="H91 AB12", city="Galway", country="IE"
        ),
        "shipping_method": "Standard, DHL",
        "lines": (
            line(1, "Dripper 02, ceramic pour-over cone for 1–4 cups", "38.00", variant_title="Matte white"),
            line(2, "Paper filters 02, unbleached, 100 pieces", "6.50"),
            line(3, "House espresso beans, medium roast, 250 g", "14.50"),
        ),
        "locale": "en",
        "timezone": "Europe/Dublin",
        "status_url": f"{HOST}/orders/1042",
    }
    return Order(**(values | more))


def parcel(number: int = 1, *, lines: tuple[str, ...] = (), days: int = 0, tracked: bool = True) -> Parcel:
    left = LEFT + timedelta(days=days)
    return Parcel(
        id=str(number),
        state=ParcelState.SHIPPED,
        shipped_at=left,
        updated_at=left,
        carrier="DHL" if tracked else "",
        tracking_number="JD014600003" if tracked else "",
        tracking_url="https://dhl.example/track/JD014600003" if tracked else "",
        lines=tuple(ParcelLine(line_id=each, quantity=1) for each in lines),
    )


def inputs(step: str, **more: Any) -> MailInputs:
    """The plain case of a step."""
    offers: dict[str, Offer | None] = {
        "confirmation": Offer(
            cards=(
                card(KETTLE, "A thin, steady pour: what the dripper asks for"),
                card(CLEANING, "Takes coffee oil out of cone and cups"),
            )
        ),
        "shipping": Offer(cards=(card(SERVER, "Sits right under the dripper, with marks for 1–4 cups"),), code=CODE),
        "follow_up": Offer(cards=(card(CUPS, "Wide enough to smell what you brewed"),), code=CODE),
        "replenishment": None,
    }
    values: dict[str, Any] = {
        "shop": shop.profile(),
        "facts": Facts(order=order(), parcels=() if step == "confirmation" else (parcel(),), accepted_first_at=PLACED),
        "step": step,
        "role": Role.REPLACE,
        "parcel_group": "2026-05-01" if step == "shipping" else "",
        "locale": "en",
        "timezone": "Europe/Dublin",
        "now": PLACED,
        "products": PRODUCTS,
        "offer": offers[step],
        "guide": GUIDE if step == "follow_up" else None,
        "links": _links(step),
        "is_first_time": True,
        "expected": (date(2026, 5, 4), date(2026, 5, 5)) if step in ("confirmation", "shipping") else None,
        "return_ends_on": date(2026, 6, 4) if step not in ("confirmation", "shipping") else None,
    }
    made = MailInputs(**(values | more))
    if step == "replenishment" and "offer" not in more:
        return replace(made, offer=Offer(cards=(the_same_again(made),)))
    return made


def _links(step: str) -> Links:
    if step == "follow_up":
        yes, no = f"{HOST}/f/yes", f"{HOST}/f/no"
        return Links(unsubscribe=f"{HOST}/u/example", feedback_yes=yes, feedback_no=no)
    if step == "replenishment":
        return Links(unsubscribe=f"{HOST}/u/example")
    return Links(no_offers=f"{HOST}/u/example")
