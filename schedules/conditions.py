"""The gate's judgement: may this message go now, and with an offer? Pure; `worker/dispatch` brings the truth."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from schedules import reasons, situations
from schedules.consent import may_market
from schedules.facts import ConsentState, Facts, Order
from schedules.following import Sibling, arrival_of_all, is_second, why_combined
from schedules.parcels import arrival, group_parcels, has_goods, parcel_groups
from schedules.records import record
from schedules.sequence import Cap, Sequence
from schedules.shop import Role, ShopProfile
from schedules.timing import at_local, next_polite, past_the_hour, zone

FEWER = "fewer"
FEWER_MAILS = Cap(most=1, within=timedelta(days=30))
"""What a person gets who asked for fewer mails; the preferences page promises it in these words."""


@record
class GateInputs:
    """The truth at the moment of sending.

    `suppressed`: scopes (all, marketing, offers, fewer) held against the address. `marketing_sent` and `panels_sent`:
    when this person got marketing mails and offer panels, over all orders. `troubles`: when returns, disputes, tickets
    and unhappy answers of this person were opened, over all other orders. `has_guide`: whether a guide fits the order.
    `is_discreet`: whether all that was bought is discreet. `is_resting`: this person gave no sign in the last marketing
    mails. `is_by_hand`: a person asked for it now, so it waits for no window and no daytime.
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
    is_discreet: bool = False
    troubles: tuple[datetime, ...] = ()
    is_resting: bool = False
    is_by_hand: bool = False

    @property
    def is_marketing(self) -> bool:
        return self.stream == "marketing"

    @property
    def is_afterwards(self) -> bool:
        """Whether the mail comes after the delivery, once for orders close together."""
        return self.sequence.steps[self.step].always_marketing

    @property
    def order(self) -> Order:
        assert self.facts.order is not None, "checked before"
        return self.facts.order

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.timezone, self.shop.timezone)


@record
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
    step = gate.sequence.steps.get(gate.step)
    if nothing is None and (gate.shop.role(gate.step) is Role.OFF or step is None or not step.enabled):
        nothing = reasons.OFF
    if nothing is None and gate.is_marketing:
        nothing = situations.why_no_marketing(gate.facts)
    if nothing is not None:
        return Judgement(action="cancel", reason=nothing)
    return _STEPS[gate.step](gate)


def _confirmation(gate: GateInputs) -> Judgement | None:
    if not gate.order.on_hold:
        return None
    until = (gate.facts.accepted_at or gate.order.placed_at) + gate.sequence.wait_for_hold
    return Judgement(action="postpone", reason=reasons.ON_HOLD, until=until) if gate.now < until else None


def _shipping(gate: GateInputs) -> Judgement | None:
    parcels = group_parcels(gate.facts, gate.shop, gate.parcel_group)
    if not parcels:
        return Judgement(action="cancel", reason=reasons.PARCEL_GONE)
    if all(arrival(parcel) is not None for parcel in parcels):
        return Judgement(action="cancel", reason=reasons.ARRIVED)
    return None


def _follow_up(gate: GateInputs) -> Judgement | None:
    reason = situations.why_no_follow_up(gate.order)
    reason = reason or why_combined(gate.order, gate.siblings, gate.sequence.combine_orders_within)
    if reason is not None:
        return Judgement(action="cancel", reason=reason)
    arrived = arrival_of_all(gate.facts, gate.siblings, gate.sequence, gate.zone)
    if arrived is None:
        return Judgement(action="cancel", reason=reasons.NOT_ARRIVED)
    if arrived.held_for:
        return Judgement(action="hold", reason=arrived.held_for)
    if gate.is_discreet:
        return Judgement(action="skip", reason=reasons.DISCREET)
    if not has_goods(gate.order) and not gate.has_guide:
        return Judgement(action="skip", reason="nothing was shipped and no guide fits the order")
    soonest = arrived.at + gate.sequence.steps[gate.step].timing(gate.role).earliest
    why = reasons.TOO_SOON if arrived.at <= gate.now else reasons.ON_ITS_WAY
    return _later(gate, soonest, why) if soonest > gate.now and not gate.is_by_hand else None


def _people(gate: GateInputs) -> Judgement | None:
    if gate.now > gate.expires_at:
        return Judgement(action="expire", reason="its time had passed before it could be sent")
    if gate.hold or gate.paused:
        return Judgement(action="hold", reason=gate.hold or gate.paused or "")
    if gate.is_marketing and situations.has_open_ticket(gate.facts):
        return Judgement(action="hold", reason=reasons.TICKET)
    if "all" in gate.suppressed:
        return Judgement(action="skip", reason=reasons.NEVER_AGAIN)
    if not gate.is_marketing:
        return None
    if "marketing" in gate.suppressed:
        return Judgement(action="skip", reason="the customer unsubscribed from such mails")
    permission = _permission(gate)
    if permission is not None:
        return Judgement(action="skip", reason=permission)
    # A companion mail has facts to tell; a follow-up without products and code has none that matter.
    is_void = gate.is_resting and _STEPS[gate.step] is _follow_up and not gate.is_by_hand
    return Judgement(action="skip", reason=reasons.LOOKS_AWAY) if is_void else None


def _time(gate: GateInputs) -> Judgement | None:
    if gate.now < gate.send_at:
        return Judgement(action="postpone", reason="it is not due yet", until=gate.send_at)
    return None


def _manners(gate: GateInputs) -> Judgement | None:
    """Caps and local hours; only marketing waits for them."""
    if not gate.is_marketing:
        return None
    rested = _rested_at(gate)
    if rested is not None:
        return _later(gate, rested, reasons.RESTING)
    free = _free_at(gate.marketing_sent, gate.sequence.caps.marketing_mails, gate.now)
    if FEWER in gate.suppressed and (asked := _free_at(gate.marketing_sent, FEWER_MAILS, gate.now)) is not None:
        return _later(gate, max(asked, free or asked), "this person asked for at most one such mail in 30 days")
    if free is not None:
        return _later(gate, free, "this person had a marketing mail only a few days ago")
    if gate.is_by_hand:
        return None
    dark = gate.shop.blackout(gate.step, _today(gate))
    if dark is not None:
        ends = at_local(gate.now, time(), zone(gate.shop.timezone), days=(dark.last - _today(gate)).days + 1)
        note = f": {dark.note}" if dark.note else ""
        return _later(gate, ends, f"no marketing until {dark.last.isoformat()}{note}")
    return _later(gate, gate.now, "it is night or early for the customer")


def _today(gate: GateInputs) -> date:
    """The shop's calendar day."""
    return gate.now.astimezone(zone(gate.shop.timezone)).date()


def _later(gate: GateInputs, at: datetime, why: str) -> Judgement | None:
    """A postponement to the next polite moment from `at` on; None: that is now."""
    daytime = gate.sequence.steps[gate.step].timing(gate.role).daytime
    quiet, spread = gate.sequence.quiet_hours, past_the_hour(gate.order.placed_at, gate.zone)
    until = next_polite(at, daytime, quiet, gate.zone, spread)
    if until > gate.expires_at:
        until = next_polite(at, daytime, quiet, gate.zone)
    if until <= gate.now:
        return None
    if until > gate.expires_at:
        return Judgement(action="expire", reason=f"{why}, and its window closes before that ends")
    return Judgement(action="postpone", reason=why, until=until)


def _rested_at(gate: GateInputs) -> datetime | None:
    """When the rest after trouble with another order ends; None: there is none, or it is over."""
    rested = max(gate.troubles, default=None)
    if rested is None or rested + gate.sequence.rest_after_trouble <= gate.now:
        return None
    return rested + gate.sequence.rest_after_trouble


def _free_at(times: tuple[datetime, ...], cap: Cap, now: datetime) -> datetime | None:
    """When the cap leaves room again; None: it does now."""
    recent = sorted(at for at in times if at > now - cap.within)
    if len(recent) < cap.most:
        return None
    return recent[len(recent) - cap.most] + cap.within if cap.most else now + cap.within


def _permission(gate: GateInputs) -> str | None:
    """Why consent forbids marketing content; None: it is allowed."""
    for country in sorted(gate.order.countries) or [""]:
        permission = may_market(
            country=country,
            consent=gate.consent,
            soft_opt_in=gate.shop.soft_opt_in,
            purchased_at=gate.order.placed_at,
            now=gate.now,
        )
        if not permission.allowed:
            return permission.reason
    return None


def why_no_offer(gate: GateInputs) -> str | None:
    """Why this mail carries no products and no code; None: it may."""
    if gate.suppressed & {"all", "marketing", "offers"}:
        return "the customer does not want offers"
    if gate.offer_until is not None and gate.now > gate.offer_until:
        return "the mail is late: facts only"
    reason = situations.why_no_offer(gate.facts, gate.zone) or _permission(gate)
    if reason is not None:
        return reason
    if _rested_at(gate) is not None:
        return reasons.RESTING
    if gate.is_resting:
        return reasons.LOOKS_AWAY
    if not gate.is_afterwards and is_second(gate.order, gate.siblings, gate.sequence.combine_orders_within):
        return reasons.SECOND_ORDER
    if gate.step == "shipping" and gate.parcel_group != next(iter(parcel_groups(gate.facts, gate.shop)), ""):
        return "only the first parcel's mail carries an offer"
    if gate.parcel_group.startswith("edit-"):
        return "an update carries no offer"
    if _free_at(gate.panels_sent, gate.sequence.caps.offer_panels, gate.now) is not None:
        return "this person saw enough offers lately"
    return None


_STEPS: dict[str, Callable[[GateInputs], Judgement | None]] = {
    "confirmation": _confirmation,
    "shipping": _shipping,
    "follow_up": _follow_up,
    "replenishment": _follow_up,
}
