"""When to try again: exponential with full jitter, so that messages that failed together do not return together."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from schedules.timing import doubled

BASE = timedelta(seconds=20)
CEILING = timedelta(minutes=30)
SHORTEST = timedelta(seconds=1)


def next_try(
    *,
    now: datetime,
    tries: int,
    expires_at: datetime,
    retry_after: timedelta | None = None,
    roll: Callable[[], float] = random.random,
) -> datetime:
    """The business time of the next try after `tries` of them; never past `expires_at`, where the gate ends it.

    `retry_after` is the provider's wish and the least; a tenth of it at most is added as jitter.
    """
    if retry_after is not None:
        wait = retry_after * (1 + roll() / 10)
    else:
        wait = doubled(BASE, max(tries - 1, 0), CEILING) * roll()
    return min(now + max(wait, SHORTEST), expires_at)
