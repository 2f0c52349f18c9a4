"""Everything a check looks at: what the witnesses wrote down, and what the database holds at the end."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Any


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
class Refused:
    """A webhook that was answered otherwise."""

    topic: str
    order: str
    status: int


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
    """`started_at` is real time by the right clock."""

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
    """One run. Real times are by the right clock, in seconds.

    `offsets`: when business time was moved, and how far it was ahead from then on. `clocks`: when the clock of the
    database's host was set, and how far it was off from then on. `days`: from when to when in business time nothing
    could be sent, because no beat ran.
    """

    accepted: Sequence[Accepted] = ()
    posted: Sequence[Posted] = ()
    turned_away: Sequence[Refused] = ()
    refused: Sequence[str] = ()
    hits: Sequence[dict[str, Any]] = ()
    offsets: Sequence[tuple[float, float]] = ((0.0, 0.0),)
    clocks: Sequence[tuple[float, float]] = ((0.0, 0.0),)
    days: Sequence[tuple[float, float]] = ()
    events: Sequence[EventSeen] = ()
    messages: Sequence[MessageSeen] = ()
    attempts: Sequence[AttemptSeen] = ()
    history: Sequence[Moved] = ()
    ended_at: float = 0.0

    def business(self, real: float) -> float:
        """Business time at a real time, by the right clock."""
        return real + _at(self.offsets, real)

    def real(self, business: float) -> float:
        """The real time at which processes took it to be `business`; the moment of the jump, if it was jumped over.

        They go by the clock of the database's host, also while it is off.
        """
        moments = sorted({at for at, _ in (*self.offsets, *self.clocks)})
        for start, end in pairwise([*moments, inf]):
            ahead = _at(self.offsets, start) + _at(self.clocks, start)
            if business - ahead < end:
                return max(business - ahead, start)
        raise AssertionError("the last moment has no end")

    def is_missed(self, moment: float) -> bool:
        """Whether a moment of business time fell into a day without beat."""
        return any(began <= moment <= ended for began, ended in self.days)

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


def _at(steps: Sequence[tuple[float, float]], real: float) -> float:
    """What held at a real time, of what was set at which."""
    return steps[max(0, bisect_right(steps, real, key=lambda step: step[0]) - 1)][1]


def righted(reading: float, clocks: Sequence[tuple[float, float]]) -> float:
    """The real time at which a clock that was off now and then showed `reading`.

    No run lasts as long as a clock is ever set back, so it never shows the same time twice.
    """
    for (start, off), (end, _) in pairwise([*clocks, (inf, 0.0)]):
        if off and start <= reading - off < end:
            return reading - off
    return reading
