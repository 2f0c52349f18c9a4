"""Item-item weights learned from orders, in three ways that can be mixed.

EASE (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019) solves one ridge regression over the whole
catalogue, or over the head of a large one. A product's regression may also see only the products that are bought with
it most (as in SLIM: Ning and Karypis, 2011): that takes memory for those alone and, measured on a real shop's held-out
orders, finds more, for what is far away adds noise. Cosine is no regression at all: best where orders are few. The
dropout penalty is that of EASE's successor (Steck, "Autoencoders that don't overfit towards the Identity", 2020); words
of titles count as further "orders", as does what one person bought in different orders. Recent orders count more;
scores of what everybody buys anyway count a little less.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worker.personalisation.learning.matrices import (
    Cells,
    Dense,
    Indices,
    Scores,
    Sparse,
    diagonal,
    embedded,
    filled,
    incidence,
    inverted,
    narrow,
    neighbours,
    scaled,
    sparse_of,
    together,
    total,
    weighted,
)
from worker.personalisation.learning.purchases import Purchases

NEIGHBOURS, NEIGHBOURS_OF_MANY = 60, 30
MANY_PRODUCTS = 5000
"""Catalogues larger than this get fewer neighbours: a quarter of the time, and hardly a hit less."""
LARGEST_WHOLE = 5000
"""Products up to which one regression sees all others: 100 MB of them."""
HEAD, KEPT_OF_HEAD = 3000, 100
"""Of a larger catalogue it sees so many, the most bought; so many weights of each are kept, the others are next to
nothing."""
AT_ONCE = 250
"""Products whose regressions are solved together: 7 MB of doubles."""
SHRINKAGE = 5.0
"""Orders added to a product's count, so that few orders prove little."""
MOST_PRODUCTS = 300
"""Who bought more kinds than this over the years says nothing of which belong together, and would pair them all."""
WORD = re.compile(r"[^\W\d_]{3,}")
COMMONEST = 500
"""A word in more titles than this says nothing of any of them."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How weights are made. `ridge` None: cosine instead of regression.

    `dropout`: share of a product's count added to its penalty; `words`: weight of common words in titles; `people`:
    weight of two products bought by one person in any orders; `fame`: exponent by which frequent products are held
    back; `memory_days`: after so many days an order counts 1/e, 0: all count the same. `is_whole`: one regression over
    the whole catalogue, or its head.
    """

    ridge: float | None = 20.0
    dropout: float = 0.1
    words: float = 10.0
    people: float = 0.3
    fame: float = 0.1
    memory_days: float = 240.0
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Part:
    """A recipe of a mix, with what its weights are multiplied by."""

    recipe: Recipe
    factor: float = 1.0


Mix = tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Model:
    """`weights`: products × products (rows: bought, columns: suggested), dense or sparse."""

    weights: Sparse | Scores
    fame: Scores

    def scores(self, baskets: Sparse) -> Scores:
        """How well each product completes each basket (a row of ones). Basket products are scored too: mask them."""
        return filled(baskets @ self.weights) + self.fame

    def pair_scores(self, first: Indices, second: Indices) -> Dense:
        """How well each of `second` goes with the one of `first` at the same place."""
        if not len(first):
            return np.zeros(0)
        found: Dense = np.asarray(self.weights[first, second], dtype=np.float64).ravel()
        return found


def learn(purchases: Purchases, recipe: Recipe) -> Model:
    """The weights of some orders. Deterministic."""
    counts = purchases.counts
    gram = _gram(purchases, recipe)
    known = counts + SHRINKAGE
    fame = (known / (known.mean() if len(known) else 1.0)) ** -recipe.fame
    return Model(
        weights=scaled(_weights(gram, recipe, counts), np.ones(len(counts)), fame),
        # Where nothing is known of a basket, what many buy comes first; far too little to overrule anything known.
        fame=(counts / max(counts.max(initial=1.0), 1.0) * 1e-6).astype(np.float32),
    )


def learn_mix(purchases: Purchases, mix: Mix) -> Model:
    """`learn` for each part of a mix."""
    return mixed([learn(purchases, part.recipe) for part in mix], [part.factor for part in mix])


def mixed(models: Sequence[Model], factors: Sequence[float]) -> Model:
    """One model whose weights are the sum of others', each times its factor."""
    return Model(
        weights=total([model.weights * np.float32(factor) for model, factor in zip(models, factors, strict=True)]),
        fame=models[0].fame,
    )


def _weights(gram: Sparse, recipe: Recipe, counts: Dense) -> Sparse | Scores:
    if recipe.ridge is None:
        return _cosine(gram)
    if not recipe.is_whole:
        return _regressed(gram)
    if len(counts) <= LARGEST_WHOLE:
        return _regressed_whole(filled(gram))
    head = np.sort(np.argsort(-counts, kind="stable")[:HEAD])
    return embedded(_regressed_whole(filled(gram[head][:, head])), head, len(counts), KEPT_OF_HEAD)


def _gram(purchases: Purchases, recipe: Recipe) -> Sparse:
    """How much two products belong together: orders, people, words. Its diagonal carries the penalty."""
    gram = together(_by_age(purchases, recipe.memory_days))
    if recipe.ridge is None:
        return gram
    if recipe.people:
        gram = gram + recipe.people * together(narrow(purchases.by_person, MOST_PRODUCTS))
    penalty = recipe.ridge + recipe.dropout * gram.diagonal()
    if recipe.words and any(purchases.titles):
        gram = gram + recipe.words * together(_words(purchases.titles))
    return (gram + diagonal(penalty)).tocsr()


def _by_age(purchases: Purchases, memory_days: float) -> Sparse:
    if not memory_days or not len(purchases):
        return purchases.lines
    ages = purchases.days.max() - purchases.days
    weights = np.exp(-ages / memory_days)
    return weighted(purchases.lines, np.sqrt(weights / weights.mean()))


def _cosine(gram: Sparse) -> Sparse:
    lengths = 1 / np.sqrt(np.maximum(gram.diagonal(), 1e-9))
    return scaled(gram - diagonal(gram.diagonal()), lengths, lengths)


def _regressed(gram: Sparse) -> Sparse:
    """Column by column: the weights with which its neighbours foretell a product best."""
    width = int(gram.shape[0])
    most = min(NEIGHBOURS if width <= MANY_PRODUCTS else NEIGHBOURS_OF_MANY, max(width - 1, 0))
    near, cells = neighbours(gram, most), Cells(gram)
    columns: list[Indices] = []
    values: list[Scores] = []
    for start in range(0, width, AT_ONCE):
        mine = near[start : start + AT_ONCE]
        targets = np.arange(start, start + len(mine))
        among, wanted = _among(cells, mine), cells.at(mine, targets[:, None])
        solved = np.linalg.solve(among, wanted[:, :, None])[:, :, 0]
        columns.append(np.repeat(targets, mine.shape[1]))
        values.append(solved.ravel().astype(np.float32))
    if not columns:
        return gram
    return sparse_of(near.ravel(), np.concatenate(columns), np.concatenate(values), width)


def _among(cells: Cells, near: Indices) -> Dense:
    """The cells between all neighbours of each product; one half is looked up, for the other is the same."""
    width = near.shape[1]
    upper, lower = np.triu_indices(width)
    found = cells.at(near[:, upper], near[:, lower])
    made = np.empty((len(near), width, width))
    made[:, upper, lower] = found
    made[:, lower, upper] = found
    return made


def _regressed_whole(gram: Scores) -> Scores:
    """EASE's closed form; with ones on the diagonal single precision is enough, for half the room and time."""
    lengths = (1 / np.sqrt(gram.diagonal())).astype(np.float32)
    gram *= lengths[:, None]
    gram *= lengths
    inverse = inverted(gram)
    inverse *= lengths[:, None]
    inverse *= lengths
    inverse /= -inverse.diagonal().copy()
    np.fill_diagonal(inverse, 0)
    return inverse


def _words(titles: Sequence[str]) -> Sparse:
    """Words × products, the rarer a word the heavier. A word of one title alone says nothing."""
    words = [set(WORD.findall(title.lower())) for title in titles]
    spread = Counter(word for each in words for word in each)
    told = sorted(word for word in spread if 1 < spread[word] <= COMMONEST)
    number = {word: place for place, word in enumerate(told)}
    cells = [(number[word], product) for product, each in enumerate(words) for word in each if word in number]
    rows, columns = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    lightness = np.array([spread[word] ** -0.5 for word in number], dtype=np.float64)
    return weighted(incidence(rows, columns, (len(number), len(titles))), lightness)
