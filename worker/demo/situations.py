"""Situations in which a mail looks different: each changes Mia's order, or what is shown with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from schedules.facts import (
    Address,
    Channel,
    DeliveryKind,
    Gift,
    LineKind,
    PaymentState,
    PickupPoint,
)
from schedules.parcel_facts import DeliverySource, ParcelLine
from schedules.shop import Role
from worker.demo.examples import HOST, a_step_up, euros, inputs, line, order, the_same_again, totals
from worker.rendering.port import Links, MailInputs, Offer


def with_order(base: MailInputs, **more: Any) -> MailInputs:
    """The same mail about a changed order."""
    told = base.facts.order or order()
    return replace(base, facts=base.facts.model_copy(update={"order": told.model_copy(update=more)}))


def _companion(base: MailInputs) -> MailInputs:
    return replace(base, role=Role.COMPANION, links=Links(unsubscribe=f"{HOST}/u/example"))


def _pending(base: MailInputs) -> MailInputs:
    totals = order().totals.model_copy(update={"paid": euros("0"), "outstanding": euros("64.00")})
    pay_by = (base.facts.order or order()).placed_at.date() + timedelta(days=4)
    state = {"payment": PaymentState.ACCEPTED, "payment_method": "Bank transfer", "pay_by": pay_by}
    return with_order(base, totals=totals, **state)


def _pickup(base: MailInputs) -> MailInputs:
    place = PickupPoint(
        name="Northkettle Galway",
        address=Address(line1="3 Copper Row", city="Galway", country="IE"),
        hours="Mon–Sat 10–18",
        bring="Bring your order number.",
    )
    return replace(with_order(base, delivery=DeliveryKind.PICKUP, pickup=place), expected=None)


def _part(base: MailInputs) -> MailInputs:
    """All but the last line is on its way."""
    lines = base.facts.order.lines if base.facts.order else ()
    return _with_parcel(base, lines=tuple(ParcelLine(line_id=each.id, quantity=each.quantity) for each in lines[:-1]))


def _many_lines(base: MailInputs) -> MailInputs:
    titles = (f"Coffee of the month, number {number}" for number in range(1, 15))
    lines = tuple(line(number, title, "12.00") for number, title in enumerate(titles, start=1))
    beans = tuple(each.model_copy(update={"product_id": "7103"}) for each in lines)
    return with_order(base, lines=beans, totals=totals("168.00", shipping="5.00", tax="32.35"))


def _digital(base: MailInputs) -> MailInputs:
    lines = (line(30, "Brewing course, online", "64.00", kind=LineKind.DIGITAL),)
    told = {"lines": lines, "totals": totals("64.00", shipping="0", tax="11.97")}
    return replace(with_order(base, **told, delivery=DeliveryKind.DIGITAL, shipping_method=""), expected=None)


def _short(base: MailInputs) -> MailInputs:
    return replace(with_order(base, channel=Channel.REPLACEMENT), offer=None)


def _untracked(base: MailInputs) -> MailInputs:
    return replace(_with_parcel(base, carrier="", tracking_number="", tracking_url=""), expected=None)


def _with_parcel(base: MailInputs, **more: Any) -> MailInputs:
    """The same mail about a changed parcel; without any, as it is."""
    parcels = tuple(each.model_copy(update=more) for each in base.facts.parcels)
    return replace(base, facts=base.facts.model_copy(update={"parcels": parcels}))


def _repeat(base: MailInputs) -> MailInputs:
    return replace(base, offer=Offer(cards=base.offer.cards) if base.offer else None, is_first_time=False)


def _refill(base: MailInputs) -> MailInputs:
    return replace(base, offer=Offer(cards=(the_same_again(base),)))


def _upgrade(base: MailInputs) -> MailInputs:
    return replace(base, offer=Offer(cards=(a_step_up(base),)))


def _redirect(base: MailInputs) -> MailInputs:
    """To a country where the carrier lets customers redirect what is on its way."""
    there = Address(name="Mia Keane", line1="Hafenstraße 1", postal_code="20095", city="Hamburg", country="DE")
    return with_order(base, shipping_address=there)


CHANGES: dict[str, Callable[[MailInputs], MailInputs]] = {
    "companion": _companion,
    "payment_open": _pending,
    "updated": lambda base: replace(base, parcel_group="edit-1", offer=None),
    "gift": lambda base: with_order(base, gift=Gift(message="For your quiet mornings. Dad", hide_prices=True)),
    "pickup": _pickup,
    "digital": _digital,
    "many_lines": _many_lines,
    "no_offer": lambda base: replace(base, offer=None),
    "short": _short,
    "part": _part,
    "no_tracking": _untracked,
    "redirect": _redirect,
    "repeat": _repeat,
    "refill": _refill,
    "upgrade": _upgrade,
    "how_is_it": lambda base: replace(base, guide=None),
    "estimated": lambda base: replace(base, delivery_source=DeliverySource.ESTIMATED),
}


def example(step: str, situation: str = "") -> MailInputs:
    """The inputs of one mail in one situation; the plain case for a name that changes nothing."""
    base = inputs(step)
    return CHANGES[situation](base) if situation in CHANGES else base
