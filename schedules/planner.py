"""Facts become messages, moves and cancellations, each with a readable reason.

`plan` is pure and idempotent: applied once, it asks for nothing more. For equal `now` and nothing sent yet, every
order and repetition of the same events leads to the same schedule. Reasons that may pass hold a message, reasons that
won't cancel it; a message cancelled for a reason that the facts take back comes again as its next occurrence, and so
does one that bounced once its order has another address.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from schedules import reasons
from schedules.changes import Cancel, Change, Hold, Move, NewMessage, Plan, PlannedMessage, Release
from schedules.demand import Demand, Sent, Situation, Wanted
from schedules.facts import Facts
from schedules.following import Sibling
from schedules.lifecycle import PENDING, State
from schedules.refills import Prospect
from schedules.sequence import Sequence as Definition
from schedules.shop import ShopProfile
from schedules.wanted import wanted_messages

WENT_OUT = frozenset({State.ATTEMPTING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.BOUNCED})
"""States in which the customer has the mail, may have it, or would have it but for a bad address."""


def plan(
    *,
    facts: Facts,
    messages: Sequence[PlannedMessage],
    sequence: Definition,
    shop: ShopProfile,
    now: datetime,
    hold: str | None = None,
    imported: bool = False,
    connected_at: datetime | None = None,
    siblings: Sequence[Sibling] = (),
    prospect: Prospect | None = None,
) -> Plan:
    """What must change so that the messages are those the facts ask for.

    Args:
        messages: all messages of the order, in any state.
        hold: reason of a manual hold on the whole order.
        imported: known from history only; starts nothing.
        connected_at: when the shop was first connected; receipts and tracking due well before it went out elsewhere.
        siblings: other orders of the same address, placed within `combine_orders_within`.
        prospect: what may be offered about the order later; None: nothing.
    """
    situation = Situation(
        now=now,
        facts=facts,
        sequence=sequence,
        shop=shop,
        hold=hold,
        imported=imported,
        connected_at=connected_at,
        siblings=tuple(siblings),
        prospect=prospect or Prospect(),
        sent={each.key: _sent(each) for each in messages if _went_out(each)},
    )
    demand = wanted_messages(situation)
    changes: list[Change] = []
    for want in demand.messages:
        existing = [each for each in messages if each.key == want.key]
        if want.expires_at > now:
            changes += _reconcile(want, existing)
            continue
        if not existing:
            demand.reasons[want.key] = reasons.LONG_PAST
        # what knows that its time has passed is left to the sweep, which expires it
        pending = [each for each in existing if each.state in PENDING and not each.keeps_its_time]
        unaware = [each for each in pending if each.expires_at > now]
        changes += [_cancel(each, reasons.LONG_PAST) for each in unaware]
    changes += _cancel_rest(messages, demand)
    return _as_plan(changes, _unsent(demand, messages))


def _went_out(message: PlannedMessage) -> bool:
    return (message.state in WENT_OUT or message.sent_at is not None) and not message.never_came


def _sent(message: PlannedMessage) -> Sent:
    return Sent(message.showed or message.sent_at or message.send_at, message.knew)


def _as_plan(changes: Sequence[Change], unsent: dict[str, str]) -> Plan:
    return Plan(
        schedule=tuple(each for each in changes if isinstance(each, NewMessage)),
        move=tuple(each for each in changes if isinstance(each, Move)),
        hold=tuple(each for each in changes if isinstance(each, Hold)),
        release=tuple(each for each in changes if isinstance(each, Release)),
        cancel=tuple(each for each in changes if type(each) is Cancel),
        unsent=unsent,
    )


def _reconcile(want: Wanted, existing: Sequence[PlannedMessage]) -> list[Change]:
    """Changes for one wanted message, given the occurrences that exist."""
    by_age = sorted(existing, key=lambda each: each.occurrence)
    pending = [each for each in by_age if each.state in PENDING]
    if not by_age:
        return [_new(want, 0)]
    newest = by_age[-1]
    if not pending:
        if newest.never_came:
            return [_new(replace(want, reason=reasons.CORRECTED), newest.occurrence + 1)]
        if newest.state is State.CLAIMED:
            return _taken_back(want, replace(newest, state=State.SCHEDULED))
        may_revive = newest.state is State.CANCELLED and newest.reason in reasons.REVIVABLE
        return [_new(want, newest.occurrence + 1)] if may_revive else []
    *older, current = pending
    changes: list[Change] = [_cancel(each, reasons.REPLACED) for each in older]
    if not _is_alike(want, current):
        return [*changes, _cancel(current, reasons.OTHER_ROLE), _new(want, newest.occurrence + 1)]
    return changes + _adjust(want, current)


def _is_alike(want: Wanted, message: PlannedMessage) -> bool:
    return (message.role, message.stream) == (want.role, want.stream)


def _taken_back(want: Wanted, message: PlannedMessage) -> list[Change]:
    """Of one that a dispatcher has: it would be judged by the window that it had, or come back with it."""
    return _adjust(want, message) if _is_alike(want, message) and _moves(want, message) else []


def _adjust(want: Wanted, message: PlannedMessage) -> list[Change]:
    changes = _moves(want, message)
    place = (message.step, message.parcel_group, message.occurrence)
    if want.held and message.state is State.SCHEDULED:
        changes.append(Hold(*place, want.held))
    if not want.held and message.state is State.HELD and message.held_by != "pause":
        changes.append(Release(*place, "the reason for holding is gone"))
    return changes


def _moves(want: Wanted, message: PlannedMessage) -> list[Change]:
    want = _in_its_time(want, message)
    planned = (message.aim_at, message.expires_at, message.offer_until)
    return [] if (want.aim_at, want.expires_at, want.offer_until) == planned else [_move(want, message)]


def _in_its_time(want: Wanted, message: PlannedMessage) -> Wanted:
    return replace(want, expires_at=max(want.expires_at, message.expires_at)) if message.keeps_its_time else want


def _move(want: Wanted, message: PlannedMessage) -> Move:
    return Move(
        step=message.step,
        parcel_group=message.parcel_group,
        occurrence=message.occurrence,
        send_at=message.send_at if message.keeps_its_time else want.aim_at,
        aim_at=want.aim_at,
        offer_until=want.offer_until,
        expires_at=want.expires_at,
        reason=want.reason,
    )


def _new(want: Wanted, occurrence: int) -> NewMessage:
    return NewMessage(
        step=want.step,
        parcel_group=want.parcel_group,
        occurrence=occurrence,
        state=State.HELD if want.held else State.SCHEDULED,
        role=want.role,
        stream=want.stream,
        template=want.template,
        send_at=want.aim_at,
        aim_at=want.aim_at,
        offer_until=want.offer_until,
        expires_at=want.expires_at,
        reason=want.held or want.reason,
    )


def _cancel(message: PlannedMessage, reason: str) -> Cancel:
    return Cancel(message.step, message.parcel_group, message.occurrence, reason)


def _cancel_rest(messages: Sequence[PlannedMessage], demand: Demand) -> list[Change]:
    """Pending messages that the facts don't ask for."""
    wanted = {want.key for want in demand.messages}
    rest = [each for each in messages if each.state in PENDING and each.key not in wanted]
    return [_cancel(each, _why_not(each, demand)) for each in rest]


def _why_not(message: PlannedMessage, demand: Demand) -> str:
    places = (message.key, (message.step, ""), ("all", ""))
    known = (demand.reasons[place] for place in places if place in demand.reasons)
    return next(known, reasons.PARCEL_GONE if message.step == "shipping" else reasons.NO_LONGER)


def _unsent(demand: Demand, messages: Sequence[PlannedMessage]) -> dict[str, str]:
    """Reasons for what is missing; what went out, or is on its way out, needs none, and what ended has its own."""
    out = [each for each in messages if each.state not in (State.CANCELLED, *PENDING)]
    busy = {each.step for each in out} | {want.step for want in demand.messages if want.key not in demand.reasons}
    told: dict[str, str] = {}
    for (step, group), reason in demand.reasons.items():
        if step not in busy:
            told[step] = reason
        elif group and (step, group) not in {each.key for each in out}:
            told[f"{step} {group}"] = reason
    return told
