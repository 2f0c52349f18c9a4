"""Orders of the example shop as facts, and short ways to plan and judge them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schedules.catalog import packaged_sequence
from schedules.changes import NewMessage, Plan, PlannedMessage
from schedules.conditions import GateInputs
from schedules.facts import (
    Case,
    CaseKind,
    ConsentState,
    Edit,
    Facts,
    Order,
    Refund,
    RefundReason,
)
from schedules.lifecycle import State
from schedules.parcel_facts import Parcel, ParcelLine, ParcelState, Tracking, TrackingStatus
from schedules.planner import plan
from schedules.shop import Role, ShopProfile
from tests.support.orders import NORTHKETTLE, an_order, eur

SEQUENCE = packaged_sequence()
PLACED = datetime(2031, 5, 12, 10, 0, tzinfo=UTC)
"""Monday, noon in Malmö."""


def after(start: datetime = PLACED, **span: float) -> datetime:
    return start + timedelta(**span)


def report(
    parcel: str, status: TrackingStatus, at: datetime, number: int = 1, expected_on: date | None = None
) -> Tracking:
    return Tracking(
        id=f"{parcel}-{status.value}-{number}", parcel_id=parcel, status=status, at=at, expected_on=expected_on
    )


def parcel(
    name: str = "p1",
    *,
    left: datetime,
    arrived: datetime | None = None,
    lines: Sequence[str] = ("1", "2"),
    reports: Sequence[Tracking] = (),
    state: ParcelState = ParcelState.SHIPPED,
    is_pickup: bool = False,
) -> Parcel:
    told = [*reports]
    if arrived is not None:
        told.append(report(name, TrackingStatus.DELIVERED, arrived))
    return Parcel(
        id=name,
        state=state,
        shipped_at=left,
        updated_at=left,
        carrier="DHL",
        lines=tuple(ParcelLine(line_id=line, quantity=1) for line in lines),
        is_pickup=is_pickup,
        tracking=tuple(sorted(told, key=lambda each: (each.at, each.id))),
    )


def facts(*, parcels: Sequence[Parcel] = (), more: dict[str, Any] | None = None, **order: Any) -> Facts:
    """Facts of one order. `order` changes the order itself, `more` the facts around it."""
    placed: Order = an_order(order.pop("placed_at", PLACED), **order)
    known = {"accepted_first_at": placed.updated_at} if placed.payment.counts_as_order else {"was_open": True}
    parcels = tuple(sorted(parcels, key=lambda each: (each.shipped_at, each.id)))
    return Facts(order=placed, parcels=parcels, **(known | (more or {})))


def shipped(left: datetime | None = None, arrived: datetime | None = None, **changes: Any) -> Facts:
    """One parcel that left a day after the order, or when told."""
    return facts(parcels=[parcel(left=left or after(days=1), arrived=arrived)], **changes)


def delivered(arrived: datetime | None = None, **changes: Any) -> Facts:
    return shipped(arrived=arrived or after(days=3), **changes)


def case(kind: CaseKind, at: datetime | None = None, **changes: Any) -> Case:
    at = at or after(days=4)
    return Case(**({"id": f"case-{kind.value}", "kind": kind, "opened_at": at, "updated_at": at} | changes))


def refund(reason: RefundReason = RefundReason.OTHER, lines: Sequence[str] = ()) -> Refund:
    told = tuple(ParcelLine(line_id=line, quantity=1) for line in lines)
    return Refund(id="r1", at=after(days=2), amount=eur("6.50"), reason=reason, lines=told)


def edit(number: int, at: datetime, *, shop_mailed: bool = False) -> Edit:
    return Edit(id=str(number), at=at, shop_mailed=shop_mailed)


def shop(**changes: Any) -> ShopProfile:
    return NORTHKETTLE.model_copy(update=changes)


def companion(step: str) -> ShopProfile:
    return shop(roles={step: Role.COMPANION})


def planned(
    known: Facts, *, messages: Sequence[PlannedMessage] = (), now: datetime | None = None, **changes: Any
) -> Plan:
    """A plan by the packaged sequence, at the moment of the order if nothing else is said."""
    given = {"sequence": SEQUENCE, "shop": NORTHKETTLE, "now": now or PLACED} | changes
    return plan(facts=known, messages=messages, **given)


def message_of(result: Plan, step: str, group: str | None = None) -> NewMessage:
    """The one new message of a step."""
    (found,) = [each for each in result.schedule if each.step == step and group in (None, each.parcel_group)]
    return found


def steps_of(result: Plan) -> list[str]:
    return [each.step for each in result.schedule]


def kept(new: NewMessage, **changes: Any) -> PlannedMessage:
    """A new message as it stands once its row is there."""
    names = ("step", "parcel_group", "occurrence", "state", "role", "stream", "send_at", "aim_at", "offer_until")
    fields = {name: getattr(new, name) for name in (*names, "expires_at", "reason")}
    return PlannedMessage(**(fields | changes))


def applied(result: Plan, messages: Sequence[PlannedMessage] = ()) -> list[PlannedMessage]:
    """The messages after a plan was carried out."""
    rows = {(each.step, each.parcel_group, each.occurrence): each for each in messages}
    rows |= {(each.step, each.parcel_group, each.occurrence): kept(each) for each in result.schedule}
    for move in result.move:
        times = {"send_at": move.send_at, "aim_at": move.aim_at, "offer_until": move.offer_until}
        place = (move.step, move.parcel_group, move.occurrence)
        state = State.SCHEDULED if rows[place].state is State.CLAIMED else rows[place].state
        rows[place] = replace(rows[place], **times, expires_at=move.expires_at, reason=move.reason, state=state)
    for changes, state in (
        (result.hold, State.HELD),
        (result.release, State.SCHEDULED),
        (result.cancel, State.CANCELLED),
    ):
        for change in changes:
            place = (change.step, change.parcel_group, change.occurrence)
            rows[place] = replace(rows[place], state=state, reason=change.reason)
    return list(rows.values())


def sent(messages: Sequence[PlannedMessage], step: str, at: datetime | None = None) -> list[PlannedMessage]:
    """The same messages, with those of a step accepted by the provider."""
    return [
        replace(each, state=State.ACCEPTED, sent_at=at or each.send_at)
        if each.step == step and each.state in (State.SCHEDULED, State.HELD)
        else each
        for each in messages
    ]


def knowing(messages: Sequence[PlannedMessage], step: str, *known: str) -> list[PlannedMessage]:
    """The same messages, those of a step with the parcels or edits that they told of."""
    return [replace(each, knew=frozenset(known)) if each.step == step else each for each in messages]


def pending(messages: Sequence[PlannedMessage]) -> set[tuple[Any, ...]]:
    """What will be sent, apart from how often it was planned anew before."""
    names = ("step", "parcel_group", "state", "role", "stream", "send_at", "offer_until", "expires_at")
    live = [each for each in messages if each.state in (State.SCHEDULED, State.HELD)]
    return {tuple(getattr(each, name) for name in names) for each in live}


def gate(known: Facts, step: str, *, now: datetime | None = None, **changes: Any) -> GateInputs:
    """The gate in front of the message that the facts ask for, at the time at which it is due."""
    profile = changes.get("shop", NORTHKETTLE)
    message = changes.pop("message", None)
    if message is None:
        message = message_of(planned(known, shop=profile, now=changes.pop("planned_at", PLACED)), step)
    fields: dict[str, Any] = {
        "facts": known,
        "step": step,
        "role": message.role,
        "stream": message.stream,
        "parcel_group": message.parcel_group,
        "send_at": message.send_at,
        "aim_at": message.aim_at,
        "offer_until": message.offer_until,
        "expires_at": message.expires_at,
        "shop": profile,
        "sequence": SEQUENCE,
        "consent": ConsentState.SUBSCRIBED,
        "suppressed": frozenset(),
        "hold": None,
        "paused": None,
        "marketing_sent": (),
        "panels_sent": (),
        "siblings": (),
        "timezone": "Europe/Stockholm",
        "now": now or message.send_at,
    }
    return GateInputs(**(fields | changes))
