"""Completing baskets with what was learned, each suggestion with its reason."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from worker.personalisation.candidates import LEAST_ATTACHMENT, LEAST_ORDERS
from worker.personalisation.learning.matrices import Cells, Dense, Indices, Scores, Sparse, incidence, together
from worker.personalisation.learning.model import Model
from worker.personalisation.learning.purchases import Purchases

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A basket to complete. `owned`: what its person had bought before: an offer is for something new."""

    order: str
    products: tuple[str, ...]
    owned: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """`beside`: the product of the basket that it is most often bought with (empty: none of them), in `support` orders,
    which are a share of `attachment` of that product's."""

    product: str
    score: float
    beside: str
    support: int
    attachment: float

    @property
    def is_often_bought(self) -> bool:
        return self.support >= LEAST_ORDERS and self.attachment >= LEAST_ATTACHMENT


@dataclass(frozen=True)
class Completer:
    """What is needed to complete baskets: the weights, and how often products were bought together."""

    purchases: Purchases
    model: Model

    def complete(
        self, asks: Sequence[Ask], k: int, step: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[Ask, list[Suggested]]]:
        """Up to k suggestions for each basket, best first. `step` is called after each."""
        number = {product: place for place, product in enumerate(self.purchases.products)}
        pairs, counts = Cells(together(self.purchases.lines)), self.purchases.counts
        for start in range(0, len(asks), BATCH):
            part = asks[start : start + BATCH]
            baskets = [np.array([number[p] for p in ask.products if p in number], dtype=np.int64) for ask in part]
            scores = self.model.scores(_rows(baskets, len(number)))
            for ask, basket, mine in zip(part, baskets, scores, strict=True):
                mine[[number[p] for p in (*ask.products, *ask.owned) if p in number]] = -np.inf
                best = _best(mine, k)
                yield ask, self._explained(basket, best, mine, pairs, counts)
                step()

    def _explained(
        self, basket: Indices, best: Indices, scores: Scores, pairs: Cells, counts: Dense
    ) -> list[Suggested]:
        names = self.purchases.products
        support = pairs.at(basket[:, None], best[None, :]) if len(basket) else np.zeros((1, len(best)))
        shares = support / np.maximum(counts[basket], 1)[:, None] if len(basket) else support
        found = []
        for place, product in enumerate(best):
            row = int(shares[:, place].argmax())
            common = int(support[row, place])
            found.append(
                Suggested(
                    product=names[product],
                    score=float(scores[product]),
                    beside=names[basket[row]] if common else "",
                    support=common,
                    attachment=float(shares[row, place]),
                )
            )
        return found


def _rows(baskets: Sequence[Indices], width: int) -> Sparse:
    lengths = [len(basket) for basket in baskets]
    columns = np.concatenate([*baskets, np.zeros(0, dtype=np.int64)])
    return incidence(np.repeat(np.arange(len(baskets)), lengths), columns, (len(baskets), width))


def _best(scores: Scores, k: int) -> Indices:
    """Places of the k highest finite scores, the highest first."""
    most = min(k, len(scores))
    places = np.argpartition(-scores, most - 1)[:most] if most else np.zeros(0, dtype=np.int64)
    ordered = places[np.lexsort((places, -scores[places]))]
    found: Indices = ordered[np.isfinite(scores[ordered])]
    return found
