"""Which products may be offered, and which of them are. Pure.

A pairing of the merchant's or nothing. A block with one product is shown when one is all there is: it is never padded,
because no recommendation is better than a bad one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from schedules.facts import Facts, LineKind

ALLOWED_MOMENTS = {
    "confirmation": frozenset({""}),
    "shipping": frozenset({"", "shipped"}),
    "follow_up": frozenset({"", "shipped", "delivered"}),
}
"""`not_before` of a pairing, per step: no case before the phone arrives."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A catalogue product as the rules see it. `inventory` None: not counted; `cost` None: unknown."""

    product_id: str
    variant_id: str = ""
    short_title: str
    category: str = ""
    price: Decimal | None
    currency: str
    cost: Decimal | None = None
    inventory: int | None = None
    is_active: bool = True
    unusable: str = ""
    discreet: bool = False


@dataclass(frozen=True, kw_only=True)
class Paired:
    """A pairing that the order fits, with the product it offers."""

    item: Item
    priority: int = 0
    pitch: str = ""
    not_before: str = ""
    for_title: str = ""  # short title of what was bought; empty for a category or tag


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What else is known of the person and the mail."""

    step: str
    most: int
    currency: str
    order_value: Decimal
    bought: frozenset[str]
    hidden: frozenset[str] = field(default_factory=frozenset)
    offered: frozenset[str] = field(default_factory=frozenset)
    is_gift: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    item: Item
    kind: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Selection:
    """`why_not`: a sentence for the timeline when nothing was chosen."""

    choices: tuple[Choice, ...] = ()
    why_not: str = ""


def select(candidates: Iterable[Paired], limits: Limits) -> Selection:
    """The best candidates that break no rule, one per category, at most `limits.most`."""
    offered = sorted(candidates, key=_rank)
    if not offered:
        return Selection(why_not="no pairing fits what was bought")
    chosen: list[Choice] = []
    refusals: list[str] = []
    for paired in offered:
        refusal = why_refused(paired, limits) or _why_beside(paired.item, chosen)
        if refusal:
            refusals.append(f"{paired.item.short_title} {refusal}")
        elif len(chosen) < limits.most:
            chosen.append(Choice(item=paired.item, kind="pairing", why=_reason(paired, limits)))
    if chosen:
        return Selection(choices=tuple(chosen))
    return Selection(why_not="no product fits: " + "; ".join(dict.fromkeys(refusals[:5])))


def why_refused(paired: Paired, limits: Limits) -> str:
    """The rule that a product breaks; empty when it breaks none."""
    item = paired.item
    checks = (
        (item.product_id in limits.bought, "was bought or returned"),
        (item.product_id in limits.hidden, "was hidden by the customer"),
        (item.product_id in limits.offered, "was offered before"),
        (not item.is_active, "is not sold any more"),
        (bool(item.unusable), f"is left out: {item.unusable}"),
        (item.discreet, "is discreet"),
        (item.inventory is not None and item.inventory <= 0, "is sold out"),
        (item.price is None or item.currency != limits.currency, "has no price in the order's currency"),
        (item.price is not None and item.price > limits.order_value, "costs more than the whole order"),
        (paired.not_before not in ALLOWED_MOMENTS[limits.step], f"comes only once the order is {paired.not_before}"),
    )
    return next((words for broken, words in checks if broken), "")


def _why_beside(item: Item, chosen: Sequence[Choice]) -> str:
    for other in chosen:
        if other.item.product_id == item.product_id:
            return "is shown already"
        if item.category and other.item.category == item.category:
            return "is of a category that is shown already"
    return ""


def _rank(paired: Paired) -> tuple[int, Decimal, str, str]:
    """Priority first; at equal priority the higher margin; then by id, so that the choice never wavers."""
    item = paired.item
    margin = item.price - item.cost if item.price is not None and item.cost is not None else Decimal(0)
    return -paired.priority, -margin, item.product_id, item.variant_id


def _reason(paired: Paired, limits: Limits) -> str:
    """A true sentence: the merchant's pitch, else that they chose it to go with what was bought."""
    if paired.pitch:
        return paired.pitch
    if paired.for_title and not limits.is_gift:
        return f"Chosen to go with your {paired.for_title}"
    return "Chosen to go with what was ordered"


def bought_products(facts: Facts) -> frozenset[str]:
    """Products of the order, those removed, refunded or returned since included."""
    lines = facts.order.lines if facts.order else ()
    return frozenset(line.product_id for line in lines if line.product_id)


def paying_lines(facts: Facts) -> tuple[str, ...]:
    """Product ids that may lead to an offer: kept pieces that are no gift card, tip or the like."""
    lines = facts.order.lines if facts.order else ()
    kinds = (LineKind.PHYSICAL, LineKind.DIGITAL, LineKind.SERVICE)
    return tuple(line.product_id for line in lines if line.product_id and line.quantity and line.kind in kinds)
