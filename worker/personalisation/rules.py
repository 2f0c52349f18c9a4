"""Which products may be offered, and which of them are. Pure.

A pairing of the merchant's, else what others often bought with it, else what sells best beside its category, else
nothing. A sequence aims at two cards in the confirmation and one elsewhere; where fewer
fit, a block with one product is shown all the same, and it is never padded: no recommendation is better than a bad one.
Nothing that was bought is offered again, so there are no refills yet: they need a mail of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from schedules.facts import Facts, LineKind
from worker.personalisation.wording import learned_reason_for, reason_for

ALLOWED_MOMENTS = {
    "confirmation": frozenset({""}),
    "shipping": frozenset({"", "shipped"}),
    "follow_up": frozenset({"", "shipped", "delivered"}),
}
"""`not_before` of a pairing, per step: no case before the phone arrives."""

KINDS = ("pairing", "co_purchase", "best_seller")
LEAST_ORDERS, LEAST_ATTACHMENT = 20, 0.05
"""From so many common orders, and this share of the other product's, on, "often bought with" is true."""
FLOOR = Decimal("0.3")
"""Learned products under this share of the order's value come after the dearer ones; small pairings are welcome."""

GIFT_CARDS = frozenset({"gift card", "gift cards", "giftcard", "giftcards", "voucher", "vouchers"}) | frozenset(
    {"gutschein", "gutscheine", "geschenkgutschein", "geschenkgutscheine", "geschenkkarte", "geschenkkarten"}
)
"""Categories and tags, in lower case, of what is money rather than goods."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A catalogue product as the rules see it. `inventory` None: not counted; `cost` None: unknown."""

    product_id: str
    variant_id: str = ""
    short_title: str
    category: str = ""
    tags: tuple[str, ...] = ()
    price: Decimal | None
    currency: str
    cost: Decimal | None = None
    inventory: int | None = None
    is_active: bool = True
    unusable: str = ""
    discreet: bool = False


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What makes "often bought with" true: `support` common orders, of `orders` with what was bought."""

    score: float
    support: int
    orders: int

    @property
    def is_enough(self) -> bool:
        return self.support >= LEAST_ORDERS and self.support >= LEAST_ATTACHMENT * self.orders


@dataclass(frozen=True, kw_only=True)
class Paired:
    """A product that goes with the order: by a pairing of the merchant's, or learned from orders (then with proof).

    `for_title`: short title of what was bought; of a best seller the category.
    """

    item: Item
    priority: int = 0
    pitch: str = ""
    not_before: str = ""
    for_title: str = ""
    kind: str = "pairing"  # pairing | co_purchase | best_seller
    proof: Proof | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What else is known of the person and the mail.

    `bought`, `hidden`, `offered`: product ids, over all orders and mails of the person. `language`: BCP 47.
    """

    step: str
    most: int
    currency: str
    order_value: Decimal
    bought: frozenset[str]
    hidden: frozenset[str] = field(default_factory=frozenset)
    offered: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)  # of what was just bought
    is_gift: bool = False
    language: str = "en"


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
    if limits.most <= 0:
        return Selection(why_not="this mail shows no products")
    offered = sorted(candidates, key=lambda paired: _rank(paired, limits))
    if not offered:
        return Selection(why_not="no pairing fits what was bought")
    chosen: list[Choice] = []
    refusals: list[str] = []
    for paired in offered:
        refusal = why_refused(paired, limits) or _why_beside(paired.item, chosen)
        if refusal:
            refusals.append(f"{paired.item.short_title} {refusal}")
        elif len(chosen) < limits.most:
            chosen.append(Choice(item=paired.item, kind=paired.kind, why=_reason(paired, limits)))
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
        (is_gift_card(item.category, item.tags), "is a gift card"),
        (item.inventory is not None and item.inventory <= 0, "is sold out"),
        (not item.price or item.currency != limits.currency, "has no price in the order's currency"),
        (item.price is not None and item.price > limits.order_value, "costs more than the whole order"),
        (_is_substitute(paired, limits), "is of the kind that was just bought"),
        (_is_unproven(paired), "is bought with it too seldom"),
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


def _is_substitute(paired: Paired, limits: Limits) -> bool:
    """Orders cannot tell a complement from a second one of the same kind; only the merchant can."""
    return paired.kind != "pairing" and paired.item.category in limits.categories - {""}


def _is_unproven(paired: Paired) -> bool:
    return paired.kind != "pairing" and (paired.proof is None or not paired.proof.is_enough)


def _rank(paired: Paired, limits: Limits) -> tuple[int, int, bool, float, Decimal, str, str, int, str]:
    """Pairings first, by priority; then what was learned, by score, the dear enough first.

    At equal priority or score the higher margin wins; then the id decides, so that the choice never wavers.
    """
    item, proof = paired.item, paired.proof
    margin = item.price - item.cost if item.price is not None and item.cost is not None else Decimal(0)
    is_cheap = paired.kind != "pairing" and (item.price or 0) < FLOOR * limits.order_value
    score = round(proof.score, 2) if proof else 0.0
    support = proof.support if proof else 0
    kind = KINDS.index(paired.kind)
    return (
        kind,
        -paired.priority,
        is_cheap,
        -score,
        -margin,
        item.product_id,
        item.variant_id,
        -support,
        paired.for_title,
    )


def is_gift_card(category: str, tags: Iterable[str]) -> bool:
    """Whether a product is money rather than goods, by what the catalogue says of it."""
    words = {word.lower().replace("_", " ").replace("-", " ") for word in (category, *tags)}
    return not words.isdisjoint(GIFT_CARDS)


def _reason(paired: Paired, limits: Limits) -> str:
    if paired.kind != "pairing":
        return learned_reason_for(
            kind=paired.kind, for_title=paired.for_title, is_gift=limits.is_gift, language=limits.language
        )
    return reason_for(pitch=paired.pitch, for_title=paired.for_title, is_gift=limits.is_gift, language=limits.language)


def bought_products(facts: Facts) -> frozenset[str]:
    """Products of the order, those removed, refunded or returned since included."""
    lines = facts.order.lines if facts.order else ()
    return frozenset(line.product_id for line in lines if line.product_id)


def leading_products(facts: Facts) -> tuple[str, ...]:
    """Product ids that may lead to an offer: pieces that were kept, and are no gift card, tip or the like."""
    lines = facts.order.lines if facts.order else ()
    kinds = (LineKind.PHYSICAL, LineKind.DIGITAL, LineKind.SERVICE)
    gone = {line.line_id for refund in facts.refunds for line in refund.lines}
    gone |= {line_id for case in facts.cases if not case.closed for line_id in case.line_ids}
    kept = (line for line in lines if line.quantity and line.kind in kinds and line.id not in gone)
    return tuple(line.product_id for line in kept if line.product_id)
