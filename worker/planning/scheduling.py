"""The planner's verdict on one order, turned into rows."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog

from schedules import reasons
from schedules.changes import Plan, PlannedMessage
from schedules.lifecycle import PENDING, State
from schedules.planner import plan
from schedules.sequence import Sequence
from schedules.shop import Role
from worker.errors import StaleFenceError
from worker.personalisation.prospects import prospect_of
from worker.planning.content import sequence_for, sequence_now, without_new_steps
from worker.planning.unit import Unit
from worker.store.messages import apply_plan, messages_of, settle_messages
from worker.store.models import Message, OrderRow
from worker.store.models.messages import BY_HAND, KNEW, SHOWED
from worker.store.orders import SIBLING_SPAN, facts_of, lock_order, pinned_facts
from worker.store.siblings import Place, siblings_of, touched_by
from worker.store.transitions import transition

log = structlog.get_logger()

ERASED = "the customer's data was erased on demand"


def replan(unit: Unit, *orders: OrderRow) -> None:
    """Plans locked orders anew from their facts and applies the changes. Doing it twice changes nothing twice."""
    settle_messages(unit.session, [order.id for order in orders])
    for order in orders:
        _replan(unit, order)


def _replan(unit: Unit, order: OrderRow) -> None:
    erased = ERASED if order.erased_at is not None else ""
    nothing = reasons.DISCONNECTED if unit.shop.uninstalled_at is not None else erased
    if nothing:
        cancel_pending(unit, order, nothing)
        order.unsent = {"all": nothing}
        return
    result = plan_of(unit, order, sequence_for(unit, order))
    applied = apply_plan(
        unit.session, shop_id=unit.shop.id, order_id=order.id, plan=result, now=unit.now, address=order.address
    )
    order.unsent = dict(result.unsent)
    log.info("planning.order.planned", order_id=str(order.id), version=order.version, applied=applied)


def would_change(unit: Unit, order: OrderRow) -> bool:
    """Whether `replan` has anything to do. It only reads, so nothing need be locked."""
    if unit.shop.uninstalled_at is not None or order.erased_at is not None:
        return True
    result = plan_of(unit, order, sequence_now(unit))
    return not result.is_empty or order.unsent != result.unsent


def lock_touched(unit: Unit, order: OrderRow, places: Iterable[Place]) -> list[OrderRow]:
    """The other orders that look at an order's places, old and new, locked; the person is locked before.

    Lock them before any message: who has an order waits for its messages.
    """
    within = min(sequence_for(unit, order).combine_orders_within, SIBLING_SPAN)
    touched = set[UUID]().union(*(touched_by(unit.session, order, place, within) for place in places))
    return [lock_order(unit.session, order_id) for order_id in sorted(touched)]


def plan_of(unit: Unit, order: OrderRow, sequence: Sequence) -> Plan:
    """The planner's verdict on an order by this sequence; changes nothing."""
    return plan(
        facts=pinned_facts(order),
        messages=[_planned(message, order) for message in messages_of(unit.session, order.id)],
        sequence=without_new_steps(unit, order, sequence),
        shop=unit.profile,
        now=unit.now,
        hold=order.hold,
        imported=order.imported,
        connected_at=unit.connected_at,
        prospect=prospect_of(unit.session, unit.shop.id, order.address or "", facts_of(order)),
        siblings=siblings_of(unit.session, order),
    )


def cancel_pending(unit: Unit, order: OrderRow, reason: str) -> int:
    """Cancels what is scheduled or held for an order; how many. What a dispatcher claims meanwhile the gate ends."""
    pending, cancelled = [each for each in messages_of(unit.session, order.id) if State(each.state) in PENDING], 0
    for message in pending:
        try:
            transition(unit.session, message, State.CANCELLED, reason, now=unit.now)
            cancelled += 1
        except StaleFenceError:
            log.info("planning.message.left", message_id=str(message.id), reason="a dispatcher has it")
    return cancelled


def _planned(message: Message, order: OrderRow) -> PlannedMessage:
    knew, showed = message.details.get(KNEW), message.details.get(SHOWED)
    return PlannedMessage(
        step=message.step,
        parcel_group=message.parcel_group,
        occurrence=message.occurrence,
        state=State(message.state),
        role=Role(message.role),
        stream=message.stream,
        send_at=message.send_at,
        aim_at=message.aim_at,
        offer_until=message.offer_until,
        expires_at=message.expires_at,
        reason=message.reason,
        held_by=message.held_by or "plan",
        sent_at=message.accepted_at,
        knew=frozenset(map(str, knew)) if knew is not None else None,
        showed=datetime.fromisoformat(str(showed)) if showed is not None else None,
        is_elsewhere=message.address not in (None, order.address),
        is_by_hand=bool(message.details.get(BY_HAND)),
    )
