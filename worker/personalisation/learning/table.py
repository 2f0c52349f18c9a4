"""The table of suggestions: what is often bought with each product, and what sells best beside each category."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from worker.personalisation.candidates import LEAST_ATTACHMENT, LEAST_ORDERS
from worker.personalisation.learning.matrices import Dense, Indices, Sparse, incidence, together
from worker.personalisation.learning.model import Model
from worker.personalisation.learning.purchases import NOBODY, Purchases

MOST = 20
"""Suggestions kept per product or category."""
FOLLOWS_WITHIN_DAYS = 90.0
STEADINESS = 5.0
"""Added to how often one product followed the other: few later orders say little about which comes first."""
STRONGEST_TURN = 2.0
LEAST_HIT_RATE = 0.02
"""A suggestion must come true in so many held-out orders, or nothing is shown: one in fifty is what offers convert."""
BINS, LEAST_SHOWN = 10, 200


@dataclass(frozen=True, slots=True)
class Line:
    """One suggestion; the fields are those of `worker.store.models.Suggestion`."""

    when_product: str
    when_category: str
    product_id: str
    position: int
    score: float
    support: int
    orders: int
    attachment: float
    lift: float


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pairs of columns: `first` was bought, `second` is suggested."""

    first: Indices
    second: Indices
    support: Dense
    orders: Dense
    lift: Dense


@dataclass(frozen=True, kw_only=True)
class Closest:
    """How near to being proven pairs of products come: of each figure the best among the pairs that reach those before.

    `support`: common orders; `attachment`, `lift`: as of a suggestion; None: no pair reaches what comes before it.
    """

    support: int
    attachment: float | None
    lift: float | None


def closest(purchases: Purchases) -> Closest:
    """What the pairs of products come to, where none is suggested."""
    cells, share, lift = _compared(together(purchases.lines), purchases.counts, purchases.counts, len(purchases))
    pairs = cells.row != cells.col
    enough = pairs & (cells.data >= LEAST_ORDERS)
    often = enough & (share >= LEAST_ATTACHMENT)
    return Closest(
        support=int(cells.data[pairs].max(initial=0)),
        attachment=float(share[enough].max()) if enough.any() else None,
        lift=float(lift[often].max()) if often.any() else None,
    )


def product_lines(purchases: Purchases, model: Model, threshold: float = 0.0) -> list[Line]:
    """What is truly often bought with each product and scores at least `threshold`, the best first."""
    counts = purchases.counts
    pairs = _often(together(purchases.lines), counts, counts, len(purchases))
    scores = model.pair_scores(pairs.first, pairs.second) * _turn(purchases, pairs)
    kept = scores >= max(threshold, 1e-6)
    names = purchases.products
    return [
        Line(names[first], "", names[second], position, *values)
        for first, second, position, values in _ranked(pairs, scores, kept)
    ]


def category_lines(purchases: Purchases, categories: Mapping[str, str]) -> list[Line]:
    """Best sellers of other categories among the orders with a category. `categories`: product id -> category."""
    names = sorted({category for category in categories.values() if category})
    number = {name: place for place, name in enumerate(names)}
    of = np.array([number.get(categories.get(product, ""), -1) for product in purchases.products], dtype=np.int64)
    listed = np.flatnonzero(of >= 0)
    holds = purchases.lines @ incidence(listed, of[listed], (len(of), len(names)))
    holds.data[:] = 1
    orders = np.asarray(holds.sum(axis=0), dtype=np.float64).ravel()
    pairs = _often((holds.T @ purchases.lines).tocsr(), orders, purchases.counts, len(purchases), diagonal=True)
    kept = (of[pairs.second] >= 0) & (of[pairs.second] != pairs.first)
    return [
        Line("", names[first], purchases.products[second], position, *values)
        for first, second, position, values in _ranked(pairs, pairs.support / np.maximum(pairs.orders, 1), kept)
    ]


def _often(support: Sparse, orders: Dense, counts: Dense, total: int, *, diagonal: bool = False) -> Pairs:
    """Pairs that may be called often bought together, and more often than chance has it."""
    cells, share, lift = _compared(support, orders, counts, total)
    kept = (cells.data >= LEAST_ORDERS) & (share >= LEAST_ATTACHMENT) & (lift > 1)
    kept &= diagonal | (cells.row != cells.col)
    return Pairs(
        first=cells.row[kept].astype(np.int64),
        second=cells.col[kept].astype(np.int64),
        support=cells.data[kept].astype(np.float64),
        orders=orders[cells.row[kept]],
        lift=lift[kept].astype(np.float64),
    )


def _compared(support: Sparse, orders: Dense, counts: Dense, total: int) -> tuple[Any, Dense, Dense]:
    """The cells, each one's share of the orders of its row, and how many times more often than by chance that is."""
    cells = support.tocoo()
    share = cells.data / np.maximum(orders[cells.row], 1)
    return cells, share, share * total / np.maximum(counts[cells.col], 1)


def _turn(purchases: Purchases, pairs: Pairs) -> Dense:
    """Above 1 where the second product follows the first in later orders of a person, below 1 the other way round."""
    order = np.lexsort((purchases.days, purchases.people))
    before, after = order[:-1], order[1:]
    same = (purchases.people[before] == purchases.people[after]) & (purchases.people[before] != NOBODY)
    same &= purchases.days[after] - purchases.days[before] <= FOLLOWS_WITHIN_DAYS
    follows = (purchases.lines[before[same]].T @ purchases.lines[after[same]]).tocsr()
    if not len(pairs.first):
        return pairs.support
    forth = np.asarray(follows[pairs.first, pairs.second], dtype=np.float64).ravel()
    back = np.asarray(follows[pairs.second, pairs.first], dtype=np.float64).ravel()
    ratio = np.sqrt((forth + STEADINESS) / (back + STEADINESS))
    turned: Dense = np.clip(ratio, 1 / STRONGEST_TURN, STRONGEST_TURN)
    return turned


def _ranked(
    pairs: Pairs, scores: Dense, kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Iterator[tuple[int, int, int, tuple[float, int, int, float, float]]]:
    places = np.flatnonzero(kept)
    places = places[np.lexsort((pairs.second[places], -scores[places], pairs.first[places]))]
    previous, position = -1, 0
    for place in places:
        first = int(pairs.first[place])
        position = position + 1 if first == previous else 0
        previous = first
        if position < MOST:
            support, orders = int(pairs.support[place]), int(pairs.orders[place])
            values = (float(scores[place]), support, orders, support / orders, float(pairs.lift[place]))
            yield first, int(pairs.second[place]), position, values


def calibrated(lines: Sequence[Line], later: Purchases, shown: int = 4) -> float:
    """The score from which on suggestions come true often enough in orders that `lines` were not learned from.

    Infinite where not even the best do; 0 where there are too few orders to tell.
    """
    by_product: dict[str, list[Line]] = {}
    for line in lines:
        by_product.setdefault(line.when_product, []).append(line)
    scores, came_true = [], []
    for basket in later.baskets():
        for product in sorted(basket):
            for line in by_product.get(product, ())[:shown]:
                scores.append(line.score)
                came_true.append(line.product_id in basket)
    return _least_good(np.array(scores), np.array(came_true)) if len(scores) >= LEAST_SHOWN else 0.0


def _least_good(scores: Dense, came_true: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    order = np.argsort(-scores, kind="stable")
    threshold = float("inf")
    for part in np.array_split(order, BINS):
        if came_true[part].mean() < LEAST_HIT_RATE:
            return threshold
        threshold = float(scores[part[-1]])
    return 0.0  # even the weakest are good enough
