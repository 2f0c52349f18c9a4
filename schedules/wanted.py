"""Which messages the facts of an order ask for, and for each step without one: why not."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules import reasons, situations
from schedules.demand import Demand, Sent, Situation, Wanted
from schedules.facts import Edit
from schedules.following import Arrival, arrival_of_all, why_combined
from schedules.parcel_facts import Parcel, ParcelState
from schedules.parcels import arrival, has_goods, has_left_whole, is_in_trouble, parcel_groups
from schedules.sequence import STEPS, Step, Timing
from schedules.shop import Role
from schedules.timing import in_words, near_hour, next_polite, next_within

NEVER_LEFT = (ParcelState.CANCELLED, ParcelState.FAILED)
SAVED_WITHIN = timedelta(seconds=5)
"""Of an edit the order's own time may be so much before it: both tell whole seconds, and one is written first."""
LEAST_ROOM = timedelta(hours=1)
"""What falls due at the very end of its window still has this long: else it would expire at the moment it is due."""


def wanted_messages(situation: Situation) -> Demand:
    """What the facts ask for, whatever exists already."""
    demand = Demand()
    nothing = reasons.IMPORTED if situation.imported else situations.why_nothing(situation.facts)
    if nothing is not None:
        demand.reasons["all", ""] = nothing
        return demand
    makers: dict[str, Callable[..., _Maker]] = {
        "confirmation": _Confirmation,
        "shipping": _Shipping,
        "follow_up": _FollowUp,
        "replenishment": _Replenishment,
    }
    for name, step in situation.sequence.steps.items():
        if not step.enabled and name == STEPS[-1]:
            continue  # off as it comes: its absence is no news
        role = situation.shop.role(name)
        maker = makers[name](situation, name, step, role, demand)
        if not step.enabled or _is_off(step, role):
            maker.refuse(reasons.OFF)
        elif maker.is_marketing and (trouble := situations.why_no_marketing(situation.facts)) is not None:
            maker.refuse(trouble)
        else:
            maker.make()
    return demand


def _is_off(step: Step, role: Role) -> bool:
    """Whether the shop has no such mail of ours."""
    return role is Role.OFF or (role is Role.COMPANION and step.companion is None and not step.always_marketing)


@dataclass(frozen=True)
class _Maker(ABC):
    """Makes the messages of one step."""

    situation: Situation
    name: str
    step: Step
    role: Role
    demand: Demand

    @abstractmethod
    def make(self) -> None:
        """Puts what the step asks for, or why nothing, into the demand."""

    @property
    def timing(self) -> Timing:
        return self.step.timing(self.role)

    @property
    def is_marketing(self) -> bool:
        return self.step.stream(self.role) == "marketing"

    def refuse(self, reason: str, group: str = "") -> None:
        self.demand.reasons[self.name, group] = reason

    def polite(self, at: datetime) -> datetime:
        """The moment itself, or for marketing the next one in the customer's daytime."""
        if not self.is_marketing:
            return at
        situation = self.situation
        return next_polite(
            at, self.timing.daytime, situation.sequence.quiet_hours, situation.timezone, situation.spread
        )

    def want(self, group: str, aim: datetime, reason: str, *, ends: datetime, held: str = "") -> None:
        """`ends`: when it is given up. `held`: what keeps this step's mail, besides what keeps the whole order."""
        timing = self.timing
        if self._was_told_elsewhere(aim):
            self.refuse(reasons.BEFORE_US, group)
            return
        wanted = Wanted(
            step=self.name,
            parcel_group=group,
            role=self.role,
            stream=self.step.stream(self.role),
            template=self.step.template,
            aim_at=aim,
            offer_until=aim - timing.send + timing.offer_until if timing.offer_until is not None else None,
            expires_at=max(ends, aim + LEAST_ROOM),
            reason=reason,
            held=self._held() or held,
        )
        self.demand.messages.append(wanted)

    def _was_told_elsewhere(self, aim: datetime) -> bool:
        """Whether it was late already when the shop was connected: who sent such mails then has sent it."""
        since = self.situation.connected_at
        if since is None or self.step.always_marketing:
            return False
        return aim - self.timing.send + self.timing.latest < since

    def _held(self) -> str:
        if self.situation.hold:
            return self.situation.hold
        return reasons.TICKET if self.is_marketing and situations.has_open_ticket(self.situation.facts) else ""


class _Confirmation(_Maker):
    def make(self) -> None:
        situation, anchor = self.situation, self.situation.accepted_at
        aim, reason = anchor + self.timing.send, f"{in_words(self.timing.send)} after the order"
        if situation.order.on_hold:
            aim, reason = max(aim, anchor + situation.sequence.wait_for_hold), reasons.ON_HOLD
        self.want("", self.polite(aim), reason, ends=anchor + self.timing.give_up)
        told = situation.told(self.name)
        edits = [edit for edit in situation.facts.edits if not any(edit.at <= mail.at + SAVED_WITHIN for mail in told)]
        if told and edits and self.role is Role.REPLACE:
            self._update(edits)

    def _update(self, edits: list[Edit]) -> None:
        """The confirmation again, with the lines as they are now, after the newest edit that it did not know."""
        *outdated, newest = edits
        for edit in outdated:
            self.refuse(reasons.OUTDATED_EDIT, f"edit-{edit.id}")
        if self.situation.shop.mails_order_updates or newest.shop_mailed:
            self.refuse(reasons.SHOP_TELLS, f"edit-{newest.id}")
            return
        wait, words = self.timing.send, "the order was edited"
        if self.situation.order.updated_at + SAVED_WITHIN < newest.at:
            wait, words = max(wait, self.situation.sequence.wait_for_hold), reasons.EDIT_NOT_SEEN
        self.want(f"edit-{newest.id}", newest.at + wait, words, ends=newest.at + self.timing.give_up)


class _Shipping(_Maker):
    def make(self) -> None:
        facts = self.situation.facts
        groups = parcel_groups(facts, self.situation.shop)
        if not has_goods(self.situation.order):
            self.refuse(reasons.NO_GOODS)
        elif not groups:
            was_taken_back = any(parcel.state in NEVER_LEFT for parcel in facts.parcels)
            self.refuse(reasons.PARCEL_GONE if was_taken_back else reasons.NOT_LEFT)
        else:
            for day, parcels in groups.items():
                self._day(day, parcels)

    def _day(self, day: str, parcels: list[Parcel]) -> None:
        """One mail for a day's parcels, and one more for those that leave, or become known, after it went out."""
        told = self.situation.told(self.name, day)
        news = [parcel for parcel in parcels if not self._was_told(parcel, told)]
        waiting = [parcel for parcel in news if arrival(parcel) is None]
        group = f"{day}+{news[0].id}" if told and news else day
        if news and not waiting:
            self.refuse(reasons.ARRIVED, group)
        elif waiting:
            self._parcels(group, min(parcel.left_at for parcel in waiting))

    def _was_told(self, parcel: Parcel, told: Iterable[Sent]) -> bool:
        """Whether a mail of its day told of it, or one of another day on which it was first said to have left."""
        known = [mail for mail in self.situation.told(self.name) if mail.knew is not None]
        return any(mail.told_of(parcel.id, parcel.left_at) for mail in (*told, *known))

    def _parcels(self, group: str, left: datetime) -> None:
        timing = self.timing
        if self.role is Role.REPLACE:
            words = f"{in_words(timing.send)} after the parcel left"
            self.want(group, left + timing.send, words, ends=left + timing.give_up)
            return
        anchor = self.situation.accepted_at
        aim = self.polite(max(anchor + timing.send, left))
        if aim > anchor + timing.latest:
            self.refuse(reasons.PASSED_WINDOW, group)
        else:
            words = f"{in_words(timing.send)} after the order, not before the parcel left"
            self.want(group, aim, words, ends=anchor + timing.give_up)


class _FollowUp(_Maker):
    def make(self) -> None:
        situation = self.situation
        facts, near = situation.facts, situation.sequence.combine_orders_within
        reason = situations.why_no_follow_up(situation.order)
        reason = reason or why_combined(situation.order, situation.siblings, near)
        arrived = arrival_of_all(facts, situation.siblings, situation.sequence, situation.timezone)
        if reason is not None:
            self.refuse(reason)
        elif arrived is not None:
            self._after(arrived)
        elif any(is_in_trouble(parcel) for parcel in facts.parcels) and not has_left_whole(facts):
            self.refuse(reasons.IN_TROUBLE)
        else:
            self.refuse(reasons.NOT_ARRIVED if has_goods(situation.order) else reasons.NOT_YET_PAID)

    def _after(self, arrived: Arrival) -> None:
        timing = self.timing
        send = timing.earliest if arrived.is_soon else timing.send
        aim, words = arrived.at + send, f"{in_words(send)} after {arrived.words}"
        low = self.situation.prospect.runs_low_at
        if low is not None and arrived.at + timing.earliest <= low <= arrived.at + timing.latest:
            aim, words = low, "when what was bought runs low"
        self._aim(aim, arrived, words)

    def _aim(self, aim: datetime, arrived: Arrival, words: str) -> None:
        """Wants the mail at about this moment, at a polite hour of the window."""
        timing, timezone = self.timing, self.situation.timezone
        if timing.daytime:
            aim = near_hour(aim, self.situation.order.placed_at, timing.daytime, timezone)
            soonest = arrived.at + timing.earliest
            aim = max(aim, next_within(soonest, timing.daytime, timezone, self.situation.spread))
        keep = self.situation.sequence.wait_for_trouble if arrived.held_for else timing.give_up
        self.want("", self.polite(aim), words, ends=arrived.at + keep, held=arrived.held_for)


class _Replenishment(_FollowUp):
    """Once what was bought runs low, or, for what has a better one, when it was used for a while."""

    def _after(self, arrived: Arrival) -> None:
        timing, prospect = self.timing, self.situation.prospect
        low, latest = prospect.runs_low_at, arrived.at + timing.latest
        if low is None and not prospect.has_upgrade:
            self.refuse(reasons.NOTHING_AGAIN)
        elif low is not None and low > latest and not prospect.has_upgrade:
            self.refuse(reasons.LASTS_LONG)
        elif low is not None and low <= latest:
            self._aim(max(low, arrived.at + timing.earliest), arrived, "when what was bought runs low")
        else:
            self._aim(arrived.at + timing.send, arrived, f"{in_words(timing.send)} after {arrived.words}")
