"""Which messages the facts of an order ask for, and for each step without one: why not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from schedules import situations
from schedules.facts import DeliverySource, Facts, Order, Parcel
from schedules.sequence import Sequence, Step, Timing
from schedules.shop import Role, ShopProfile
from schedules.timing import local_day, near_hour, next_within, zone

OFF = "the step is switched off for this shop"
IMPORTED = "the order was imported from history"
LONG_PAST = "it became known too late: its time had passed"
NOT_LEFT = "nothing has left yet"
ARRIVED = "it had already arrived"
NOT_ARRIVED = "it waits until the last parcel has arrived"
IN_TROUBLE = "a carrier reports a problem with a parcel"
COMBINED = "it is combined with a later order of the same person"
PASSED_WINDOW = "the parcel left after the mail's window had closed"
NO_GOODS = "nothing of it travels in a parcel"
PARCEL_GONE = "its parcel was cancelled or left on another day"
OUTDATED_EDIT = "a newer edit replaced it"
SHOP_TELLS = "the shop's platform tells the customer about edits itself"

REVIVABLE = frozenset(
    {situations.NOT_YET_PAID, NOT_LEFT, NOT_ARRIVED, IN_TROUBLE, COMBINED, PARCEL_GONE, OFF, NO_GOODS}
    | {"the payment failed", "the payment was voided", "the facts no longer ask for it"}
    | set(situations.TROUBLE.values())
)
"""Reasons of cancellation that can turn out to have passed."""


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """Another order of the same address, placed not long before or after."""

    order_id: str
    placed_at: datetime
    delivered_at: datetime | None
    is_cancelled: bool


@dataclass(frozen=True, kw_only=True)
class Situation:
    facts: Facts
    sequence: Sequence
    shop: ShopProfile
    now: datetime
    hold: str | None = None
    imported: bool = False
    siblings: tuple[Sibling, ...] = ()

    @property
    def order(self) -> Order:
        assert self.facts.order is not None, "checked before"
        return self.facts.order

    @property
    def accepted_at(self) -> datetime:
        return self.facts.accepted_at or self.order.placed_at

    @property
    def timezone(self) -> ZoneInfo:
        return zone(self.order.timezone, self.shop.timezone)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One message the facts ask for. `held`: why it must wait; `revives`: cancellations it comes back from."""

    step: str
    parcel_group: str
    role: Role
    stream: Literal["transactional", "marketing"]
    template: str
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str
    held: str = ""
    revives: frozenset[str] = REVIVABLE


@dataclass
class Demand:
    messages: list[Wanted] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)


def wanted_messages(situation: Situation, sent: Mapping[tuple[str, str], datetime]) -> Demand:
    """The demand of the facts. `sent`: (step, parcel group) -> when that mail was to go, of mails that went out."""
    demand = Demand()
    nothing = IMPORTED if situation.imported else situations.why_nothing(situation.facts)
    if nothing is not None:
        demand.reasons["all"] = nothing
        return demand
    for name, step in situation.sequence.steps.items():
        role = situation.shop.role(name)
        if role is Role.OFF or (role is Role.COMPANION and step.companion is None and not step.always_marketing):
            demand.reasons[name] = OFF
            continue
        _STEPS[name](_Maker(situation, name, step, role), demand, sent)
    return demand


@dataclass(frozen=True)
class _Maker:
    """Makes wanted messages of one step."""

    situation: Situation
    name: str
    step: Step
    role: Role

    @property
    def timing(self) -> Timing:
        return self.step.timing(self.role)

    def wanted(self, group: str, anchor: datetime, aim: datetime, reason: str) -> Wanted:
        timing = self.timing
        stream = self.step.stream(self.role)
        return Wanted(
            step=self.name,
            parcel_group=group,
            role=self.role,
            stream=stream,
            template=self.step.template,
            aim_at=aim,
            offer_until=aim - timing.send + timing.offer_until if timing.offer_until else None,
            expires_at=max(anchor + timing.give_up, aim),
            reason=reason,
            held=self._held(stream),
        )

    def _held(self, stream: str) -> str:
        if self.situation.hold:
            return self.situation.hold
        if stream == "marketing" and situations.open_ticket(self.situation.facts):
            return "support is talking to the customer"
        return ""

    def is_past(self, wanted: Wanted, sent: Mapping[tuple[str, str], datetime]) -> bool:
        return wanted.expires_at < self.situation.now and (wanted.step, wanted.parcel_group) not in sent


def _confirmation(make: _Maker, demand: Demand, sent: Mapping[tuple[str, str], datetime]) -> None:
    situation = make.situation
    anchor = situation.accepted_at
    aim = anchor + make.timing.send
    reason = f"{_words(make.timing.send)} after the order"
    if situation.order.on_hold:
        aim, reason = max(aim, anchor + situation.sequence.wait_for_hold), "it waits while the order is held or edited"
    wanted = make.wanted("", anchor, aim, reason)
    if make.is_past(wanted, sent):
        demand.reasons[make.name] = LONG_PAST
    else:
        demand.messages.append(wanted)
    if ("confirmation", "") in sent:
        _updated(make, demand, sent)


def _updated(make: _Maker, demand: Demand, sent: Mapping[tuple[str, str], datetime]) -> None:
    """The confirmation again, with the lines as they are now, after the newest edit that came later than it."""
    edits = [edit for edit in make.situation.facts.edits if edit.at > sent["confirmation", ""]]
    if not edits or make.role is not Role.REPLACE:
        return
    if make.situation.shop.mails_order_updates or edits[-1].shop_mailed:
        demand.reasons["confirmation update"] = SHOP_TELLS
        return
    newest = edits[-1]
    wanted = make.wanted(f"edit-{newest.id}", newest.at, newest.at + make.timing.send, "the order was edited")
    if not make.is_past(wanted, sent):
        demand.messages.append(wanted)


def _shipping(make: _Maker, demand: Demand, sent: Mapping[tuple[str, str], datetime]) -> None:
    situation = make.situation
    if not situations.has_goods(situation.order):
        demand.reasons[make.name] = NO_GOODS
        return
    groups = parcel_groups(situation.facts, situation.shop)
    if not groups:
        demand.reasons[make.name] = NOT_LEFT if not situation.facts.parcels else PARCEL_GONE
        return
    for day, parcels in groups.items():
        _parcel_mail(make, demand, sent, day, parcels)


def _parcel_mail(
    make: _Maker, demand: Demand, sent: Mapping[tuple[str, str], datetime], day: str, parcels: list[Parcel]
) -> None:
    told = sent.get((make.name, day))
    news = [parcel for parcel in parcels if told is None or parcel.shipped_at > told]
    group = day if told is None or not news else f"{day}+{news[0].id}"
    waiting = [parcel for parcel in news or parcels if situations.arrival(parcel) is None]
    if not waiting:
        demand.reasons[make.name] = ARRIVED
        return
    left = min(parcel.shipped_at for parcel in waiting)
    wanted = _timed_parcel(make, group, left)
    if wanted is None:
        demand.reasons[make.name] = PASSED_WINDOW
    elif make.is_past(wanted, sent):
        demand.reasons[make.name] = LONG_PAST
    else:
        demand.messages.append(wanted)


def _timed_parcel(make: _Maker, group: str, left: datetime) -> Wanted | None:
    timing = make.timing
    if make.role is not Role.COMPANION:
        return make.wanted(group, left, left + timing.send, f"{_words(timing.send)} after the parcel left")
    anchor = make.situation.accepted_at
    aim = max(anchor + timing.send, left)
    if timing.daytime:
        aim = next_within(aim, timing.daytime, make.situation.timezone)
    if aim > anchor + timing.latest:
        return None
    return make.wanted(group, anchor, aim, f"{_words(timing.send)} after the order, not before the parcel left")


def parcel_groups(facts: Facts, shop: ShopProfile) -> dict[str, list[Parcel]]:
    """Parcels that left, by the shop-local day on which they did."""
    groups: dict[str, list[Parcel]] = {}
    for parcel in situations.sent_parcels(facts):
        groups.setdefault(local_day(parcel.shipped_at, zone(shop.timezone)), []).append(parcel)
    return groups


def _follow_up(make: _Maker, demand: Demand, sent: Mapping[tuple[str, str], datetime]) -> None:
    situation = make.situation
    reason = situations.why_no_follow_up(situation.order) or situations.why_no_marketing(situation.facts)
    reason = reason or _why_combined(situation)
    if reason is not None:
        demand.reasons[make.name] = reason
        return
    anchor = _arrival_of_all(situation)
    if anchor is None:
        trouble = any(situations.is_in_trouble(parcel) for parcel in situation.facts.parcels)
        demand.reasons[make.name] = IN_TROUBLE if trouble else NOT_ARRIVED
        return
    wanted = _timed_follow_up(make, anchor)
    if make.is_past(wanted, sent):
        demand.reasons[make.name] = LONG_PAST
    else:
        demand.messages.append(wanted)


def _timed_follow_up(make: _Maker, anchor: tuple[datetime, str]) -> Wanted:
    at, words = anchor
    timing = make.timing
    send = timing.send if situations.has_goods(make.situation.order) else timing.earliest
    aim = at + send
    if timing.daytime:
        aim = near_hour(aim, make.situation.order.placed_at, timing.daytime, make.situation.timezone)
        aim = max(aim, next_within(at + timing.earliest, timing.daytime, make.situation.timezone))
    return make.wanted("", at, aim, f"{_words(send)} after {words}")


def _arrival_of_all(situation: Situation) -> tuple[datetime, str] | None:
    """When this order, and those combined with it, had arrived; in words what that is."""
    if not situations.has_goods(situation.order):
        return situation.accepted_at, "access was given"
    arrived = situations.delivered_at(situation.facts, situation.sequence.assume_delivered_after)
    if arrived is None:
        return None
    at, source = arrived
    others = [each.delivered_at for each in _near(situation) if each.delivered_at is not None]
    words = "the last delivery" if source is DeliverySource.REPORTED else "the estimated delivery"
    return max([at, *others]), words


def _near(situation: Situation) -> list[Sibling]:
    span: timedelta = situation.sequence.combine_orders_within
    placed = situation.order.placed_at
    return [each for each in situation.siblings if not each.is_cancelled and abs(each.placed_at - placed) <= span]


def _why_combined(situation: Situation) -> str | None:
    mine = (situation.order.placed_at, situation.order.id)
    later = any((each.placed_at, each.order_id) > mine for each in _near(situation))
    return COMBINED if later else None


def _words(delay: timedelta) -> str:
    """A delay as people say it: 2 minutes, 36 hours, 9 days."""
    minutes = int(delay.total_seconds() // 60)
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length and minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}" + ("s" if count != 1 else "")
    return f"{minutes} minute" + ("s" if minutes != 1 else "")


_STEPS: dict[str, Callable[[_Maker, Demand, Mapping[tuple[str, str], datetime]], None]] = {
    "confirmation": _confirmation,
    "shipping": _shipping,
    "follow_up": _follow_up,
}
