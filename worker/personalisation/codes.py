"""The one discount code of an order: issued once, used again, extended, never deeper because it went unused."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Literal, cast
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import Facts
from schedules.sequence import CodeUse, Sequence
from schedules.shop import ShopProfile
from schedules.timing import zone
from worker.personalisation.segments import is_first_time
from worker.rendering.port import CodeView, Offer
from worker.store.codes import code_of, extend, insert_code, last_code_at
from worker.store.models import DiscountCode
from worker.store.types import new_id

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No letter that is read as another one."""
LENGTH = 8
LIVE = ("reserved", "created")


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


def reserve_code(session: Session, request: CodeRequest) -> CodeView | None:
    """The order's code, made if the step issues one and the customer may have it. Doing it twice yields one code."""
    use = request.sequence.steps[request.step].code
    if use is CodeUse.NONE:
        return None
    existing = code_of(session, request.order_id)
    if existing is None and (use is not CodeUse.FIRST_TIME or not _may_issue(session, request)):
        return None
    if existing is None:
        insert_code(session, _new_code(request))
        existing = code_of(session, request.order_id)
    if existing is None or existing.state not in LIVE or existing.ends_at <= request.now:
        return None
    extend(session, existing, _ends_at(request))
    return _view(existing)


def _may_issue(session: Session, request: CodeRequest) -> bool:
    order = request.facts.order
    if (
        order is None
        or order.is_b2b
        or (not request.sequence.code.value and request.sequence.code.kind != "free_shipping")
    ):
        return False
    if not is_first_time(session, request.shop_id, request.profile, request.address, request.facts):
        return False
    last = last_code_at(session, request.shop_id, request.address)
    return last is None or request.now - last > request.sequence.code.rest


def _new_code(request: CodeRequest) -> DiscountCode:
    policy = request.sequence.code
    order = request.facts.order
    assert order is not None, "checked before"
    value = min(policy.value, request.profile.discount_ceiling) if policy.kind == "percent" else policy.value
    return DiscountCode(
        id=new_id(),
        shop_id=request.shop_id,
        order_id=request.order_id,
        address=request.address,
        code="".join(secrets.choice(ALPHABET) for _ in range(LENGTH)),
        kind=policy.kind,
        value=value,
        currency=order.currency,
        minimum_spend=_cheapest(request.offer),
        starts_at=request.now,
        ends_at=_ends_at(request),
        state="reserved",
        reason=f"first order, {request.step} mail",
        created_at=request.now,
    )


def _cheapest(offer: Offer | None) -> Decimal | None:
    """Minimum spend: the cheapest offered product, so that the code works for every one of them."""
    prices = [card.product.price.amount for card in offer.cards if card.product.price] if offer else []
    return min(prices, default=None)


def _ends_at(request: CodeRequest) -> datetime:
    """The last second of the shop-local day that lies `valid_after_follow_up` after the follow-up's latest day."""
    sequence = request.sequence
    span = sequence.code.valid_after_follow_up
    if request.step != "follow_up":
        span += sequence.assume_delivered_after + sequence.steps["follow_up"].replace.latest
    timezone = zone(request.profile.timezone)
    day = (request.now + span).astimezone(timezone).date()
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone).astimezone(UTC)


def _view(code: DiscountCode) -> CodeView:
    kind = cast(Literal["percent", "amount", "free_shipping"], code.kind)
    return CodeView(code=code.code, kind=kind, value=code.value, currency=code.currency, ends_at=code.ends_at)
