"""When something that is used up runs low: by the customer's own rhythm, else as the merchant says, else as others buy.

Pure; all times are aware UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """What may be offered about an order once its things were used. `runs_low_at`: the first of them that is used up
    (None: none is, or nobody knows when); `has_upgrade`: something of it has a better one."""

    runs_low_at: datetime | None = None
    has_upgrade: bool = False


DUE_SHARE = 0.8
"""A refill is due before the last piece is gone: at this share of the days that one lasts."""
FURTHEST_DAYS = 3650
"""What lasts longer is due then: no mail waits so long, and the calendar ends."""
SHORTEST = timedelta(days=3)
"""Two orders this close together are one purchase, not a rhythm."""


def due_at(
    bought: Sequence[datetime], *, quantity: int = 1, refill_days: int | None = None, others_days: float | None = None
) -> datetime | None:
    """When what was bought at these times runs low; None: nobody can say.

    `quantity`: pieces bought last; `refill_days`: how long one lasts, by the merchant; `others_days`: after how many
    days other customers buy it again.
    """
    times = sorted(bought)
    if not times:
        return None
    gaps = [later - earlier for earlier, later in pairwise(times) if later - earlier >= SHORTEST]
    if gaps:
        return times[-1] + timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    if refill_days:
        return times[-1] + timedelta(days=min(refill_days * DUE_SHARE * max(quantity, 1), FURTHEST_DAYS))
    return times[-1] + timedelta(days=others_days) if others_days else None
