"""Which form a mail takes, and which product it is about. Pure."""

from collections.abc import Callable

from schedules.facts import DeliveryKind, LineItem, Order, PaymentState
from schedules.hero import hero_line
from schedules.situations import is_short
from worker.rendering.port import GuideView, MailInputs, OfferCard

AFTERWARDS = ("refill", "upgrade")
"""Kinds of offers that a whole mail is about; they stand alone in it."""


def lead_of(inputs: MailInputs) -> OfferCard | None:
    """The offer that the mail is about: the same again, or a better one; None: it is about what was bought."""
    cards = inputs.offer.cards if inputs.offer else ()
    return next((card for card in cards if card.kind in AFTERWARDS), None)


def hero_of(inputs: MailInputs, is_discreet: Callable[[LineItem], bool]) -> LineItem | None:
    """The line that the mail names: that of its offer, else the dearest piece."""
    lead, order = lead_of(inputs), inputs.facts.order
    if lead is not None and order is not None:
        led = (line for line in order.lines if line.product_id == lead.for_product and not is_discreet(line))
        return next(led, None)
    return hero_line(inputs.facts, discreet=is_discreet)


def guide_of(inputs: MailInputs, order: Order) -> GuideView | None:
    """The guide that the mail shows: it has one job, and who gave the goods away does not use them."""
    return inputs.guide if lead_of(inputs) is None and order.gift is None else None


def variant_of(inputs: MailInputs, order: Order, *, is_companion: bool, is_part: bool) -> str:
    """The form, in one word, as templates and timelines know it."""
    if inputs.step in ("follow_up", "replenishment"):
        lead = lead_of(inputs)
        return lead.kind if lead is not None else "guide" if guide_of(inputs, order) else "how_is_it"
    if is_companion:
        return "companion"
    if inputs.step == "confirmation":
        if inputs.parcel_group.startswith("edit-"):
            return "updated"
        if order.payment is PaymentState.ACCEPTED:
            return "payment_open"
        return "short" if is_short(order) else "confirmed"
    if order.delivery is DeliveryKind.PICKUP:
        return "pickup"
    return "part" if is_part else "shipped"
