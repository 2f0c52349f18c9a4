"""Which products may be offered, and which of them are. Pure.

A follow-up offers the same again when it runs low, else what goes with the order, else a better one: the first that
fits, never two kinds at once. What goes with an order: a pairing of the merchant's, else what others often bought with
it, else what sells best beside its category, else nothing. Where fewer fit than a sequence aims at, a block with one
product is shown all the same, and it is never padded: no recommendation is better than a bad one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from schedules import extras, gift_cards
from schedules.offers import Named
from worker.personalisation.candidates import Choice, Item, Limits, Paired, Selection
from worker.personalisation.reasons import proof_of, reason_of

ALLOWED_MOMENTS = {
    "confirmation": frozenset({""}),
    "shipping": frozenset({"", "shipped"}),
    "follow_up": frozenset({"", "shipped", "delivered"}),
    "replenishment": frozenset({"", "shipped", "delivered"}),
}
"""`not_before` of a pairing, per step: no case before the phone arrives."""

COMPLEMENTS = ("pairing", "co_purchase", "best_seller")
AFTERWARDS = (("refill",), COMPLEMENTS, ("upgrade",))
KINDS_OF = {
    "confirmation": (COMPLEMENTS,),
    "shipping": (COMPLEMENTS,),
    "follow_up": AFTERWARDS,
    "replenishment": (("refill",), ("upgrade",)),
}
"""What each mail may offer: the first group of which anything fits."""
TURN = {kind: turn for turn, kind in enumerate(kind for group in AFTERWARDS for kind in group)}
FLOOR = Decimal("0.3")
"""Learned products under this share of the order's value come after the dearer ones; small pairings are welcome."""
UPGRADE_FROM, UPGRADE_TO = Decimal("0.2"), Decimal("0.4")
"""An upgrade costs this much more than what was bought, as a share of its price."""
EARLY = timedelta(days=3)
"""So long before it runs out the same again is offered: it has to travel."""

GIFT_CARDS = frozenset({"gift card", "gift cards", "giftcard", "giftcards", "voucher", "vouchers"}) | frozenset(
    {"gutschein", "gutscheine", "geschenkgutschein", "geschenkgutscheine", "geschenkkarte", "geschenkkarten"}
)
"""Categories and tags, in lower case, of what is money rather than goods."""
NOTHING_FITS = "no pairing fits what was bought"


def looks_back(step: str) -> bool:
    """Whether a mail may offer the same again, or a better one."""
    return len(KINDS_OF[step]) > 1


def select(candidates: Iterable[Paired], limits: Limits) -> Selection:
    """The best candidates of the first kind that break no rule, one per category, at most `limits.most`."""
    if limits.most <= 0:
        return Selection(why_not="this mail shows no products")
    ranked = sorted(_joined(candidates), key=lambda paired: _rank(paired, limits))
    refusals: list[str] = []
    for kinds in KINDS_OF[limits.step]:
        chosen = _chosen([paired for paired in ranked if paired.kind in kinds], limits, refusals)
        if chosen:
            return Selection(choices=tuple(chosen))
    if not refusals:
        return Selection(why_not=NOTHING_FITS)
    return Selection(why_not="no product fits: " + "; ".join(dict.fromkeys(refusals[:5])))


def _joined(candidates: Iterable[Paired]) -> list[Paired]:
    """What several things of the order speak for has the sum of their scores; each keeps its own proof."""
    every = list(candidates)
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    for paired in every:
        if paired.proof is not None and paired.proof.is_enough:
            sums[(paired.kind, *_id(paired.item))] += paired.proof.score
    return [
        replace(paired, proof=replace(paired.proof, score=total))
        if paired.proof is not None
        and (total := sums.get((paired.kind, *_id(paired.item)), 0.0)) > 0
        and total != paired.proof.score
        else paired
        for paired in every
    ]


def _id(item: Item) -> tuple[str, str]:
    return item.product_id, item.variant_id


def _chosen(ranked: Sequence[Paired], limits: Limits, refusals: list[str]) -> list[Choice]:
    chosen: list[Choice] = []
    for paired in ranked:
        refusal = why_refused(paired, limits) or _why_beside(paired.item, chosen)
        if refusal:
            refusals.append(f"{paired.item.short_title} {refusal}")
        elif len(chosen) < limits.most:
            chosen.append(_choice(paired, ranked, limits))
    return chosen


def _choice(paired: Paired, ranked: Sequence[Paired], limits: Limits) -> Choice:
    alike = (each for each in ranked if _id(each.item) == _id(paired.item) and not _is_unproven(each))
    return Choice(
        item=paired.item,
        kind=paired.kind,
        why=reason_of(paired, limits),
        proof=proof_of(paired),
        bought_at=paired.bought_at,
        for_product=paired.for_product,
        goes_with=frozenset[str]().union(*(each.goes_with for each in alike)),
    )


def why_refused(paired: Paired, limits: Limits) -> str:
    """The rule that a product breaks; empty when it breaks none."""
    kind = {"refill": _why_no_refill, "upgrade": _why_no_upgrade}.get(paired.kind, _why_no_complement)
    return why_unfit(paired.item, limits) or _why_odd(paired, limits) or kind(paired, limits)


def why_unfit(item: Item, limits: Limits) -> str:
    """What rules a product out whatever it is offered as."""
    policy = limits.policy
    checks = (
        (item.product_id in limits.hidden, "was hidden by the customer"),
        (not item.is_active, "is not sold any more"),
        (bool(item.unusable), f"is left out: {item.unusable}"),
        (item.discreet, "is discreet"),
        (is_gift_card(item.category, item.tags, item.short_title), "is a gift card"),
        (_is_named(item, policy.never), "is never offered: the sequence says so"),
        (item.inventory is not None and item.inventory <= 0, "is sold out"),
        (item.inventory is not None and item.inventory < policy.least_stock, "is nearly sold out"),
        (not item.price or item.currency != limits.currency, "has no price in the order's currency"),
        (bool(item.ships_to) and limits.country not in item.ships_to, "is not shipped to this country"),
        (not limits.hidden.isdisjoint(item.bundle_of), "holds something that the customer hid"),
    )
    return next((words for broken, words in checks if broken), "")


def _why_odd(paired: Paired, limits: Limits) -> str:
    """What rules out anything but the same again, which the customer has a use for."""
    item, is_again = paired.item, paired.kind == "refill"
    checks = (
        (bool(item.fits) and limits.names.isdisjoint(item.fits), "fits nothing that was bought"),
        (not limits.bought.isdisjoint(item.bundle_of), "holds something that was bought"),
    )
    return next((words for broken, words in checks if broken and not is_again), "")


def _why_no_complement(paired: Paired, limits: Limits) -> str:
    item = paired.item
    checks = (
        (item.product_id in limits.bought, "was bought or returned"),
        (item.product_id in limits.offered, "was offered before"),
        (item.price is not None and item.price > limits.order_value, "costs more than the whole order"),
        (_is_substitute(paired, limits), "is of the kind that was just bought"),
        (paired.kind != "pairing" and extras.is_extra(item.short_title), "is no thing of its own"),
        (_is_unproven(paired), "is bought with it too seldom"),
        (paired.not_before not in ALLOWED_MOMENTS[limits.step], f"comes only once the order is {paired.not_before}"),
    )
    return next((words for broken, words in checks if broken), "")


def _why_no_refill(paired: Paired, limits: Limits) -> str:
    item, due_at, bought_at = paired.item, paired.due_at, paired.bought_at
    offered = limits.offered.get(item.product_id)
    if due_at is None or bought_at is None or limits.now is None or limits.is_gift:
        return "has no rhythm that we know"
    checks = (
        (item.product_id in limits.returned, "was returned"),
        (due_at > limits.now + EARLY, f"does not run low before {due_at.date().isoformat()}"),
        (offered is not None and offered >= bought_at, "was offered again already"),
    )
    return next((words for broken, words in checks if broken), "")


def _why_no_upgrade(paired: Paired, limits: Limits) -> str:
    item, before = paired.item, paired.upgrade_from
    if not paired.benefits or before is None or item.price is None:
        return "does nothing better that the catalogue tells"
    difference = item.price - before
    checks = (
        (item.product_id in limits.bought, "was bought or returned"),
        (item.product_id in limits.offered, "was offered before"),
        (limits.is_gift, "is no better gift: the order was a present"),
        (not limits.returns_ended, "comes only after the return window"),
        (not UPGRADE_FROM * before <= difference <= UPGRADE_TO * before, "costs not 20 to 40 % more"),
    )
    return next((words for broken, words in checks if broken), "")


def _why_beside(item: Item, chosen: Sequence[Choice]) -> str:
    for other in (choice.item for choice in chosen):
        if other.product_id == item.product_id:
            return "is shown already"
        if item.category and other.category == item.category:
            return "is of a category that is shown already"
        parts = {*item.bundle_of, *other.bundle_of}
        if item.product_id in parts or other.product_id in parts or set(item.bundle_of) & set(other.bundle_of):
            return "is part of a set that is shown already"
    return ""


def _is_substitute(paired: Paired, limits: Limits) -> bool:
    """Orders cannot tell a complement from a second one of the same kind; only the merchant can."""
    return paired.kind != "pairing" and paired.item.category in limits.categories - {""}


def _is_unproven(paired: Paired) -> bool:
    return paired.kind != "pairing" and (paired.proof is None or not paired.proof.is_enough)


def _rank(paired: Paired, limits: Limits) -> tuple[int, int, bool, bool, bool, float, Decimal, str, str, int, str]:
    """Pairings first, by priority; then what was learned, by score, the dear enough first.

    Of what fits equally, sets come first for those who want them, then what the merchant features, then the higher
    margin; last the id decides, so that the choice never wavers.
    """
    item, proof = paired.item, paired.proof
    margin = item.price - item.cost if item.price is not None and item.cost is not None else Decimal(0)
    is_learned = paired.kind in COMPLEMENTS[1:]
    return (
        TURN[paired.kind],
        -paired.priority,
        limits.wants_sets and not item.bundle_of,
        not _is_named(item, limits.policy.first),
        is_learned and (item.price or 0) < FLOOR * limits.order_value,
        -round(proof.score, 2) if proof else 0.0,
        -margin,
        item.product_id,
        item.variant_id,
        -proof.support if proof else 0,
        paired.for_title,
    )


def _is_named(item: Item, named: Named) -> bool:
    return named.covers(product_id=item.product_id, category=item.category, brand=item.brand, tags=item.tags)


@lru_cache(maxsize=4096)
def is_gift_card(category: str, tags: tuple[str, ...], title: str) -> bool:
    """Whether a product is money rather than goods, by what the catalogue says of it."""
    words = {word.lower().replace("_", " ").replace("-", " ") for word in (category, *tags)}
    return not words.isdisjoint(GIFT_CARDS) or gift_cards.NAME.search(title) is not None
