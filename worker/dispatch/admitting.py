"""Mails of a chunk that their provider's key lets through, and what their answers tell of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.delivery.port import Outcome
from worker.dispatch.breaker import back_at, hear, is_news, is_open, places, take
from worker.dispatch.flight import Flight, Ready
from worker.errors import StorageUnavailableError
from worker.store.models import ProviderKey
from worker.store.provider_keys import find_keys, keep_keys, lock_keys

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A mail that finds no place now."""

    ready: Ready
    until: datetime
    reason: str


@dataclass(kw_only=True)
class Admission:
    """Who may go of a chunk. `keys`: what is known of theirs; locked where places are counted."""

    admitted: list[Ready] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    keys: Mapping[str, ProviderKey] = field(default_factory=dict)

    def take(self, moved: Sequence[Ready], now: datetime, real_at: datetime) -> None:
        """Notes who really goes."""
        for name, mails in Counter(ready.account for ready in moved).items():
            if name in self.keys:
                take(self.keys[name], mails, now, real_at)


def admit(session: Session, ready: Sequence[Ready], now: datetime, real_at: datetime) -> Admission:
    """Gives out the places of each key, in the order of the mails."""
    names = {each.account for each in ready if each.account}
    found = find_keys(session, names)
    counted = [name for name, key in found.items() if places(key, now, real_at) is not None]
    made = Admission(keys=found | lock_keys(session, counted))
    left = {name: places(key, now, real_at) for name, key in made.keys.items()}
    for each in ready:
        room = left.get(each.account)
        if room is None:
            made.admitted.append(each)
        elif room > 0:
            left[each.account] = room - 1
            made.admitted.append(each)
        else:
            made.waiting.append(_waiting(each, made.keys[each.account], now))
    return made


def learn(installation: Installation, answers: Sequence[tuple[Flight, Outcome]]) -> None:
    """Tells all workers what these answers say of their keys, where it is news. Losing it costs a few calls more."""
    now = installation.clock.now()
    told: dict[str, list[Outcome]] = defaultdict(list)
    for flight, outcome in answers:
        told[flight.account].append(outcome)
    news = {flight.account for flight, outcome in answers if flight.account and is_news(flight.standing, outcome, now)}
    if not news:
        return
    try:
        with installation.database.write() as session:
            keys = keep_keys(session, news, now=now)
            changed = {name: hear(keys[name], told[name], now) for name in sorted(news)}
    except StorageUnavailableError as error:
        log.warning("dispatch.provider.unheard", error=str(error))
        return
    for name, has_opened in changed.items():
        _tell(keys[name], has_opened, now)


def _waiting(ready: Ready, key: ProviderKey, now: datetime) -> Waiting:
    until = min(back_at(key, now), ready.message.expires_at)
    if is_open(key):
        reason = f"{key.provider} fails: it waits until a first mail gets through again"
    else:
        reason = f"{key.provider} takes no more with this key for a while: its limit is used up"
    return Waiting(ready=ready, until=until, reason=reason)


def _tell(key: ProviderKey, has_opened: bool | None, now: datetime) -> None:
    until = key.shut_until or key.renews_at
    rest_s = None if until is None else round((until - now).total_seconds())
    if has_opened:
        log.error("dispatch.provider.paused", alarm=True, key=key.id, error=key.error, rest_s=rest_s)
    elif has_opened is False:
        log.info("dispatch.provider.resumed", key=key.id)
    elif is_open(key):
        log.warning("dispatch.provider.failing", key=key.id, error=key.error, rest_s=rest_s, trips=key.trips)
    elif key.remaining == 0:
        log.warning("dispatch.provider.limited", key=key.id, rest_s=rest_s, allowed=key.allowed)
