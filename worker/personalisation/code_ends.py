"""How a code ends before its time: its order came to nothing, or an order used it. And how its owner is forgotten."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from schedules import situations
from schedules.facts import Facts, PaymentState
from worker.platforms.registry import CODE_MAKERS
from worker.store.codes import LIVE, code_of, codes_named, codes_of_orders, end_code
from worker.store.models import DiscountCode, OrderRow
from worker.store.orders import addresses_of_person, facts_of

log = structlog.get_logger()


def end_codes(session: Session, order: OrderRow, facts: Facts, now: datetime) -> None:
    """Draws what follows from an order's facts for its own code, and for those that it used."""
    revoke_code(session, order, facts, now)
    if _came_to_nothing(facts):
        return_codes(session, order, facts, now)
    else:
        redeem_codes(session, order, facts)


def revoke_code(session: Session, order: OrderRow, facts: Facts, now: datetime) -> bool:
    """Ends the order's live code once the order is cancelled, deleted or wholly refunded; whether there was one.

    A partial refund leaves it: the customer was promised it and still has an order.
    """
    reason = why_revoked(facts)
    code = code_of(session, order.id, lock=True) if reason else None
    if code is None or code.state not in LIVE:
        return False
    revoke(session, code, reason, now)
    return True


def revoke(session: Session, code: DiscountCode, reason: str, now: datetime) -> None:
    """Ends a locked code; a shop that has it, or may have it, is to take it back."""
    end_code(session, code, "revoked", reason)
    if code.backend in CODE_MAKERS and (code.told or code.first_tried_at):
        code.due_at = code.wanted_at = now
        code.tries, code.note = 0, ""
    elif code.backend == "pool":
        code.note = "it came from the pool: delete it in the shop by hand"
    session.flush()


def forget_owners(session: Session, order_ids: Collection[UUID], now: datetime) -> None:
    """Takes the address off the orders' codes. A shop that keeps it beside a code is to forget it: one that can still
    be used stays and names nobody, one that has expired goes, and one that was used is part of the shop's own order."""
    for code in codes_of_orders(session, order_ids):
        code.address = ""
        maker = CODE_MAKERS.get(code.backend)
        may_know = maker is not None and maker.names_owner and (code.told or code.first_tried_at)
        if may_know and code.state in (*LIVE, "expired"):
            code.due_at, code.wanted_at, code.tries = now, code.wanted_at or now, 0
    session.flush()


def why_revoked(facts: Facts) -> str:
    """Why the order has no right to a code any more; empty while it has."""
    order = facts.order
    if facts.is_deleted:
        return "the order was deleted"
    if facts.is_cancelled:
        return "the order was cancelled"
    if situations.is_refunded(facts):
        return "the order was refunded in full"
    return "the payment was voided" if order is not None and order.payment is PaymentState.VOIDED else ""


def _came_to_nothing(facts: Facts) -> bool:
    """Whether an order that used a code was never carried out; one that was paid back may well have been."""
    order = facts.order
    return facts.is_deleted or facts.is_cancelled or (order is not None and order.payment is PaymentState.VOIDED)


def return_codes(session: Session, order: OrderRow, facts: Facts, now: datetime) -> None:
    """Takes back that the order used codes, where a shop can be asked whether it counts them as used all the same."""
    used = facts.order.discount_codes if facts.order is not None else ()
    for code in codes_named(session, order.shop_id, used, but_not=order.id) if used else ():
        if code.state == "redeemed" and code.redeemed_in == order.id and code.backend in CODE_MAKERS:
            code.state = "created" if code.told else "reserved"
            code.reason = f"order {order.name}, which used it, came to nothing"
            code.redeemed_in, code.redeemed_by_other = None, False
            code.due_at = code.wanted_at = now
            session.flush()
            owner = session.get_one(OrderRow, code.order_id)
            revoke_code(session, owner, facts_of(owner), now)  # it may have come to nothing too, meanwhile
            log.info("codes.code.returned", code_id=str(code.id), order=str(order.id))


def redeem_codes(session: Session, order: OrderRow, facts: Facts) -> None:
    """Keeps the codes that an order used as redeemed, and flags those that somebody else than the recipient used.

    A try at the till that was never paid or accepted used none.
    """
    placed = facts.order
    if placed is None or not (placed.payment.counts_as_order or facts.accepted_first_at is not None):
        return
    used = placed.discount_codes
    if not used:
        return
    for code in codes_named(session, order.shop_id, used, but_not=order.id):
        if code.redeemed_in is None:
            _redeem(session, code, order)


def _addresses_of(session: Session, code: DiscountCode) -> set[str | None]:
    """All that its recipient is known by: its order may have been corrected since a mail showed it."""
    owner = session.get_one(OrderRow, code.order_id)
    return {owner.address, *addresses_of_person(session, code.shop_id, code.address)}


def _redeem(session: Session, code: DiscountCode, order: OrderRow) -> None:
    is_other = bool(code.address and order.address) and order.address not in _addresses_of(session, code)
    reason = f"used in order {order.name}"
    if is_other:
        reason += ", by somebody else than its recipient"
    told = {"code_id": str(code.id), "order": str(order.id)}
    if code.state == "revoked":
        code.redeemed_in, code.redeemed_by_other = order.id, is_other
        code.reason += f"; but it was {reason}"
        session.flush()
        log.error("codes.code.misused", alarm=True, reason="it had been revoked", **told)
        return
    end_code(session, code, "redeemed", reason, redeemed_in=order.id, redeemed_by_other=is_other)
    log.info("codes.code.redeemed", by_other=is_other, **told)
