"""Choosing a recipe, and measuring what it finds, on a shop's own latest orders, which it was not learned from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.personalisation.learning.matrices import Dense, Indices, Scores, Sparse, incidence
from worker.personalisation.learning.model import LARGEST_WHOLE, Mix, Model, Part, Recipe, learn, mixed
from worker.personalisation.learning.purchases import NOBODY, Purchases

DEFAULT = Recipe()
COSINE = Recipe(ridge=None, fame=0.0, memory_days=0.0)
RECIPES = (
    DEFAULT,
    Recipe(ridge=5.0, words=5.0),
    Recipe(is_whole=True, memory_days=0.0),
    Recipe(is_whole=True, ridge=100.0, memory_days=0.0),
    *(
        Recipe(is_whole=True, ridge=ridge, dropout=0.0, words=0.0, people=0.0, fame=0.0, memory_days=0.0)
        for ridge in (20.0, 100.0, 300.0)
    ),
    COSINE,
)
"""Tried on each shop, alone and then the best of them mixed with each other one."""
RECIPES_OF_MANY = (DEFAULT, RECIPES[4], COSINE)
"""Tried on a catalogue that is too large for one regression over the whole of it."""
SHARES = (0.3, 0.5, 0.7)
"""Of the best recipe in a mix of two."""
HELD_OUT = 0.15
MOST_LEARNED, MOST_HELD_OUT = 60_000, 20_000
MOST_ASKED, MOST_ASKED_OF_MANY = 6_000, 3_000
"""Questions; each of a large catalogue costs more."""
LEAST_ASKED = 100
"""Fewer questions than this decide nothing."""
AT_ONCE = 500
AT = 4


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Baskets with one product hidden that is new to its person. `gone` is that product, `closed` what can't be it.

    `weights`: those of one order's questions are 1 together, for each order gets one mail.
    """

    known: Sparse
    gone: Indices
    closed: Sparse
    weights: Dense

    def __len__(self) -> int:
        return len(self.gone)

    def parts(self) -> Iterator["Questions"]:
        """A few at a time."""
        for start in range(0, len(self), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            yield Questions(
                known=self.known[part], gone=self.gone[part], closed=self.closed[part], weights=self.weights[part]
            )

    def scores(self, model: Model) -> Scores:
        """Scores of all products; of those that can't be it minus infinity."""
        scores, closed = model.scores(self.known), self.closed.tocoo()
        scores[closed.row, closed.col] = -np.inf
        return scores

    def ranks(self, scores: Scores) -> Indices:
        """The rank of each hidden product; 0 is best."""
        gone = scores[np.arange(len(scores)), self.gone]
        found: Indices = np.count_nonzero(scores > gone[:, None], axis=1).astype(np.int64)
        return found

    def mean(self, values: NDArray[Any]) -> float:
        """Of one value per question."""
        return float(np.average(values, weights=self.weights)) if len(self) else 0.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was found on held-out orders; `ranks`: 0 is best, one per question. `model`: learned without them."""

    mix: Mix
    asked: Questions
    ranks: Indices
    model: Model

    def hit_at(self, k: int) -> float:
        """Share of the hidden products that are among the first k."""
        return self.asked.mean(self.ranks < k)


def split(purchases: Purchases) -> tuple[Purchases, Purchases]:
    """The orders to learn from, and the latest ones, held out."""
    count = len(purchases)
    cut = count - int(count * HELD_OUT)
    return purchases.between(max(0, cut - MOST_LEARNED), cut), purchases.between(cut, min(count, cut + MOST_HELD_OUT))


def choose(purchases: Purchases) -> Trial:
    """The recipe, or mix of two, that finds most hidden products of the held-out orders, with what it found."""
    earlier, later = split(purchases)
    asked = ask(earlier, later)
    models = {recipe: learn(earlier, recipe) for recipe in _worth_trying(purchases, asked)}
    found: dict[Mix, Indices] = {(Part(recipe=recipe),): ranks(model, asked) for recipe, model in models.items()}
    best = _best(found, asked)
    if len(models) > 1:
        found = {best: found[best]} | _mixes(models, best[0].recipe, asked)
        best = _best(found, asked)
    model = mixed([models[part.recipe] for part in best], [part.factor for part in best])
    return Trial(mix=best, asked=asked, ranks=found[best], model=model)


def _worth_trying(purchases: Purchases, asked: Questions) -> tuple[Recipe, ...]:
    if len(asked) < LEAST_ASKED:
        return (DEFAULT,)
    return RECIPES if len(purchases.products) <= LARGEST_WHOLE else RECIPES_OF_MANY


def _best(found: Mapping[Mix, Indices], asked: Questions) -> Mix:
    """Each hidden product among the first four counts 1, one further behind less: steadier than a count of hits."""
    return max(found, key=lambda mix: asked.mean(AT / (np.maximum(found[mix], AT - 1) + 1)))


def _mixes(models: Mapping[Recipe, Model], best: Recipe, asked: Questions) -> dict[Mix, Indices]:
    """The ranks that the best recipe finds with each other one beside it."""
    height = {recipe: _height(model, asked) for recipe, model in models.items()}
    found: dict[Mix, list[Indices]] = {
        (Part(recipe=best, factor=share / height[best]), Part(recipe=other, factor=(1 - share) / height[other])): []
        for other in models
        if other != best
        for share in SHARES
    }
    for part in asked.parts():
        scores = {recipe: part.scores(model) for recipe, model in models.items()}
        for (one, two), ranked in found.items():
            ranked.append(part.ranks(scores[one.recipe] * one.factor + scores[two.recipe] * two.factor))
    return {mix: np.concatenate(ranked) for mix, ranked in found.items()}


def _height(model: Model, asked: Questions) -> float:
    """How high a model scores what it would show: recipes are mixed at the same height."""
    scores = next(asked.parts()).scores(model)
    shown = np.partition(scores, -min(AT, scores.shape[1]), axis=1)[:, -min(AT, scores.shape[1]) :]
    mean = float(shown[np.isfinite(shown)].mean())
    return mean if mean > 0 else 1.0


def ask(earlier: Purchases, later: Purchases) -> Questions:
    """Hides products of each later order, one at a time: as many of each as there is time for, by chance."""
    owned = _owned(earlier, later)
    lengths = np.asarray(later.lines.sum(axis=1)).ravel()
    new = (later.lines - later.lines.multiply(owned)).tocoo()
    fit = (new.data > 0) & (lengths[new.row] >= 2)
    orders, gone = new.row[fit].astype(np.int64), new.col[fit].astype(np.int64)
    picked = _picked(orders, MOST_ASKED if later.lines.shape[1] <= LARGEST_WHOLE else MOST_ASKED_OF_MANY)
    orders, gone = orders[picked], gone[picked]
    hidden = incidence(np.arange(len(gone)), gone, (len(gone), later.lines.shape[1]))
    known = later.lines[orders] - hidden
    known.eliminate_zeros()
    weights = 1 / np.bincount(orders, minlength=1)[orders]
    return Questions(known=known, gone=gone, closed=known + owned[orders], weights=weights)


def _picked(orders: Indices, most: int) -> Indices:
    """Places, shuffled: the same number of each order where it has so many, all of few orders."""
    mixed_up = np.random.default_rng(0).permutation(len(orders))
    by_order = mixed_up[np.argsort(orders[mixed_up], kind="stable")]
    starts = np.flatnonzero(np.diff(orders[by_order], prepend=-1))
    sizes = np.diff(np.append(starts, len(by_order)))
    turn = np.arange(len(by_order)) - np.repeat(starts, sizes)
    kept = by_order[turn < max(1, most // max(len(starts), 1))]
    picked: Indices = np.random.default_rng(0).permutation(kept)[:most]
    return picked


def _owned(earlier: Purchases, later: Purchases) -> Sparse:
    """What the person of each later order had bought before."""
    bought = earlier.by_person
    known = (later.people != NOBODY) & (later.people < bought.shape[0])
    rows = np.flatnonzero(known)
    return incidence(rows, later.people[known], (len(later), bought.shape[0])) @ bought


def ranks(model: Model, asked: Questions) -> Indices:
    """The rank of each hidden product among those that are not closed; 0 is best."""
    found = [part.ranks(part.scores(model)) for part in asked.parts()]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
