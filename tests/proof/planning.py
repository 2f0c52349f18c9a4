"""What a random run does, drawn from its seed alone: the same seed gives the same plan."""

import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.proof.blows import Blow
from tests.proof.edges import BY_THE_STAND_IN, EDGES
from tests.support.sendgrid import Behaviour

SHIPS_AFTER = 2
"""Rounds between an order and its parcel's leaving."""
MOMENT = "any moment"
"""Stands for an edge: killed from outside, wherever it was."""
REPLACED = "any moment, to be started with a blow"
MISSED = "any moment, after it came to no edge"

PROVIDER_FAULTS = (
    Behaviour(kind="answer", status=429, headers={"Retry-After": "1"}),
    Behaviour(kind="answer", status=500),
    Behaviour(kind="answer", status=503),
    Behaviour(kind="answer", status=502, accepts=True),
    Behaviour(kind="drop_before"),
    Behaviour(kind="drop_after"),
    Behaviour(kind="black_hole"),
    Behaviour(kind="black_hole", accepts=True),
    Behaviour(answer_after_s=0.3),
    Behaviour(delay_s=0.3),
)
SET_BACK = "clock set back"
"""In a plan with it the clock of each process can be set."""
ON_SMALL_DISKS = ("database's disk full", "database's log full")
"""A plan with one of them wants its database on a small disk."""
OUTAGES = {
    "embedded": ("disk full", "all frozen", SET_BACK, "beat down for a day"),
    "distributed": (
        *("broker emptied", "broker restarted", "database away", "database stopped", "database crashed"),
        *("worker frozen", "all frozen", "clock off", SET_BACK, "beat down for a day", *ON_SMALL_DISKS),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Story:
    """One order: whether it is cancelled (and how many rounds after it was placed), and how often each post comes."""

    number: int
    shop: str
    cancelled_after: int | None
    times: int

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_after is not None


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A process of this role is started with this blow; `MOMENT`: killed from outside after `delay_s`."""

    role: str
    blow: Blow


@dataclass(frozen=True, kw_only=True)
class Round:
    """What happens between two restarts."""

    stories: Sequence[Story] = ()
    hits: Sequence[Hit] = ()
    behaviours: Sequence[Behaviour] = ()
    outage: str | None = None
    is_late: bool = False
    """The outage comes only after time has moved: while mails go, not while webhooks come."""
    minutes: int = 11
    tells: bool = False
    ends_at_first: bool = False
    """Several are armed with one blow; the first that comes to its edge ends the round."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`rounds` in which orders come and confirmations and shipping mails go; `later` those of the follow-ups."""

    seed: int
    mode: str
    rounds: Sequence[Round] = field(default=())
    later: Sequence[Round] = field(default=())

    @property
    def outages(self) -> set[str]:
        return {each.outage for each in (*self.rounds, *self.later) if each.outage is not None}


def plan_of(seed: int, mode: str, *, rounds: int = 36, later: int = 8) -> Plan:
    """The plan of this seed."""
    roll = random.Random(f"{mode} {seed}")
    bag = _Bag(roll, mode)
    first = seed % 1_000_000 * 1000
    made = [_round(roll, bag, mode, first + number * 10) for number in range(rounds)]
    follow = [_round(roll, bag, mode, None, minutes=45) for _ in range(later)]
    return Plan(seed=seed, mode=mode, rounds=made, later=follow)


def plan_through(mode: str, edges: Sequence[str], *, outages: Sequence[str] = ()) -> Plan:
    """A kill at each of these edges, in this order, one a round; then the outages; two orders come with each."""

    def hits(edge: str) -> list[Hit]:
        role = "up" if mode == "embedded" else EDGES[edge].role
        return [Hit(role=role, blow=Blow(edge=edge, delay_s=0.001))] * (2 if role == "worker" else 1)

    def stories(number: int) -> list[Story]:
        cancelled_after = 1 if number == 2 else None
        kinds = (("northkettle", None), ("southkettle", cancelled_after))
        return [
            Story(number=1000 + number * 10 + place, shop=shop, cancelled_after=cancelled, times=2 - place)
            for place, (shop, cancelled) in enumerate(kinds)
        ]

    killing = [
        Round(stories=stories(place), hits=hits(edge), tells=True, ends_at_first=True)
        for place, edge in enumerate(edges)
    ]
    failing = [Round(stories=stories(len(edges) + place), outage=outage) for place, outage in enumerate(outages)]
    return Plan(seed=0, mode=mode, rounds=[*killing, *failing], later=[Round(minutes=45)])


class _Bag:
    """Edges and outages in random order, each once before any comes again."""

    def __init__(self, roll: random.Random, mode: str) -> None:
        self._roll = roll
        self._all = [name for name, edge in EDGES.items() if edge.role != "upgrade"] + [MOMENT, MOMENT]
        self._is_embedded = mode == "embedded"
        self._left: list[str] = []
        self._outages = OUTAGES[mode]
        self._outages_left: list[str] = []

    def outage(self) -> str:
        if not self._outages_left:
            self._outages_left = self._roll.sample(self._outages, len(self._outages))
        return self._outages_left.pop()

    def hit(self) -> Hit:
        if not self._left:
            self._left = self._roll.sample(self._all, len(self._all))
        edge, roll = self._left.pop(), self._roll
        nth = 1 if edge == BY_THE_STAND_IN else roll.choice((1, 1, 2, 3))
        delay_s = roll.uniform(0.2, 1.5) if edge == MOMENT else roll.uniform(0, 0.004)
        role = "up" if self._is_embedded else self._role(edge)
        return Hit(role=role, blow=Blow(edge=edge, nth=nth, number=signal.SIGKILL, delay_s=round(delay_s, 4)))

    def _role(self, edge: str) -> str:
        return self._roll.choice(("web", "worker", "beat")) if edge == MOMENT else EDGES[edge].role


def _round(roll: random.Random, bag: _Bag, mode: str, first: int | None, minutes: int = 11) -> Round:
    hits = [bag.hit() for _ in range(1 if mode == "embedded" else roll.choice((1, 2, 2, 3)))]
    return Round(
        stories=[] if first is None else [_story(roll, first + place) for place in range(roll.choice((1, 2, 3)))],
        hits=hits,
        behaviours=roll.choices(PROVIDER_FAULTS, k=roll.choice((1, 2, 3))) if roll.random() < 0.35 else [],
        outage=bag.outage() if roll.random() < 0.16 else None,
        is_late=roll.random() < 0.5,
        minutes=minutes,
        tells=roll.random() < 0.5 or any("event" in hit.blow.edge for hit in hits),
    )


def _story(roll: random.Random, number: int) -> Story:
    return Story(
        number=number,
        shop=roll.choice(("northkettle", "northkettle", "southkettle")),
        cancelled_after=roll.choice((0, 1, 3)) if roll.random() < 0.15 else None,
        times=2 if roll.random() < 0.2 else 1,
    )
