"""The one discount code of an order: issued once, used again, extended, never deeper because it went unused."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Literal, cast
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.conditions import delivered_at
from schedules.facts import Facts, Money, Order, PaymentState
from schedules.sequence import CodeUse, Sequence
from schedules.shop import ShopProfile
from schedules.timing import zone
from worker.personalisation.segments import is_first_time
from worker.rendering.port import CodeView, Offer
from worker.store.codes import LIVE, code_of, end_code, extend, insert_code, last_code_at, lower_minimum
from worker.store.models import DiscountCode
from worker.store.orders import facts_of, orders_of_addresses
from worker.store.types import new_id

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No letter that is read as another one."""
PREFIX = 3
LENGTH = 8
TRIES = 20
"""How many texts are tried when each was issued before: with 31^8 of them the second never is."""

CENT = Decimal("0.01")
ENDED = {PaymentState.REFUNDED: "the order was refunded in full", PaymentState.VOIDED: "the payment was voided"}


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """One mail that may carry a code, with the offer it goes with."""

    shop_id: UUID
    order_id: UUID
    address: str
    step: str
    facts: Facts
    profile: ShopProfile
    sequence: Sequence
    offer: Offer | None
    now: datetime


@dataclass(frozen=True)
class _Depth:
    """What a code takes off, and the least that must be spent; `value` as the kind of code means it."""

    value: Decimal
    minimum: Decimal | None


def reserve_code(session: Session, request: CodeRequest) -> CodeView | None:
    """The order's code, made if the step issues one and the customer may have it. Doing it twice yields one code.

    One that went unused is extended, also after its end; one that was redeemed or revoked is never shown again.
    """
    use = request.sequence.steps[request.step].code
    if use is CodeUse.NONE:
        return None
    code = code_of(session, request.order_id)
    if code is None and use is CodeUse.FIRST_TIME:
        code = _issued(session, request)
    if code is None or code.state not in LIVE or _is_spent(session, request, code):
        return None
    extend(session, code, _ends_at(request))
    cheapest = _cheapest(request.offer)
    if code.kind != "amount" and cheapest is not None:
        # It must work for every product beside it; less to spend makes a share no deeper.
        lower_minimum(session, code, cheapest)
    return _view(code)


def revoke_code(session: Session, order_id: UUID, facts: Facts) -> bool:
    """Ends the order's live code once the order is cancelled, deleted or wholly refunded; whether there was one.

    A partial refund leaves it: the customer was promised it and still has an order.
    """
    reason = why_revoked(facts)
    return bool(reason) and end_code(session, order_id, "revoked", reason)


def why_revoked(facts: Facts) -> str:
    """Why the order has no right to a code any more; empty while it has."""
    order = facts.order
    if facts.deleted_at is not None:
        return "the order was deleted"
    if facts.cancelled_at is not None or (order is not None and order.cancelled_at is not None):
        return "the order was cancelled"
    return ENDED.get(order.payment, "") if order is not None else ""


def _issued(session: Session, request: CodeRequest) -> DiscountCode | None:
    order = request.facts.order
    if order is None or not _may_have_one(session, request, order):
        return None
    depth = _depth(request, order)
    if depth is None:
        return None
    for _ in range(TRIES):
        insert_code(session, _new_code(request, order, depth))
        code = code_of(session, request.order_id)
        if code is not None:
            return code
    raise RuntimeError(f"{TRIES} codes in a row were issued before")


def _may_have_one(session: Session, request: CodeRequest, order: Order) -> bool:
    if order.is_b2b or why_revoked(request.facts):
        return False
    if not is_first_time(session, request.shop_id, request.profile, request.address, request.facts):
        return False
    last = last_code_at(session, request.shop_id, request.address, but_not=request.order_id)
    return last is None or request.now - last > request.sequence.code.rest


def _depth(request: CodeRequest, order: Order) -> _Depth | None:
    """The policy's value under the shop's ceiling, a share in percent; None: nothing is left of it."""
    policy, share = request.sequence.code, request.profile.discount_ceiling / 100
    cheapest = _cheapest(request.offer)
    if policy.kind == "free_shipping":
        return _Depth(Decimal(0), cheapest)
    if policy.kind == "percent":
        value = min(policy.value, request.profile.discount_ceiling)
        return _Depth(value, cheapest) if value else None
    if order.currency != request.profile.currency or not share:
        return None  # an amount means something in the shop's own currency only
    if cheapest is None:
        return _Depth(policy.value, (policy.value / share).quantize(CENT, ROUND_UP)) if policy.value else None
    value = min(policy.value, (cheapest * share).quantize(CENT, ROUND_DOWN))
    return _Depth(value, cheapest) if value else None


def _new_code(request: CodeRequest, order: Order, depth: _Depth) -> DiscountCode:
    return DiscountCode(
        id=new_id(),
        shop_id=request.shop_id,
        order_id=request.order_id,
        address=request.address,
        code=_text(request.profile),
        kind=request.sequence.code.kind,
        value=depth.value,
        currency=order.currency,
        minimum_spend=depth.minimum,
        starts_at=request.now,
        ends_at=_ends_at(request),
        state="reserved",
        reason=f"first order, {request.step} mail",
        created_at=request.now,
    )


def _text(profile: ShopProfile) -> str:
    """A few letters of the shop, so that its staff know the code when they see it; the rest is chance."""
    prefix = [letter for letter in profile.slug.upper() if letter in ALPHABET][:PREFIX]
    return "".join([*prefix, *(secrets.choice(ALPHABET) for _ in range(LENGTH))])


def _cheapest(offer: Offer | None) -> Decimal | None:
    """Minimum spend: the cheapest offered product, so that the code works for every one of them."""
    prices = [card.product.price.amount for card in offer.cards if card.product.price] if offer else []
    return min(prices, default=None)


def _is_spent(session: Session, request: CodeRequest, code: DiscountCode) -> bool:
    """Whether an order of the person names the code; it is then kept as redeemed."""
    for row in orders_of_addresses(session, request.shop_id, [request.address]):
        order = facts_of(row).order
        if order is not None and code.code in {used.strip().upper() for used in order.discount_codes}:
            end_code(session, request.order_id, "redeemed", f"used in order {order.number}")
            return True
    return False


def _ends_at(request: CodeRequest) -> datetime:
    """The last second of the shop-local day that lies `valid_after_follow_up` after the follow-up's latest day."""
    sequence, profile = request.sequence, request.profile
    arrived = delivered_at(request.facts, sequence.assume_delivered_after)
    arrival = arrived[0] if arrived else request.now + sequence.assume_delivered_after
    latest = arrival + sequence.steps["follow_up"].timing(profile.role("follow_up")).latest
    timezone = zone(profile.timezone)
    day = (max(latest, request.now) + sequence.code.valid_after_follow_up).astimezone(timezone).date()
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone).astimezone(UTC)


def _view(code: DiscountCode) -> CodeView:
    kind = cast(Literal["percent", "amount", "free_shipping"], code.kind)
    minimum = Money(amount=code.minimum_spend, currency=code.currency) if code.minimum_spend else None
    return CodeView(
        code=code.code, kind=kind, value=code.value, currency=code.currency, ends_at=code.ends_at, minimum=minimum
    )
