"""Which shops' streams may give messages now: those whose provider's key lets mails through.

What may not go is not claimed, so an outage of hours costs no writes, however many mails wait for its end.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.dispatch.breaker import back_at, places
from worker.errors import SettingsError
from worker.sealing import Sealer
from worker.store.claims import Lane, Sift, all_of
from worker.store.models import Message, Shop
from worker.store.provider_keys import list_keys

KEPT_NAMES = 4096


def sift_of(installation: Installation, session: Session, now: datetime, real_at: datetime) -> Sift:
    """How to choose among lanes. A key that is on trial gives one message of all its lanes together."""
    if not installation.provider.account(None):
        return all_of
    found = {key.id: places(key, now, real_at) for key in list_keys(session)}
    narrow = {name: most for name, most in found.items() if most is not None}
    return _sifted(installation, session, narrow) if narrow else all_of


def count_open(installation: Installation, session: Session, now: datetime, real_at: datetime) -> int:
    """How many messages are due and find their key open."""
    sift = sift_of(installation, session, now, real_at)
    due = (Message.state == "scheduled", Message.send_at <= now)
    groups = select(Message.shop_id, Message.stream, func.count().label("due")).where(*due)
    found = {(row.shop_id, row.stream): row.due for row in session.execute(groups.group_by("shop_id", "stream"))}
    return sum(min(most, found[lane]) for lane, most in sift(list(found)).items())


def next_trial(installation: Installation, session: Session, now: datetime, real_at: datetime) -> datetime | None:
    """When the next key that is shut, or whose limit is used up, lets something through; None: none is."""
    if not installation.provider.account(None):
        return None
    shut = (key for key in list_keys(session) if places(key, now, real_at) == 0)
    return min((back_at(key, now) for key in shut), default=None)


def keys_in_use(installation: Installation, session: Session) -> frozenset[str]:
    """Names of the keys that mails go out with by these settings, shops' own included; others were replaced."""
    names = {installation.provider.account(None), *_accounts(installation, session).values()}
    return frozenset(names - {""})


def _sifted(installation: Installation, session: Session, narrow: Mapping[str, int]) -> Sift:
    accounts = _accounts(installation, session)
    shared = installation.provider.account(None)

    def sift(lanes: Sequence[Lane]) -> dict[Lane, int]:
        left, given = dict(narrow), {}
        for lane, most in all_of(lanes).items():
            name = accounts.get(lane, shared)
            allowed = left.get(name, most)
            if allowed > 0:
                given[lane] = allowed
                if name in left and allowed == 1:
                    left[name] = 0
        return given

    return sift


def _accounts(installation: Installation, session: Session) -> dict[Lane, str]:
    """Lanes with a key of their own, and its name."""
    rows = session.execute(select(Shop.id, Shop.stream_keys))
    naming = installation.provider.account
    return {
        (shop_id, stream): _account(naming, installation.sealer, kept["sealed"])
        for shop_id, keys in rows
        for stream, kept in (keys or {}).items()
    }


@lru_cache(maxsize=KEPT_NAMES)
def _account(naming: Callable[[str], str], sealer: Sealer, sealed: str) -> str:
    """Its name; empty when it cannot be opened, which assembly tells of each of its messages."""
    try:
        return naming(sealer.open(sealed))
    except SettingsError:
        return ""
