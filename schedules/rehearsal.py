"""An imaginary order taken through a sequence: the planner and the gate as they are, with no world around them.

Nobody else's mails, refusals, caps or pauses are in the way; what stops a message here stops every such message.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from schedules.changes import Cancel, Hold, Move, NewMessage, Plan, PlannedMessage, Release
from schedules.conditions import GateInputs, Judgement, judge
from schedules.events import OrderEvent
from schedules.facts import ConsentState, Facts
from schedules.lifecycle import State
from schedules.merging import merge
from schedules.planner import plan
from schedules.sequence import Sequence as Definition
from schedules.shop import ShopProfile

Place = tuple[str, str, int]
"""A step, a parcel group and an occurrence."""

ENDS = {
    "send": State.ACCEPTED,
    "skip": State.SKIPPED,
    "cancel": State.CANCELLED,
    "expire": State.EXPIRED,
    "hold": State.HELD,
}


@dataclass(frozen=True)
class Happening:
    """Something that the shop tells of the order, and when it does."""

    at: datetime
    event: OrderEvent


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What became of one message. `at`: when it went out, ended or was held; `with_offer`: it may show products."""

    at: datetime
    step: str
    parcel_group: str
    role: str
    stream: str
    state: State
    reason: str = ""
    with_offer: bool = False
    offer_reason: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """`unsent`: step -> why it has no message at all."""

    scenes: tuple[Scene, ...]
    unsent: dict[str, str]


def rehearse(
    happenings: Iterable[Happening], *, sequence: Definition, shop: ShopProfile, consent: ConsentState
) -> Rehearsal:
    """Plays what happens to one order in the order of its times, and on until no message waits."""
    stage = _Stage(sequence, shop, consent)
    told = sorted(happenings, key=lambda each: each.at)
    for happening, following in zip(told, [*told[1:], None], strict=True):
        stage.hear(happening)
        stage.play(until=following.at if following else None)
    return Rehearsal(tuple(sorted(stage.scenes, key=lambda each: each.at)), dict(stage.unsent))


@dataclass
class _Stage:
    sequence: Definition
    shop: ShopProfile
    consent: ConsentState
    facts: Facts = field(default_factory=Facts)
    messages: dict[Place, PlannedMessage] = field(default_factory=dict)
    scenes: list[Scene] = field(default_factory=list)
    panels: list[datetime] = field(default_factory=list)
    unsent: dict[str, str] = field(default_factory=dict)

    def hear(self, happening: Happening) -> None:
        self.facts = merge(self.facts, happening.event)
        planned = plan(
            facts=self.facts,
            messages=list(self.messages.values()),
            sequence=self.sequence,
            shop=self.shop,
            now=happening.at,
        )
        self._follow(planned, happening.at)

    def play(self, *, until: datetime | None) -> None:
        """Takes each due message to its end; a postponed one becomes due again, before its window has closed."""
        while (place := self._next(until)) is not None:
            message = self.messages[place]
            judgement = judge(self._gate(message))
            if judgement.action == "postpone" and judgement.until is not None:
                self.messages[place] = replace(message, send_at=judgement.until, reason=judgement.reason)
            else:
                self._end(place, judgement)

    def _next(self, until: datetime | None) -> Place | None:
        waiting = [(each.send_at, place) for place, each in self.messages.items() if each.state is State.SCHEDULED]
        at, place = min(waiting, default=(None, None))
        return None if at is None or (until is not None and at >= until) else place

    def _end(self, place: Place, judgement: Judgement) -> None:
        message, state = self.messages[place], ENDS[judgement.action]
        sent_at = message.send_at if state is State.ACCEPTED else None
        self.messages[place] = replace(message, state=state, reason=judgement.reason, sent_at=sent_at)
        if judgement.with_offer:
            self.panels.append(message.send_at)
        self.scenes.append(_scene(message, message.send_at, state, judgement))

    def _follow(self, planned: Plan, now: datetime) -> None:
        for new in planned.schedule:
            self.messages[new.step, new.parcel_group, new.occurrence] = _planned(new)
        for move in planned.move:
            names = ("send_at", "aim_at", "offer_until", "expires_at", "reason")
            self._change(move, **{name: getattr(move, name) for name in names})
        for change in (*planned.hold, *planned.release, *planned.cancel):
            state = {Hold: State.HELD, Release: State.SCHEDULED}.get(type(change), State.CANCELLED)
            message = self._change(change, state=state, reason=change.reason)
            if type(change) is Cancel:
                self.scenes.append(_scene(message, now, state))
        self.unsent = planned.unsent

    def _change(self, change: Move | Cancel, **values: Any) -> PlannedMessage:
        place = (change.step, change.parcel_group, change.occurrence)
        self.messages[place] = changed = replace(self.messages[place], **values)
        return changed

    def _gate(self, message: PlannedMessage) -> GateInputs:
        marketing = [each for each in self.messages.values() if each.stream == "marketing"]
        return GateInputs(
            facts=self.facts,
            sequence=self.sequence,
            shop=self.shop,
            step=message.step,
            role=message.role,
            stream=message.stream,
            parcel_group=message.parcel_group,
            send_at=message.send_at,
            aim_at=message.aim_at,
            offer_until=message.offer_until,
            expires_at=message.expires_at,
            consent=self.consent,
            suppressed=frozenset(),
            hold=None,
            paused=None,
            marketing_sent=tuple(each.sent_at for each in marketing if each.sent_at is not None),
            panels_sent=tuple(self.panels),
            siblings=(),
            timezone=self.facts.order.timezone if self.facts.order else "",
            now=message.send_at,
        )


def _scene(message: PlannedMessage, at: datetime, state: State, judgement: Judgement | None = None) -> Scene:
    return Scene(
        at=at,
        step=message.step,
        parcel_group=message.parcel_group,
        role=message.role.value,
        stream=message.stream,
        state=state,
        reason=(judgement.reason if judgement else "") or message.reason,
        with_offer=judgement is not None and judgement.with_offer,
        offer_reason=judgement.offer_reason if judgement else "",
    )


def _planned(new: NewMessage) -> PlannedMessage:
    return PlannedMessage(
        step=new.step,
        parcel_group=new.parcel_group,
        occurrence=new.occurrence,
        state=new.state,
        role=new.role,
        stream=new.stream,
        send_at=new.send_at,
        aim_at=new.aim_at,
        offer_until=new.offer_until,
        expires_at=new.expires_at,
        reason=new.reason,
    )
