"""A shop's orders as arrays: which products lie in which order, whose it was, and when."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from worker.personalisation.learning.matrices import Dense, Indices, Sparse, incidence

NOBODY = -1
"""The person of an order that names none."""
LARGEST_BASKET = 100
"""An order of more products fills a shelf: it tells nothing of what goes together, and would pair them all."""
MOST_PAIRS = 60_000_000
"""Products that lie in one order, two by two, over all orders: 2 GB. A million small orders make a fifth of it, a
grocer's with fifteen things each a quarter of a million: then the latest are learned from."""
MOST_ORDERS = 500
"""Who has more is no person, but a till, a wholesaler or a marketplace."""


@dataclass(frozen=True, slots=True)
class Basket:
    """One order: its person (any key; empty: unknown), its time as days since 1970, and product ids."""

    person: str
    day: float
    products: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """Orders by time, oldest first. `lines`: orders × products, ones; `people`: a number per order, or NOBODY."""

    products: tuple[str, ...]
    titles: tuple[str, ...]
    lines: Sparse
    people: Indices
    days: Dense

    def __len__(self) -> int:
        return int(self.lines.shape[0])

    def between(self, start: int, end: int) -> "Purchases":
        """Some of the orders, with all products."""
        part = slice(start, end)
        return replace(self, lines=self.lines[part], people=self.people[part], days=self.days[part])

    def baskets(self) -> Iterator[frozenset[str]]:
        """The product ids of each order."""
        ends, places, names = self.lines.indptr, self.lines.indices, self.products
        for start, end in pairwise(ends):
            yield frozenset(names[place] for place in places[start:end])

    @property
    def counts(self) -> Dense:
        """Orders of each product."""
        counted: Dense = np.asarray(self.lines.sum(axis=0), dtype=np.float64).ravel()
        return counted

    @property
    def by_person(self) -> Sparse:
        """People × products: what each person ever bought. Orders of nobody are left out."""
        known = self.people != NOBODY
        orders = np.flatnonzero(known)
        shape = (int(self.people.max(initial=NOBODY)) + 1, len(self))
        bought = incidence(self.people[known], orders, shape) @ self.lines
        bought.data[:] = 1
        return bought


class Numbers(dict[str, int]):
    """A number for each name, in the order in which they are first asked for."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


class Ledger:
    """Orders on their way into arrays, column by column: as objects a million of them would take a gigabyte.

    Orders without products or with more than `LARGEST_BASKET` are left out of the arrays; those of a person with more
    than `MOST_ORDERS` are nobody's there. Of more than `MOST_PAIRS` the oldest orders are left out too.
    """

    def __init__(self) -> None:
        self._products, self._people = Numbers(), Numbers({"": 0})
        self._columns, self._sizes, self._persons = array("q"), array("q"), array("q")
        self._days = array("d")

    def add(self, people: Iterable[str], days: Iterable[float], products: Sequence[Sequence[str]]) -> None:
        """Orders in any sequence, each value as in `Basket`."""
        self._persons.extend(map(self._people.__getitem__, people))
        self._days.extend(days)
        self._sizes.extend(map(len, products))
        self._columns.extend(map(self._products.__getitem__, chain.from_iterable(products)))

    def knows(self, product: str) -> bool:
        """Whether any order holds it."""
        return product in self._products

    def purchases(self, titles: Mapping[str, str] | None = None) -> Purchases:
        """The arrays: products numbered by id, orders by time. `titles`: product id -> title, of bought ones or not.

        Neither the sequence in which orders were added nor that of their products decides anything.
        """
        named = titles or {}
        products = tuple(sorted(self._products.keys() | named.keys()))
        columns = _places(self._products, products)[np.frombuffer(self._columns, dtype=np.int64)]
        people = _places(self._people, sorted(self._people))[np.frombuffer(self._persons, dtype=np.int64)] + NOBODY
        people[np.bincount(people + 1)[people + 1] > MOST_ORDERS] = NOBODY
        sizes, days = np.frombuffer(self._sizes, dtype=np.int64), np.frombuffer(self._days, dtype=np.float64)
        lines = incidence(np.repeat(np.arange(len(sizes)), sizes), columns, (len(sizes), len(products)))
        order = np.lexsort((lines @ np.sqrt(np.arange(1.0, len(products) + 1)), people, days))
        order = order[(sizes[order] > 0) & (sizes[order] <= LARGEST_BASKET)]
        order = order[_reach_back(sizes[order])]
        return Purchases(
            products=products,
            titles=tuple(named.get(product, "") for product in products),
            lines=lines[order],
            people=people[order],
            days=days[order],
        )


def gather(baskets: Iterable[Basket], titles: Mapping[str, str] | None = None) -> Purchases:
    """The arrays of some orders; see `Ledger`."""
    every, ledger = list(baskets), Ledger()
    ledger.add((each.person for each in every), (each.day for each in every), [each.products for each in every])
    return ledger.purchases(titles)


def _reach_back(sizes: Indices) -> NDArray[np.bool_]:
    """The latest of these orders, the oldest of which comes first, that make no more than `MOST_PAIRS`."""
    pairs = np.cumsum(sizes[::-1] ** 2)[::-1]
    return pairs <= MOST_PAIRS


def _places(numbers: Numbers, names: Sequence[str]) -> Indices:
    """By number: where its name stands among the sorted names."""
    found = np.zeros(len(numbers), dtype=np.int64)
    for place, name in enumerate(names):
        number = numbers.get(name)
        if number is not None:
            found[number] = place
    return found
