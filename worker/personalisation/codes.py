"""The one discount code of an order: issued once, used again, extended, never deeper because it went unused."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from schedules.codes import CodeKind, CodeUse, NeverOn
from schedules.facts import Money
from worker.personalisation.code_issuing import issue_code, why_too_low
from worker.personalisation.code_requests import OUTBOX, SPARES_SALES, CodeDecision, CodeRequest
from worker.personalisation.code_terms import cheapest_of, ends_at, wanted_terms
from worker.platforms.registry import CODE_MAKERS
from worker.rendering.port import CodeView
from worker.store.codes import LIVE, code_of, has_live_code, lower_minimum
from worker.store.models import DiscountCode
from worker.store.truth import lock_people

CONFIRMED_FOR = timedelta(days=1)
"""How long the shop's word that it has a code is good: somebody may have deleted it there since."""
PATIENCE = {"transactional": timedelta(minutes=5), "marketing": timedelta(hours=6)}
"""How long a mail waits for its code, by stream: tracking is hardly held back, a follow-up has days."""


def reserve_code(session: Session, request: CodeRequest) -> CodeDecision:
    """The order's code, made if the mail issues one and the customer may have it. Doing it twice yields one code.

    One that went unused is extended, also after its end; one that was redeemed or revoked is never shown again. It is
    shown only once the shop has confirmed these very terms.
    """
    if request.given.use is CodeUse.NONE:
        return CodeDecision()
    if request.offer and any(card.kind == "refill" for card in request.offer.cards):
        return CodeDecision(why_not="the same again is bought without a code")
    if request.maker.why_not:
        return CodeDecision(why_not=request.maker.why_not)
    lock_people(session, [(request.shop_id, request.address)])
    code = code_of(session, request.order_id, lock=True)
    if code is None:
        if not request.given.issues:
            return CodeDecision()
        issued = issue_code(session, request)
        if isinstance(issued, str):
            return CodeDecision(why_not=issued)
        code = issued
    if why_not := _why_not_shown(session, request, code):
        return CodeDecision(why_not=why_not)
    _bring_up(request, code)
    session.flush()
    if code.ends_at <= request.now:
        return CodeDecision(why_not="its code has ended, and the shop's pool sets that end")
    if code.backend in CODE_MAKERS:
        return _confirmed(request, code)
    return CodeDecision(view=view_of(code))


def _why_not_shown(session: Session, request: CodeRequest, code: DiscountCode) -> str:
    if code.state not in (*LIVE, "expired"):
        return f"its code is {code.state}: {code.reason}"
    if code.backend == OUTBOX and request.maker.kind != OUTBOX:
        return "its code was made for the outbox, while mails were only kept: the shop never had it"
    who, now = (request.shop_id, request.address), request.now
    if code.ends_at <= now and has_live_code(session, *who, but_not=request.order_id, now=now):
        return "its code has ended, and a code of another order is still valid"
    return why_too_low(session, request, code.kind, code.value)


def _bring_up(request: CodeRequest, code: DiscountCode) -> None:
    """Makes it last longer, never shorter, and work for every product beside it, never deeper; and for its customer at
    the address that the order has now."""
    if code.address != request.address:
        code.address, code.told_at = request.address, None
    until = ends_at(request.facts, request.profile, request.sequence, request.now)
    if code.backend == "pool" and code.told.get("ends_at"):
        until = min(until, datetime.fromisoformat(code.told["ends_at"]))
    code.ends_at = max(code.ends_at, until)
    products = request.discountable
    cheapest = cheapest_of(products)
    # Less to spend makes a share no deeper; an amount would take a larger share of it.
    if code.kind != "amount" and code.backend != "pool" and cheapest is not None:
        lower_minimum(code, cheapest)
    if code.only:
        code.only = sorted({*code.only, *(product.product_id for product in products)})
    if code.state == "expired" and code.ends_at > request.now:
        code.state, code.reason = "created" if code.told or code.backend not in CODE_MAKERS else "reserved", "extended"


def _confirmed(request: CodeRequest, code: DiscountCode) -> CodeDecision:
    """The code if the shop has just confirmed it; else the mail waits a while, and then goes without."""
    now = request.now
    is_fresh = code.told_at is not None and now - code.told_at < CONFIRMED_FOR
    if code.due_at is None and is_fresh and code.told == wanted_terms(code):
        return CodeDecision(view=view_of(code))
    until = min((request.waiting_since or now) + PATIENCE[request.stream], request.last_moment)
    if request.waiting_since is None or code.due_at is None:
        code.due_at = now
    code.wanted_at = code.wanted_at or now
    if now < until:
        return CodeDecision(wait_until=until)
    note = f": {code.note}" if code.note else ""
    return CodeDecision(why_not=f"the shop did not confirm the code in time{note}")


def view_of(code: DiscountCode) -> CodeView:
    """A code as mails show it."""
    never_on = NeverOn.model_validate(code.never_on)
    return CodeView(
        code=code.code,
        kind=cast(CodeKind, code.kind),
        value=code.value,
        currency=code.currency,
        ends_at=code.ends_at,
        minimum=Money(amount=code.minimum_spend, currency=code.currency) if code.minimum_spend else None,
        excluded=() if code.only else (*never_on.brands, *never_on.categories),
        is_for_shown=bool(code.only),
        is_for_full_price=code.backend == SPARES_SALES,
    )
