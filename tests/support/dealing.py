"""In which order the tests run: what takes long comes first, dealt out evenly to the workers of a run.

Each worker is given an equal share of the tests in their order, and whoever has done its own takes from the others'
ends. What comes last is short then, and all are busy until the end.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Protocol, TypeVar


class Named(Protocol):
    """A test, as far as dealing looks at it."""

    @property
    def nodeid(self) -> str: ...


Each = TypeVar("Each", bound=Named)
LONG = ("tests/proof/", "tests/journeys/", "tests/guards/test_sources.py")
"""Where tests take seconds each: they start processes or read the whole program."""


def dealt(items: Sequence[Each], shares: int) -> list[Each]:
    """All of them, each share beginning with some of the long ones; those of one installation stay together."""
    piles: list[list[Each]] = [[] for _ in range(shares)]
    groups = groupby((item for item in items if _is_long(item)), key=_installation)
    for number, (_, group) in enumerate(groups):
        piles[number % shares] += group
    return [*_filled(piles, iter([item for item in items if not _is_long(item)]), len(items))]


def _filled(piles: Sequence[list[Each]], short: Iterator[Each], left: int) -> Iterator[Each]:
    """As the scheduler divides them: what is left, by those who are still to get some."""
    for number, pile in enumerate(piles):
        share = left // (len(piles) - number)
        left -= share
        yield from pile
        yield from islice(short, max(0, share - len(pile)))
    yield from short


def _is_long(item: Named) -> bool:
    return item.nodeid.startswith(LONG)


def _installation(item: Named) -> tuple[str, str]:
    """What such tests may share: their module, in one mode."""
    return item.nodeid.partition("::")[0], "distributed" if "distributed" in item.nodeid else ""
