"""A shop's orders as arrays: which products lie in which order, whose it was, and when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from worker.personalisation.learning.matrices import Dense, Indices, Sparse, incidence

NOBODY = -1
"""The person of an order that names none."""


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


def gather(baskets: Iterable[Basket], titles: Mapping[str, str] | None = None) -> Purchases:
    """The arrays of some orders; products are numbered by id, orders by time. `titles`: product id -> title."""
    ordered = sorted(baskets, key=lambda basket: (basket.day, basket.person, basket.products))
    products = tuple(sorted({product for basket in ordered for product in basket.products} | set(titles or ())))
    number = {product: place for place, product in enumerate(products)}
    persons: dict[str, int] = {"": NOBODY}
    lengths = np.fromiter((len(basket.products) for basket in ordered), dtype=np.int64, count=len(ordered))
    columns = np.fromiter(
        (number[product] for basket in ordered for product in basket.products), dtype=np.int64, count=lengths.sum()
    )
    people = (persons.setdefault(basket.person, len(persons) - 1) for basket in ordered)
    return Purchases(
        products=products,
        titles=tuple((titles or {}).get(product, "") for product in products),
        lines=incidence(np.repeat(np.arange(len(ordered)), lengths), columns, (len(ordered), len(products))),
        people=np.fromiter(people, dtype=np.int64, count=len(ordered)),
        days=np.fromiter((basket.day for basket in ordered), dtype=np.float64, count=len(ordered)),
    )
