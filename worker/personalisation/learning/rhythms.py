"""After how many days people buy a product again: what is used up has a rhythm, a kettle has none."""

from itertools import pairwise
from typing import Any

import numpy as np

from worker.personalisation.learning.matrices import Dense
from worker.personalisation.learning.purchases import NOBODY, Purchases

LEAST_REPEATS = 20
LEAST_PEOPLE = 10
"""What fewer people buy again is the rhythm of a canteen, not of the thing."""
LEAST_SHARE = 0.2
"""Fewer repeats per buyer mean that it is not used up, but given away, broken or lost."""
WIDEST_SPREAD = 1.0
"""Half of the gaps lie within so many medians: what is bought again by chance, as a present say, has no rhythm."""
SHORTEST_DAYS, LONGEST_DAYS = 3.0, 365.0


def rhythms(purchases: Purchases) -> list[dict[str, Any]]:
    """Product, median days between two purchases of one person, and how many such pairs there are."""
    cells = purchases.lines.tocoo()
    known = purchases.people[cells.row] != NOBODY
    orders, products = cells.row[known], cells.col[known]
    people, days = purchases.people[orders], purchases.days[orders]
    order = np.lexsort((days, people, products))
    products, people, days = products[order], people[order], days[order]
    gaps, is_again = np.diff(days), (np.diff(products) == 0) & (np.diff(people) == 0)
    buyers = np.bincount(products, minlength=len(purchases.products))
    buyers -= np.bincount(products[1:][is_again], minlength=len(buyers))
    kept = is_again & (gaps >= SHORTEST_DAYS) & (gaps <= LONGEST_DAYS)
    again, people, gaps = products[1:][kept], people[1:][kept], gaps[kept]
    starts = np.flatnonzero(np.diff(again, prepend=-1))
    return [
        {
            "product_id": purchases.products[again[start]],
            "days": float(np.median(gaps[start:end])),
            "repeats": end - start,
        }
        for start, end in pairwise([*starts.tolist(), len(again)])
        if end - start >= max(LEAST_REPEATS, LEAST_SHARE * buyers[again[start]])
        and len(np.unique(people[start:end])) >= LEAST_PEOPLE
        and _is_steady(gaps[start:end])
    ]


def _is_steady(gaps: Dense) -> bool:
    first, middle, third = np.percentile(gaps, (25, 50, 75))
    return bool(third - first <= WIDEST_SPREAD * middle)
