"""Mia's order as a mail would show it at each step: an example that needs no database."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from schedules.events import OrderStated, ParcelStated, ParcelTracked
from schedules.facts import Facts, Money
from schedules.merging import merge
from schedules.parcel_facts import DeliverySource
from schedules.parcels import parcel_groups
from schedules.shop import Role, ShopProfile
from worker.demo import shop as northkettle
from worker.demo.examples import BASE, the_same_again
from worker.demo.webhooks import order_delivered, order_placed, order_shipped
from worker.platforms.registry import PLATFORMS
from worker.rendering.port import CodeView, GuideView, Links, MailInputs, Offer, OfferCard, ProductView

PLACED_AT = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
SHIPPED_AT = PLACED_AT + timedelta(days=1, hours=4)
DELIVERED_AT = PLACED_AT + timedelta(days=3)
MOMENTS = {
    "confirmation": PLACED_AT + timedelta(minutes=2),
    "shipping": SHIPPED_AT + timedelta(minutes=10),
    "follow_up": DELIVERED_AT + timedelta(days=9),
    "replenishment": DELIVERED_AT + timedelta(days=30),
}
OFFERED = {"confirmation": slice(0, 3), "shipping": slice(3, 5), "follow_up": slice(5, 7)}
"""Which pairings each mail shows, by priority: never one twice."""


def example_inputs(step: str, *, role: Role, language: str, profile: ShopProfile | None = None) -> MailInputs:
    """The example at one step. `profile`: look and texts of this shop instead of the demo's."""
    shop = profile or northkettle.profile()
    facts = _facts(step, language)
    links = _links(step, is_marketing=stream_of(step, role) == "marketing")
    made = MailInputs(
        shop=shop,
        facts=facts,
        step=step,
        role=role,
        parcel_group=next(iter(parcel_groups(facts, shop)), "") if step == "shipping" else "",
        locale=language,
        timezone=shop.timezone,
        now=MOMENTS[step],
        products=_products(),
        offer=_offer(step) if step in OFFERED else None,
        guide=_guide(language),
        links=links,
        delivery_source=DeliverySource.REPORTED,
        is_first_time=True,
        expected=(SHIPPED_AT.date() + timedelta(days=1), SHIPPED_AT.date() + timedelta(days=3)),
    )
    return replace(made, offer=Offer(cards=(the_same_again(made),))) if step == "replenishment" else made


def stream_of(step: str, role: Role) -> Literal["transactional", "marketing"]:
    """The stream of a step's mail, as the packaged sequence has it."""
    return "marketing" if role is Role.COMPANION or step not in ("confirmation", "shipping") else "transactional"


def _facts(step: str, language: str) -> Facts:
    """What is known of the order when this step is sent, read from the demo's own webhooks."""
    hooks = [order_placed(PLACED_AT), order_shipped(SHIPPED_AT), order_delivered(DELIVERED_AT)]
    facts = Facts()
    for hook in hooks[: 1 + list(MOMENTS).index(step)]:
        reading = PLATFORMS["shopify"].read(
            topic=hook.topic, body=hook.body, headers={}, received_at=hook.at, options={}
        )
        for event in reading.events:
            if isinstance(event, OrderStated | ParcelStated | ParcelTracked):
                facts = merge(facts, event)
    assert facts.order is not None
    return facts.model_copy(update={"order": facts.order.model_copy(update={"locale": language})})


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(northkettle.csv_text(name, public_url=BASE))))


def _products() -> dict[str, ProductView]:
    return {
        row["product_id"]: ProductView(
            product_id=row["product_id"],
            variant_id=row["variant_id"],
            title=row["title"],
            short_title=row["short_title"],
            url=row["url"],
            image_url=row["image_url"],
            price=Money(amount=Decimal(row["price"]), currency=row["currency"]),
            category=row["category"],
            brand=row["brand"],
            rating=Decimal(row["rating"]),
            rating_count=int(row["rating_count"]),
        )
        for row in _rows("products")
    }


def _offer(step: str) -> Offer:
    products = _products()
    pairings = sorted(_rows("pairings"), key=lambda row: -int(row["priority"]))[OFFERED[step]]
    cards = tuple(
        OfferCard(
            product=products[row["offer_product"]],
            kind="pairing",
            why=row["pitch"],
            url=products[row["offer_product"]].url,
            hide_url=f"{BASE}/o/example",
            is_discounted=True,
        )
        for row in pairings
    )
    return Offer(cards=cards, code=None if step == "confirmation" else _code())


def _code() -> CodeView:
    return CodeView(
        code="EXAMPLE7", kind="percent", value=Decimal(10), currency="EUR", ends_at=DELIVERED_AT + timedelta(days=21)
    )


def _guide(language: str) -> GuideView | None:
    found: dict[str, Any] = next((row for row in _rows("guides") if row["language"] == language[:2].lower()), {})
    if not found:
        return None
    return GuideView(
        headline=found["headline"], tips=(found["tip_1"], found["tip_2"], found["tip_3"]), url=found["url"]
    )


def _links(step: str, *, is_marketing: bool) -> Links:
    out, asked = f"{BASE}/u/example", f"{BASE}/f/example" if step == "follow_up" else ""
    return Links(
        unsubscribe=out if is_marketing else "",
        no_offers="" if is_marketing else out,
        feedback_yes=asked,
        feedback_no=asked,
    )
