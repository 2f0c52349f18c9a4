"""Which of the products that may be offered are. Pure.

A follow-up offers the same again when it runs low, else what goes with the order, else a better one: the first that
fits, never two kinds at once. What goes with an order: a pairing of the merchant's, else what others often bought with
it, else what sells best beside its category, else nothing. Where fewer fit than a sequence aims at, a block with one
product is shown all the same, and it is never padded: no recommendation is better than a bad one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.personalisation.candidates import Choice, Item, Limits, Paired, Selection
from worker.personalisation.reasons import proof_of, reason_of
from worker.personalisation.refusals import is_named, is_unproven, why_refused

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
    learned = [(paired.kind, *_id(paired.item)) for paired in every if paired.proof is not None]
    if len(learned) == len(set(learned)):
        return every
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
        if len(chosen) == limits.most:
            break
        refusal = why_refused(paired, limits) or _why_beside(paired.item, chosen)
        if refusal:
            refusals.append(f"{paired.item.short_title} {refusal}")
        else:
            chosen.append(_choice(paired, ranked, limits))
    return chosen


def _choice(paired: Paired, ranked: Sequence[Paired], limits: Limits) -> Choice:
    own = _id(paired.item)
    alike = [each.goes_with for each in ranked if _id(each.item) == own and not is_unproven(each)]
    return Choice(
        item=paired.item,
        kind=paired.kind,
        why=reason_of(paired, limits),
        proof=proof_of(paired),
        bought_at=paired.bought_at,
        for_product=paired.for_product,
        goes_with=frozenset[str]().union(*alike),
    )


def _why_beside(item: Item, chosen: Sequence[Choice]) -> str:
    for other in (choice.item for choice in chosen):
        if other.product_id == item.product_id:
            return "is shown already"
        if item.category and other.category == item.category:
            return "is of a category that is shown already"
        if not item.bundle_of and not other.bundle_of:
            continue
        parts = {*item.bundle_of, *other.bundle_of}
        if item.product_id in parts or other.product_id in parts or set(item.bundle_of) & set(other.bundle_of):
            return "is part of a set that is shown already"
    return ""


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
        not is_named(item, limits.policy.first),
        is_learned and (item.price or 0) < FLOOR * limits.order_value,
        -round(proof.score, 2) if proof else 0.0,
        -margin,
        item.product_id,
        item.variant_id,
        -proof.support if proof else 0,
        paired.for_title,
    )
