"""Facts become messages, moves and cancellations, each with a readable reason.

`plan` is pure and idempotent: applied once, it asks for nothing more. For equal `now` and nothing sent yet, every
order and repetition of the same events leads to the same schedule. Reasons that may pass hold a message, reasons that
won't cancel it; a message cancelled for a reason that did pass after all comes back as its next occurrence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schedules.facts import Facts
from schedules.lifecycle import PENDING, State
from schedules.sequence import Sequence as Definition
from schedules.shop import Role, ShopProfile
from schedules.wanted import Sibling, Situation, Wanted, wanted_messages

__all__ = ["Cancel", "Hold", "Move", "NewMessage", "Plan", "PlannedMessage", "Release", "Sibling", "plan"]

Stream = Literal["transactional", "marketing"]


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """A message that exists, as the planner sees it."""

    step: str
    parcel_group: str
    occurrence: int
    state: State
    role: Role
    stream: str
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    step: str
    parcel_group: str
    occurrence: int
    state: State
    role: Role
    stream: Stream
    template: str
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Move:
    step: str
    parcel_group: str
    occurrence: int
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Cancel:
    step: str
    parcel_group: str
    occurrence: int
    reason: str


class Hold(Cancel):
    """Keeps a scheduled message until the reason is gone."""


class Release(Cancel):
    """Lets a held message go on."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to change. `unsent`: step -> why nothing is planned for it; `all` speaks for the whole order."""

    schedule: tuple[NewMessage, ...] = ()
    move: tuple[Move, ...] = ()
    hold: tuple[Hold, ...] = ()
    release: tuple[Release, ...] = ()
    cancel: tuple[Cancel, ...] = ()
    unsent: dict[str, str]

    @property
    def is_empty(self) -> bool:
        return not (self.schedule or self.move or self.hold or self.release or self.cancel)


def plan(
    *,
    facts: Facts,
    messages: Sequence[PlannedMessage],
    sequence: Definition,
    shop: ShopProfile,
    now: datetime,
    hold: str | None = None,
    imported: bool = False,
    siblings: Sequence[Sibling] = (),
) -> Plan:
    """What must change so that the messages are those the facts ask for.

    Args:
        messages: all messages of the order, in any state.
        hold: reason of a manual hold on the whole order.
        imported: known from history only; starts nothing.
        siblings: other orders of the same address, placed within `combine_orders_within`.
    """
    situation = Situation(
        facts=facts, sequence=sequence, shop=shop, now=now, hold=hold, imported=imported, siblings=tuple(siblings)
    )
    sent = {(each.step, each.parcel_group): each.send_at for each in messages if _was_sent(each)}
    demand = wanted_messages(situation, sent)
    wanted = {(each.step, each.parcel_group): each for each in demand.messages}
    changes: list[NewMessage | Move | Cancel] = []
    for key, want in wanted.items():
        changes += _reconcile(want, [each for each in messages if (each.step, each.parcel_group) == key])
    changes += _cancel_rest(messages, wanted, demand.reasons)
    unsent = {step: reason for step, reason in demand.reasons.items() if not _speaks_for_itself(step, messages)}
    return Plan(
        schedule=tuple(each for each in changes if isinstance(each, NewMessage)),
        move=tuple(each for each in changes if isinstance(each, Move)),
        hold=tuple(each for each in changes if isinstance(each, Hold)),
        release=tuple(each for each in changes if isinstance(each, Release)),
        cancel=tuple(each for each in changes if type(each) is Cancel),
        unsent=unsent,
    )


def _was_sent(message: PlannedMessage) -> bool:
    return message.state in (State.ATTEMPTING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.BOUNCED)


def _speaks_for_itself(step: str, messages: Iterable[PlannedMessage]) -> bool:
    """Whether a message of the step went out, or is going: then no reason for its absence is needed."""
    gone = (State.CANCELLED, State.SKIPPED, State.EXPIRED, *PENDING)
    return any(each.step == step and each.state not in gone for each in messages)


def _reconcile(want: Wanted, existing: Sequence[PlannedMessage]) -> list[NewMessage | Move | Cancel]:
    """Changes for one wanted message, given the occurrences that exist."""
    pending = [each for each in existing if each.state in PENDING]
    if pending:
        return _adjust(want, max(pending, key=lambda each: each.occurrence))
    newest = max(existing, key=lambda each: each.occurrence, default=None)
    if newest is None:
        return [_new(want, 0)]
    if newest.state is State.CANCELLED and newest.reason in want.revives:
        return [_new(want, newest.occurrence + 1)]
    return []


def _adjust(want: Wanted, message: PlannedMessage) -> list[NewMessage | Move | Cancel]:
    changes: list[NewMessage | Move | Cancel] = []
    key = {"step": message.step, "parcel_group": message.parcel_group, "occurrence": message.occurrence}
    if (want.aim_at, want.expires_at, want.offer_until) != (message.aim_at, message.expires_at, message.offer_until):
        times = {"send_at": want.aim_at, "aim_at": want.aim_at, "offer_until": want.offer_until}
        changes.append(Move(**key, **times, expires_at=want.expires_at, reason=want.reason))  # type: ignore[arg-type]  # one mapping, mixed types
    if want.held and message.state is State.SCHEDULED:
        changes.append(Hold(**key, reason=want.held))  # type: ignore[arg-type]  # one mapping, mixed types
    if not want.held and message.state is State.HELD:
        changes.append(Release(**key, reason="the reason for holding is gone"))  # type: ignore[arg-type]  # one mapping, mixed types
    return changes


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


def _cancel_rest(
    messages: Sequence[PlannedMessage], wanted: dict[tuple[str, str], Wanted], reasons: dict[str, str]
) -> list[Cancel]:
    rest = [each for each in messages if each.state in PENDING and (each.step, each.parcel_group) not in wanted]
    return [
        Cancel(
            step=each.step,
            parcel_group=each.parcel_group,
            occurrence=each.occurrence,
            reason=reasons.get(each.step) or reasons.get("all") or "the facts no longer ask for it",
        )
        for each in rest
    ]
