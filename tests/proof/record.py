"""Everything a check looks at: what the witnesses wrote down, and what the database holds at the end."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.journal import read_journal
from worker.bootstrap import Installation
from worker.store.models import Attempt, InboundEvent, Message, OrderRow, Shop, Transition

PROOF_LOG = "proof.jsonl"
SENDGRID_LOG = "sendgrid.jsonl"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A mail the stand-in took. `at`: real time, seconds since the epoch."""

    message: str
    attempt: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A webhook that was answered 2xx. `told_at`: the business time its body tells of."""

    shop: str
    topic: str
    event_id: str
    order: str
    at: float
    told_at: float


@dataclass(frozen=True, kw_only=True)
class EventSeen:
    shop: str
    topic: str
    dedupe_key: str
    state: str
    order: str
    handled_at: float


@dataclass(frozen=True, kw_only=True)
class MessageSeen:
    """A message's row; times are business time, seconds since the epoch."""

    id: str
    shop: str
    order: str
    key: tuple[str, ...]
    step: str
    stream: str
    state: str
    reason: str
    send_at: float
    aim_at: float
    resolve_at: float | None
    fence: int


@dataclass(frozen=True, kw_only=True)
class AttemptSeen:
    """`started_at` is real time."""

    id: str
    message: str
    number: int
    fence: int
    outcome: str
    started_at: float


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One line of a message's history. `real_at` is real time."""

    message: str
    before: str | None
    after: str
    reason: str
    real_at: float


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run. `offsets`: when business time was moved, and how far it was ahead from then on (both in seconds)."""

    accepted: Sequence[Accepted] = ()
    posted: Sequence[Posted] = ()
    refused: Sequence[str] = ()
    hits: Sequence[dict[str, Any]] = ()
    offsets: Sequence[tuple[float, float]] = ((0.0, 0.0),)
    events: Sequence[EventSeen] = ()
    messages: Sequence[MessageSeen] = ()
    attempts: Sequence[AttemptSeen] = ()
    history: Sequence[Moved] = ()
    ended_at: float = 0.0

    def business(self, real: float) -> float:
        """Business time at a real time."""
        at = [moment for moment, _ in self.offsets]
        return real + self.offsets[max(0, bisect_right(at, real) - 1)][1]

    def real(self, business: float) -> float:
        """The real time at which business time was `business`; the moment of the jump, if it was jumped over."""
        for (_, offset), (end, _) in pairwise([*self.offsets, (inf, 0.0)]):
            if business - offset < end:
                return max(business - offset, 0.0)
        return business - self.offsets[-1][1]

    @cached_property
    def history_of(self) -> dict[str, list[Moved]]:
        """By message, oldest first."""
        found: dict[str, list[Moved]] = {}
        for line in self.history:
            found.setdefault(line.message, []).append(line)
        return found

    @cached_property
    def attempts_of(self) -> dict[str, list[AttemptSeen]]:
        """By message, oldest first."""
        found: dict[str, list[AttemptSeen]] = {}
        for attempt in sorted(self.attempts, key=lambda attempt: attempt.number):
            found.setdefault(attempt.message, []).append(attempt)
        return found

    @cached_property
    def accepted_of(self) -> dict[str, list[Accepted]]:
        """By message, in the order the stand-in took them."""
        found: dict[str, list[Accepted]] = {}
        for mail in self.accepted:
            found.setdefault(mail.message, []).append(mail)
        return found

    def fate(self, attempt: AttemptSeen) -> str:
        """What the program first made of an attempt: the state its message went to after it was marked."""
        lines = self.history_of.get(attempt.message, [])
        marks = [place for place, line in enumerate(lines) if line.after == "attempting"]
        if attempt.number > len(marks):
            return "unmarked"
        later = lines[marks[attempt.number - 1] + 1 :]
        return later[0].after if later else "attempting"


def record_of(folder: Path, installation: Installation) -> Record:
    """Reads the journals in `folder` and the database."""
    proof, sendgrid = folder / PROOF_LOG, folder / SENDGRID_LOG
    # The journals first: what they hold by now was committed before, and the database may only know more.
    posted, accepted = read_journal(proof, "posted"), read_journal(sendgrid, "accepted")
    now, own = installation.clock.real_now().timestamp(), {"kind", "at"}
    with installation.database.read() as session:
        slugs = {shop.id: shop.slug for shop in session.scalars(select(Shop))}
        orders = {order.id: order.external_id for order in session.scalars(select(OrderRow))}
        events = [_event(slugs, event) for event in session.scalars(select(InboundEvent))]
        messages = [_message(slugs, orders, message) for message in session.scalars(select(Message))]
        attempts = [_attempt(attempt) for attempt in session.scalars(select(Attempt))]
        history = [_moved(line) for line in session.scalars(select(Transition).order_by(Transition.id))]
    return Record(
        accepted=[Accepted(message=line["message"], attempt=line["attempt"], at=line["at"]) for line in accepted],
        refused=[str(line["faults"]) for line in read_journal(sendgrid, "refused")],
        posted=[Posted(at=line["at"], **_without(line, own)) for line in posted],
        hits=read_journal(proof, "hit"),
        offsets=[(0.0, 0.0), *((line["at"], line["offset_s"]) for line in read_journal(proof, "moved"))],
        events=events,
        messages=messages,
        attempts=attempts,
        history=history,
        ended_at=now,
    )


def _without(line: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in names}


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _event(slugs: dict[Any, str], event: InboundEvent) -> EventSeen:
    return EventSeen(
        shop=slugs[event.shop_id],
        topic=event.topic,
        dedupe_key=event.dedupe_key,
        state=event.state,
        order=event.order_ref or "",
        handled_at=_stamp(event.handled_at),
    )


def _message(slugs: dict[Any, str], orders: dict[Any, str], message: Message) -> MessageSeen:
    order = orders[message.order_id]
    return MessageSeen(
        id=str(message.id),
        shop=slugs[message.shop_id],
        order=order,
        key=(order, message.sequence, message.step, message.parcel_group, str(message.occurrence)),
        step=message.step,
        stream=message.stream,
        state=message.state,
        reason=message.reason,
        send_at=_stamp(message.send_at),
        aim_at=_stamp(message.aim_at),
        resolve_at=_stamp(message.resolve_at) if message.resolve_at else None,
        fence=message.fence,
    )


def _attempt(attempt: Attempt) -> AttemptSeen:
    return AttemptSeen(
        id=str(attempt.id),
        message=str(attempt.message_id),
        number=attempt.number,
        fence=attempt.fence,
        outcome=attempt.outcome,
        started_at=_stamp(attempt.started_at),
    )


def _moved(line: Transition) -> Moved:
    return Moved(
        message=str(line.message_id),
        before=line.before,
        after=line.after,
        reason=line.reason,
        real_at=_stamp(line.real_at),
    )
