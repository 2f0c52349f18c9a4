"""Item-item weights learned from orders: EASE over the catalogue's head, shrunk cosine where orders are few.

EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019) with the dropout penalty of its successor
(Steck, "Autoencoders that don't overfit towards the Identity", 2020), words of titles as further "orders", and what one
person bought in different orders. Recent orders count more; scores of what everybody buys anyway count a little less.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worker.personalisation.learning.matrices import (
    Dense,
    Indices,
    Scores,
    Sparse,
    incidence,
    invert,
    scaled,
    together,
    weighted,
    without_block,
)
from worker.personalisation.learning.purchases import Purchases

LARGEST_HEAD = 3500
"""Products whose weights are found exactly: their matrix is held in full, 98 MB of doubles, and inverted."""
SHRINKAGE = 5.0
"""Orders added to a product's count, so that few orders prove little."""
WORD = re.compile(r"[^\W\d_]{3,}")
LEAST_TAIL_ORDERS = 2


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How weights are made. `ridge` None: cosine instead of EASE.

    `dropout`: share of a product's count added to its penalty; `words`: weight of common words in titles; `people`:
    weight of two products bought by one person in any orders; `fame`: exponent by which frequent products are held
    back; `memory_days`: after so many days an order counts 1/e, 0: all count the same.
    """

    ridge: float | None = 20.0
    dropout: float = 0.2
    words: float = 20.0
    people: float = 0.3
    fame: float = 0.1
    memory_days: float = 240.0


@dataclass(frozen=True, kw_only=True)
class Model:
    """`inner`: weights between the products of `head` (rows: bought, columns: suggested); `outer`: all other pairs."""

    head: Indices
    inner: Scores
    outer: Sparse
    fame: Scores

    def scores(self, baskets: Sparse) -> Scores:
        """How well each product completes each basket (a row of ones). Basket products are scored too: mask them."""
        made: Scores = np.asarray((baskets @ self.outer).todense(), dtype=np.float32)
        made[:, self.head] += np.asarray(baskets[:, self.head] @ self.inner, dtype=np.float32)
        return made + self.fame

    def pair_scores(self, first: Indices, second: Indices) -> Dense:
        """How well each of `second` goes with the one of `first` at the same place."""
        place = np.full(len(self.fame), -1, dtype=np.int64)
        place[self.head] = np.arange(len(self.head))
        found = np.zeros(len(first))
        inside = (place[first] >= 0) & (place[second] >= 0)
        found[inside] = self.inner[place[first[inside]], place[second[inside]]]
        if not inside.all():
            found[~inside] = np.asarray(self.outer[first[~inside], second[~inside]]).ravel()
        return found


def learn(purchases: Purchases, recipe: Recipe, *, head_size: int | None = None) -> Model:
    """The weights of some orders. Deterministic. `head_size`: see LARGEST_HEAD."""
    counts = purchases.counts
    head = np.sort(np.argsort(-counts, kind="stable")[: head_size or LARGEST_HEAD])
    lines = _by_age(purchases, recipe.memory_days)
    fame = ((counts + SHRINKAGE) / (counts + SHRINKAGE).mean()) ** -recipe.fame
    inner = _inner(purchases, lines, head, recipe)
    outer = _outer(lines, counts, head, inner)
    inner *= fame[head]
    return Model(
        head=head,
        inner=inner.astype(np.float32),
        outer=scaled(outer, np.ones(len(counts)), fame),
        # Where nothing is known of a basket, what many buy comes first; far too little to overrule anything known.
        fame=(counts / max(counts.max(initial=1.0), 1.0) * 1e-6).astype(np.float32),
    )


def _by_age(purchases: Purchases, memory_days: float) -> Sparse:
    if not memory_days or not len(purchases):
        return purchases.lines
    ages = purchases.days.max() - purchases.days
    weights = np.exp(-ages / memory_days)
    return weighted(purchases.lines, np.sqrt(weights / weights.mean()))


def _inner(purchases: Purchases, lines: Sparse, head: Indices, recipe: Recipe) -> Dense:
    gram: Dense = together(lines[:, head]).toarray().astype(np.float64)
    if not gram.size:
        return gram
    if recipe.ridge is None:
        return _cosine(gram)
    if recipe.people:
        gram += recipe.people * together(purchases.by_person[:, head]).toarray()
    penalty = recipe.ridge + recipe.dropout * gram.diagonal()
    if recipe.words:
        gram += recipe.words * together(_words([purchases.titles[place] for place in head])).toarray()
    gram[np.diag_indices_from(gram)] += penalty
    inverse = invert(gram)
    inverse /= -inverse.diagonal().copy()
    np.fill_diagonal(inverse, 0)
    return inverse


def _cosine(gram: Dense) -> Dense:
    lengths = np.sqrt(np.maximum(gram.diagonal(), 1e-9))
    gram /= lengths
    gram /= lengths[:, None]
    np.fill_diagonal(gram, 0)
    return gram


def _outer(lines: Sparse, counts: Dense, head: Indices, inner: Dense) -> Sparse:
    """Cosine between a product of the tail and any other, brought to the size of the head's weights."""
    inside = np.zeros(len(counts), dtype=np.bool_)
    inside[head] = True
    if inside.all():
        return together(lines[:0])
    pairs = without_block(together(lines), inside, least=LEAST_TAIL_ORDERS)
    lengths = 1 / np.sqrt(counts + SHRINKAGE)
    size = float(np.abs(inner).max(initial=0.0))
    return scaled(pairs, lengths * min(size, 1.0), lengths)


def _words(titles: Sequence[str]) -> Sparse:
    """Words × products, the rarer a word the heavier. A word of one title alone says nothing."""
    words = [set(WORD.findall(title.lower())) for title in titles]
    spread = Counter(word for each in words for word in each)
    number = {word: place for place, word in enumerate(sorted(word for word in spread if spread[word] > 1))}
    cells = [(number[word], product) for product, each in enumerate(words) for word in each if word in number]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    lightness = np.array([spread[word] ** -0.5 for word in number], dtype=np.float64)
    return weighted(incidence(rows, columns, (len(number), len(titles))), lightness)
