"""Why a product is not offered: the rules that each must hold, in sentences for the timeline. Pure."""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from schedules import extras, gift_cards
from schedules.offers import Named, OfferPolicy
from worker.personalisation.candidates import Item, Limits, Paired

ALLOWED_MOMENTS = {
    "confirmation": frozenset({""}),
    "shipping": frozenset({"", "shipped"}),
    "follow_up": frozenset({"", "shipped", "delivered"}),
    "replenishment": frozenset({"", "shipped", "delivered"}),
}
"""`not_before` of a pairing, per step: no case before the phone arrives."""
UPGRADE_FROM, UPGRADE_TO = Decimal("0.2"), Decimal("0.4")
"""An upgrade costs this much more than what was bought, as a share of its price."""
EARLY = timedelta(days=3)
"""So long before it runs out the same again is offered: it has to travel."""
GIFT_CARDS = frozenset({"gift card", "gift cards", "giftcard", "giftcards", "voucher", "vouchers"}) | frozenset(
    {"gutschein", "gutscheine", "geschenkgutschein", "geschenkgutscheine", "geschenkkarte", "geschenkkarten"}
)
"""Categories and tags, in lower case, of what is money rather than goods."""


def why_refused(paired: Paired, limits: Limits) -> str:
    """The rule that a product breaks; empty when it breaks none."""
    unfit = why_unfit(paired.item, limits)
    if unfit:
        return unfit
    if paired.kind == "refill":  # the same again, which the customer has a use for
        return _why_no_refill(paired, limits)
    odd = _why_odd(paired.item, limits)
    if odd:
        return odd
    return _why_no_upgrade(paired, limits) if paired.kind == "upgrade" else _why_no_complement(paired, limits)


def why_unfit(item: Item, limits: Limits) -> str:
    """What rules a product out whatever it is offered as."""
    if item.product_id in limits.hidden:
        return "was hidden by the customer"
    return _why_unsold(item, limits.policy) or _why_not_here(item, limits)


def _why_unsold(item: Item, policy: OfferPolicy) -> str:
    """What rules a product out for everybody."""
    if not item.is_active:
        return "is not sold any more"
    if item.unusable:
        return f"is left out: {item.unusable}"
    if item.discreet:
        return "is discreet"
    if is_gift_card(item.category, item.tags, item.short_title):
        return "is a gift card"
    if is_named(item, policy.never):
        return "is never offered: the sequence says so"
    if item.inventory is None or item.inventory >= policy.least_stock:
        return ""
    return "is sold out" if item.inventory <= 0 else "is nearly sold out"


def _why_not_here(item: Item, limits: Limits) -> str:
    """What rules a product out for this order."""
    if not item.price or item.currency != limits.currency:
        return "has no price in the order's currency"
    if item.ships_to and limits.country not in item.ships_to:
        return "is not shipped to this country"
    return "holds something that the customer hid" if not limits.hidden.isdisjoint(item.bundle_of) else ""


def _why_odd(item: Item, limits: Limits) -> str:
    if item.fits and limits.names.isdisjoint(item.fits):
        return "fits nothing that was bought"
    return "holds something that was bought" if not limits.bought.isdisjoint(item.bundle_of) else ""


def _why_no_complement(paired: Paired, limits: Limits) -> str:
    item, is_learned = paired.item, paired.kind != "pairing"
    if item.product_id in limits.bought:
        return "was bought or returned"
    if item.product_id in limits.offered:
        return "was offered before"
    if item.price is not None and item.price > limits.order_value:
        return "costs more than the whole order"
    # Orders cannot tell a complement from a second one of the same kind; only the merchant can.
    if is_learned and item.category and item.category in limits.categories:
        return "is of the kind that was just bought"
    if is_learned and extras.is_extra(item.short_title):
        return "is no thing of its own"
    if is_unproven(paired):
        return "is bought with it too seldom"
    if paired.not_before not in ALLOWED_MOMENTS[limits.step]:
        return f"comes only once the order is {paired.not_before}"
    return ""


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


def is_unproven(paired: Paired) -> bool:
    """Whether what was learned happens too seldom to be said; the merchant's word needs no proof."""
    return paired.kind != "pairing" and (paired.proof is None or not paired.proof.is_enough)


def is_named(item: Item, named: Named) -> bool:
    """Whether the merchant names a product, by what it is."""
    return named.covers(product_id=item.product_id, category=item.category, brand=item.brand, tags=item.tags)


@lru_cache(maxsize=4096)
def is_gift_card(category: str, tags: tuple[str, ...], title: str) -> bool:
    """Whether a product is money rather than goods, by what the catalogue says of it."""
    words = {word.lower().replace("_", " ").replace("-", " ") for word in (category, *tags)}
    return not words.isdisjoint(GIFT_CARDS) or gift_cards.NAME.search(title) is not None
