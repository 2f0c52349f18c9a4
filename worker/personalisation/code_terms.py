"""What a code may take off, on what, and until when. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from babel.numbers import get_currency_precision

from schedules.codes import CodeKind, NeverOn
from schedules.facts import Facts
from schedules.parcels import delivered_at
from schedules.sequence import Sequence as Definition
from schedules.shop import ShopProfile
from schedules.timing import zone
from worker.rendering.port import CodeView, Offer, ProductView
from worker.store.models import DiscountCode

HUNDRED = Decimal(100)

Variant = tuple[str, str]
"""Product id and variant id."""


@dataclass(frozen=True, kw_only=True)
class Depth:
    """What a code takes off, and the least that must be spent; `value` as the kind of code means it."""

    kind: CodeKind
    value: Decimal
    minimum: Decimal | None


def depth_under(
    profile: ShopProfile, kind: CodeKind, value: Decimal, cheapest: Decimal | None, currency: str
) -> Depth | None:
    """The policy's value under the shop's ceiling, a share in percent; None: nothing is left of it.

    An amount, also one to be spent at least, means something in the shop's own currency only.
    """
    ceiling, share = profile.discount_ceiling, profile.discount_ceiling / HUNDRED
    is_shops = currency == profile.currency
    cheapest = cheapest if is_shops else None
    if kind == "free_shipping":
        return Depth(kind=kind, value=Decimal(0), minimum=cheapest)
    if kind == "percent":
        value = min(value, ceiling)
        return Depth(kind=kind, value=value, minimum=cheapest) if value else None
    if not is_shops or not share:
        return None
    finest = Decimal(1).scaleb(-get_currency_precision(currency))
    if cheapest is None:
        least = (value / share).quantize(finest, ROUND_UP)
        return Depth(kind=kind, value=value, minimum=least) if value else None
    value = min(value, (cheapest * share).quantize(finest, ROUND_DOWN))
    return Depth(kind=kind, value=value, minimum=cheapest) if value else None


def discountable(offer: Offer | None, never_on: NeverOn, *, is_for_full_price: bool = False) -> tuple[ProductView, ...]:
    """The offered products that a code may take something off. `is_for_full_price`: nothing of what is on sale."""
    products = [card.product for card in offer.cards] if offer else []
    full = (product for product in products if not (is_for_full_price and product.on_sale))
    return tuple(product for product in full if not _is_never(product, never_on))


def cheapest_of(products: Sequence[ProductView]) -> Decimal | None:
    """Minimum spend: the cheapest of them, so that the code works for every one."""
    return min((product.price.amount for product in products if product.price), default=None)


def reaches(product: ProductView, code: CodeView) -> bool:
    """Whether a product alone costs what must be spent for the code to work."""
    least, price = code.minimum, product.price
    return least is None or (price is not None and price.currency == least.currency and price.amount >= least.amount)


def sold_too_low(
    products: Sequence[ProductView], costs: Mapping[Variant, Decimal], *, kind: str, value: Decimal, floor: Decimal
) -> str:
    """The first product that the code would sell below the margin floor; empty: none whose cost is known.

    `floor` in percent of what is left of the price. Free shipping leaves prices alone.
    """
    for product in products:
        cost = costs.get((product.product_id, product.variant_id))
        if cost is None or product.price is None or kind == "free_shipping":
            continue
        price = product.price.amount
        left = price * (1 - value / HUNDRED) if kind == "percent" else price - value
        if left - cost < left * floor / HUNDRED:
            return product.short_title or product.title
    return ""


def ends_at(facts: Facts, profile: ShopProfile, sequence: Definition, now: datetime) -> datetime:
    """The last second of the shop-local day that lies `valid_after_follow_up` after the follow-up's latest day."""
    arrived = delivered_at(facts, sequence.assume_delivered_after)
    arrival = arrived[0] if arrived else now + sequence.assume_delivered_after
    latest = arrival + sequence.steps["follow_up"].timing(profile.role("follow_up")).latest
    timezone = zone(profile.timezone)
    day = (max(latest, now) + sequence.code.valid_after_follow_up).astimezone(timezone).date()
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone).astimezone(UTC)


def wanted_terms(code: DiscountCode) -> dict[str, Any]:
    """What the shop is to confirm of a code, as its row keeps it."""
    return {
        "code": code.code,
        "kind": code.kind,
        "value": f"{code.value:.4f}",
        "minimum": f"{code.minimum_spend:.4f}" if code.minimum_spend is not None else None,
        "ends_at": code.ends_at.isoformat(),
        "only": sorted(code.only),
        "never_on": code.never_on,
    }


def _is_never(product: ProductView, never_on: NeverOn) -> bool:
    return never_on.covers(
        product_id=product.product_id, brand=product.brand, category=product.category, tags=product.tags
    )
