"""The gate's judgement: may this message go now, and with an offer? Pure; `worker/dispatch` brings the truth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schedules import situations
from schedules.consent import may_market
from schedules.facts import ConsentState, Facts
from schedules.sequence import Cap, Hours, Sequence
from schedules.shop import Role, ShopProfile
from schedules.situations import delivered_at, hero_line
from schedules.timing import next_outside, next_within, zone
from schedules.wanted import ARRIVED, COMBINED, PARCEL_GONE, Sibling, parcel_groups

__all__ = ["GateInputs", "Judgement", "delivered_at", "hero_line", "judge"]


@dataclass(frozen=True, kw_only=True)
class GateInputs:
    """The truth at the moment of sending.

    `suppressed`: scopes (all, marketing, offers) held against the address. `marketing_sent` and `panels_sent`: when
    this person got marketing mails and offer panels, over all orders. `has_guide`: whether a guide fits the order.
    """

    facts: Facts
    step: str
    role: Role
    stream: str
    parcel_group: str
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    shop: ShopProfile
    sequence: Sequence
    consent: ConsentState
    suppressed: frozenset[str]
    hold: str | None
    paused: str | None
    marketing_sent: tuple[datetime, ...]
    panels_sent: tuple[datetime, ...]
    siblings: tuple[Sibling, ...]
    timezone: str
    now: datetime
    has_guide: bool = True

    @property
    def is_marketing(self) -> bool:
        return self.stream == "marketing"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`until`: when to look again, for a postponement. `offer_reason`: why there is no offer."""

    action: Literal["send", "postpone", "hold", "skip", "cancel", "expire"]
    reason: str
    until: datetime | None = None
    with_offer: bool = False
    offer_reason: str = ""


def judge(gate: GateInputs) -> Judgement:
    """The first reason that stops the message, or leave to send it, with or without an offer."""
    for look in (_facts, _people, _time, _manners):
        judgement = look(gate)
        if judgement is not None:
            return judgement
    reason = why_no_offer(gate)
    return Judgement(action="send", reason="", with_offer=reason is None, offer_reason=reason or "")


def _facts(gate: GateInputs) -> Judgement | None:
    nothing = situations.why_nothing(gate.facts)
    if nothing is not None:
        return Judgement(action="cancel", reason=nothing)
    if gate.shop.role(gate.step) is Role.OFF:
        return Judgement(action="cancel", reason="the step is switched off for this shop")
    if gate.step == "shipping":
        return _parcels(gate)
    if gate.step == "follow_up":
        return _follow_up(gate)
    return None


def _parcels(gate: GateInputs) -> Judgement | None:
    parcels = parcel_groups(gate.facts, gate.shop).get(gate.parcel_group.partition("+")[0])
    if not parcels:
        return Judgement(action="cancel", reason=PARCEL_GONE)
    if all(situations.arrival(parcel) is not None for parcel in parcels):
        return Judgement(action="cancel", reason=ARRIVED)
    return None


def _follow_up(gate: GateInputs) -> Judgement | None:
    order = gate.facts.order
    assert order is not None, "checked before"
    reason = situations.why_no_follow_up(order) or situations.why_no_marketing(gate.facts)
    if reason is not None:
        return Judgement(action="cancel", reason=reason)
    mine = (order.placed_at, order.id)
    near = gate.sequence.combine_orders_within
    for other in gate.siblings:
        if not other.is_cancelled and (other.placed_at, other.order_id) > mine and other.placed_at - mine[0] <= near:
            return Judgement(action="cancel", reason=COMBINED)
    if any(situations.is_in_trouble(parcel) for parcel in gate.facts.parcels):
        return Judgement(action="cancel", reason="a carrier reports a problem with a parcel")
    if not situations.has_goods(order) and not gate.has_guide:
        return Judgement(action="skip", reason="nothing was shipped and no guide fits the order")
    return None


def _people(gate: GateInputs) -> Judgement | None:
    if gate.now > gate.expires_at:
        return Judgement(action="expire", reason="its time had passed before it could be sent")
    if gate.hold or gate.paused:
        return Judgement(action="hold", reason=gate.hold or gate.paused or "")
    if gate.is_marketing and situations.open_ticket(gate.facts) is not None:
        return Judgement(action="hold", reason="support is talking to the customer")
    if "all" in gate.suppressed:
        return Judgement(action="skip", reason="nothing may be sent to this address any more")
    if not gate.is_marketing:
        return None
    if "marketing" in gate.suppressed:
        return Judgement(action="skip", reason="the customer unsubscribed from such mails")
    permission = _permission(gate)
    return None if permission is None else Judgement(action="skip", reason=permission)


def _time(gate: GateInputs) -> Judgement | None:
    if gate.now < gate.send_at:
        return Judgement(action="postpone", reason="it is not due yet", until=gate.send_at)
    return None


def _manners(gate: GateInputs) -> Judgement | None:
    """Caps and local hours; only marketing waits for them."""
    if not gate.is_marketing:
        return None
    free = _free_at(gate.marketing_sent, gate.sequence.caps.marketing_mails, gate.now)
    if free is not None:
        return _later(gate, free, "this person had a marketing mail only a few days ago")
    return _later(gate, gate.now, "it is night or early for the customer")


def _later(gate: GateInputs, at: datetime, why: str) -> Judgement | None:
    until = _polite(gate, at)
    if until <= gate.now:
        return None
    if until > gate.expires_at:
        return Judgement(action="expire", reason=f"{why}, and its window closes before that ends")
    return Judgement(action="postpone", reason=why, until=until)


def _polite(gate: GateInputs, at: datetime) -> datetime:
    """The next moment from `at` inside the step's daytime and outside quiet hours."""
    timezone = zone(gate.timezone, gate.shop.timezone)
    daytime: Hours | None = gate.sequence.steps[gate.step].timing(gate.role).daytime
    for _ in range(3):
        at = next_outside(at, gate.sequence.quiet_hours, timezone)
        at = next_within(at, daytime, timezone) if daytime else at
    return at


def _free_at(times: tuple[datetime, ...], cap: Cap, now: datetime) -> datetime | None:
    """When the cap leaves room again; None: it does now."""
    recent = sorted(at for at in times if at > now - cap.within)
    if len(recent) < cap.most:
        return None
    return recent[len(recent) - cap.most] + cap.within if cap.most else now + cap.within


def _permission(gate: GateInputs) -> str | None:
    """Why consent forbids marketing content; None: it is allowed."""
    order = gate.facts.order
    assert order is not None, "checked before"
    address = order.shipping_address or order.billing_address
    permission = may_market(
        country=address.country if address else "",
        consent=gate.consent,
        soft_opt_in=gate.shop.soft_opt_in,
        purchased_at=order.placed_at,
        now=gate.now,
    )
    return None if permission.allowed else permission.reason


def why_no_offer(gate: GateInputs) -> str | None:
    """Why this mail carries no products and no code; None: it may."""
    if gate.suppressed & {"all", "marketing", "offers"}:
        return "the customer does not want offers"
    if gate.offer_until is not None and gate.now > gate.offer_until:
        return "the mail is late: facts only"
    reason = situations.why_no_offer(gate.facts) or _permission(gate)
    if reason is not None:
        return reason
    if gate.step == "shipping" and gate.parcel_group != next(iter(parcel_groups(gate.facts, gate.shop)), ""):
        return "only the first parcel's mail carries an offer"
    if gate.parcel_group.startswith("edit-"):
        return "an update carries no offer"
    if _free_at(gate.panels_sent, gate.sequence.caps.offer_panels, gate.now) is not None:
        return "this person saw enough offers lately"
    return None
