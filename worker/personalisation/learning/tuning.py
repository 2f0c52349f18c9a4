"""Choosing a recipe, and measuring what it finds, on a shop's own latest orders, which it was not learned from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.personalisation.learning.matrices import Indices, Scores, Sparse, incidence
from worker.personalisation.learning.model import LARGEST_WHOLE, Model, Recipe, learn
from worker.personalisation.learning.purchases import NOBODY, Purchases

DEFAULT = Recipe()
RECIPES = (
    DEFAULT,
    Recipe(words=0.0),
    Recipe(ridge=5.0, words=5.0),
    Recipe(is_whole=True, memory_days=0.0),
    Recipe(is_whole=True, dropout=0.0, words=0.0, people=0.0, fame=0.0, memory_days=0.0),
    Recipe(ridge=20.0, dropout=0.0, words=0.0, people=0.0, fame=0.0, memory_days=0.0),
    Recipe(ridge=None, fame=0.0, memory_days=0.0),
)
"""Tried on each shop; the first is kept unless another is clearly better."""
HELD_OUT = 0.15
MOST_LEARNED, MOST_HELD_OUT, MOST_ASKED = 60_000, 20_000, 3_000
ORDERS_ENOUGH = 500
"""With so many held-out orders each asks one question, as each gets one mail; with fewer all their products ask."""
LEAST_ASKED = 100
"""Fewer questions than this decide nothing."""
AT = 4


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Baskets with one product hidden that is new to its person. `gone` is that product, `closed` what can't be it."""

    known: Sparse
    gone: Indices
    closed: Sparse

    def __len__(self) -> int:
        return len(self.gone)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was tried on held-out orders; `ranks`: 0 is best, one per question. `model`: learned without them."""

    recipe: Recipe
    ranks: Indices
    model: Model

    def hit_at(self, k: int) -> float:
        """Share of the questions whose hidden product is among the first k."""
        return float((self.ranks < k).mean()) if len(self.ranks) else 0.0


def split(purchases: Purchases) -> tuple[Purchases, Purchases]:
    """The orders to learn from, and the latest ones, held out."""
    count = len(purchases)
    cut = count - int(count * HELD_OUT)
    return purchases.between(max(0, cut - MOST_LEARNED), cut), purchases.between(cut, min(count, cut + MOST_HELD_OUT))


def choose(purchases: Purchases) -> Trial:
    """The recipe that finds most hidden products of the held-out orders, with what it found."""
    earlier, later = split(purchases)
    asked = ask(earlier, later)
    if len(asked) < LEAST_ASKED:
        return _tried(earlier, asked, DEFAULT)
    best: Trial | None = None
    for recipe in _worth_trying(purchases):
        trial = _tried(earlier, asked, recipe)
        best = trial if best is None or _is_better(trial, best) else best
    assert best is not None, "there are recipes"
    return best


def _tried(earlier: Purchases, asked: Questions, recipe: Recipe) -> Trial:
    model = learn(earlier, recipe)
    return Trial(recipe=recipe, ranks=ranks(model, asked), model=model)


def _worth_trying(purchases: Purchases) -> list[Recipe]:
    """Without titles two of the recipes are one; a large catalogue is never regressed as a whole."""
    has_titles, is_small = any(purchases.titles), len(purchases.products) <= LARGEST_WHOLE
    told = [recipe for recipe in RECIPES if has_titles or recipe != Recipe(words=0.0)]
    return [recipe for recipe in told if is_small or not recipe.is_whole]


def _is_better(trial: Trial, than: Trial) -> bool:
    """By more than chance explains: one standard error of the difference, question by question."""
    difference = _gains(trial) - _gains(than)
    return bool(difference.mean() > difference.std() / len(difference) ** 0.5)


def _gains(trial: Trial) -> NDArray[np.float64]:
    """1 for a place among the first four, a little for one soon after."""
    gains: NDArray[np.float64] = (trial.ranks < AT) + 0.5 * (trial.ranks < 10)
    return gains


def ask(earlier: Purchases, later: Purchases) -> Questions:
    """Hides a product of each later order, or of few orders each product in turn; up to `MOST_ASKED`, by chance."""
    owned = _owned(earlier, later)
    lengths = np.asarray(later.lines.sum(axis=1)).ravel()
    new = (later.lines - later.lines.multiply(owned)).tocoo()
    fit = (new.data > 0) & (lengths[new.row] >= 2)
    orders, gone = new.row[fit].astype(np.int64), new.col[fit].astype(np.int64)
    picked = np.random.default_rng(0).permutation(len(orders))
    if len(later) >= ORDERS_ENOUGH:
        picked = picked[np.unique(orders[picked], return_index=True)[1]]
    picked = np.random.default_rng(0).permutation(picked)[:MOST_ASKED]
    orders, gone = orders[picked], gone[picked]
    hidden = incidence(np.arange(len(gone)), gone, (len(gone), later.lines.shape[1]))
    known = later.lines[orders] - hidden
    known.eliminate_zeros()
    return Questions(known=known, gone=gone, closed=known + owned[orders])


def _owned(earlier: Purchases, later: Purchases) -> Sparse:
    """What the person of each later order had bought before."""
    bought = earlier.by_person
    known = (later.people != NOBODY) & (later.people < bought.shape[0])
    rows = np.flatnonzero(known)
    return incidence(rows, later.people[known], (len(later), bought.shape[0])) @ bought


def ranks(model: Model, asked: Questions) -> Indices:
    """The rank of each hidden product among those that are not closed."""
    found = []
    for start in range(0, len(asked), 500):
        part = slice(start, start + 500)
        scores: Scores = model.scores(asked.known[part])
        closed = asked.closed[part].tocoo()
        scores[closed.row, closed.col] = -np.inf
        mine = scores[np.arange(len(scores)), asked.gone[part]]
        found.append((scores > mine[:, None]).sum(axis=1))
    return np.concatenate(found).astype(np.int64) if found else np.zeros(0, dtype=np.int64)
