"""When a provider's key lets mails through: a breaker, and the provider's own limit. Pure; rows are handed in locked.

The breaker is closed; `FAILURES` in a row open it, and then nothing is called: messages wait, unclaimed and unharmed.
After a while a single mail tries; its answer closes the breaker, or opens it for twice as long.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import random

from schedules.timing import doubled
from worker.delivery.port import Health, Limit, Outcome, Verdict
from worker.dispatch.policies import ATTEMPT_LEASE
from worker.store.models import ProviderKey

FAILURES = 5
"""In a row, of all workers together. One key that is refused counts as all of them."""
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=5)
SCARCE = 1_000
"""From so few mails on every worker takes its share of the limit from the row; above, nobody would run into it."""
SAME_WINDOW = timedelta(seconds=2)
"""Two ends of a limit's window this close are one: providers tell it in whole seconds."""
STEP_ASIDE = timedelta(seconds=5)
"""How long messages wait that were claimed while another mail tries, or while a limit has a few places left."""


def is_open(key: ProviderKey) -> bool:
    """Whether the breaker has opened and no mail has got through since."""
    return key.shut_until is not None


def places(key: ProviderKey, now: datetime, real_at: datetime) -> int | None:
    """How many mails may go now; None: any number."""
    if key.shut_until is not None:
        is_tried = key.probe_until is not None and real_at < key.probe_until
        return 0 if now < key.shut_until or is_tried else 1
    return key.remaining if key.is_limited(now) and (key.remaining or 0) < SCARCE else None


def take(key: ProviderKey, mails: int, now: datetime, real_at: datetime) -> None:
    """Notes that so many mails go now, where places are counted: elsewhere the row is not locked."""
    if mails == 0 or places(key, now, real_at) is None:
        return
    if key.shut_until is not None:
        key.probe_until = real_at + ATTEMPT_LEASE
    else:
        key.remaining = max(0, (key.remaining or 0) - mails)


def back_at(key: ProviderKey, now: datetime) -> datetime:
    """When messages that found no place should look again."""
    if key.shut_until is not None:
        return max(key.shut_until, now + STEP_ASIDE)
    return key.renews_at if key.renews_at is not None and key.renews_at > now else now + STEP_ASIDE


def is_news(key: ProviderKey | None, outcome: Outcome, now: datetime) -> bool:
    """Whether an answer tells anything that the row does not say already. `key` None: nothing was ever heard of it."""
    if outcome.health in (Health.DOWN, Health.REFUSES):
        return True
    if key is not None and (key.failures or key.shut_until is not None):
        return outcome.health is Health.UP or key.shut_until is not None
    limit = outcome.limit
    return limit is not None and (limit.remaining < SCARCE or key is None or not key.is_limited(now))


def hear(
    key: ProviderKey, outcomes: Sequence[Outcome], now: datetime, roll: Callable[[], float] = random
) -> bool | None:
    """Takes in answers, in their order. True: the breaker has opened by them; False: closed; None: it is as it was."""
    was_open = is_open(key)
    for outcome in outcomes:
        if outcome.health in (Health.DOWN, Health.REFUSES):
            _fail(key, outcome, now, roll)
        elif outcome.health is Health.UP or outcome.verdict is Verdict.ACCEPTED:
            _close(key)
        else:
            key.probe_until = None  # it told nothing: the next may try at once
        if outcome.limit is not None:
            _note_limit(key, outcome.limit, now)
    key.updated_at = now
    return None if is_open(key) == was_open else is_open(key)


def _fail(key: ProviderKey, outcome: Outcome, now: datetime, roll: Callable[[], float]) -> None:
    key.failures += 1
    key.error = outcome.error
    is_over = key.failures >= FAILURES or outcome.health is Health.REFUSES
    if key.shut_until is None and is_over:
        key.trips = 1
    elif key.shut_until is not None and now >= key.shut_until:
        key.trips += 1
    else:
        return
    rest = doubled(FIRST_REST, key.trips - 1, LONGEST_REST)
    key.shut_until, key.probe_until = now + rest * (1 + roll() / 10), None


def _close(key: ProviderKey) -> None:
    key.failures = key.trips = 0
    key.shut_until = key.probe_until = None
    key.error = ""


def _note_limit(key: ProviderKey, limit: Limit, now: datetime) -> None:
    """Answers that belong to one window come in any order: the smallest number counts."""
    renews_at, known = now + limit.renews_in, key.remaining
    is_same = known is not None and key.renews_at is not None and abs(renews_at - key.renews_at) <= SAME_WINDOW
    key.remaining = min(limit.remaining, known or 0) if is_same else limit.remaining
    key.renews_at = renews_at
    key.allowed = limit.allowed if limit.allowed is not None else key.allowed
