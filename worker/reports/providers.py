"""How the keys stand that mails go out with: whether mails pass, and what the provider's limit leaves."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from worker.store.models import ProviderKey
from worker.store.provider_keys import list_keys


class KeyLine(BaseModel):
    """`state`: open (mails pass), limited (its limit is used up), paused (after failures) or trying (with one mail).

    `until`: when that may change; business time, as `renews_at`. `remaining` of `allowed` mails until then; None: the
    provider does not say.
    """

    key: str
    provider: str
    state: str
    until: datetime | None
    failures: int
    error: str
    remaining: int | None
    allowed: int | None
    renews_at: datetime | None

    @property
    def is_closed(self) -> bool:
        """Whether mails with this key wait."""
        return self.state != "open"


def read_keys(session: Session, *, now: datetime) -> list[KeyLine]:
    """Every key of which anything was heard. `now` is business time."""
    return [_line(key, now) for key in list_keys(session)]


def _line(key: ProviderKey, now: datetime) -> KeyLine:
    is_limited = key.is_limited(now)
    state, until = "open", None
    if key.shut_until is not None:
        state, until = ("paused", key.shut_until) if now < key.shut_until else ("trying", None)
    elif is_limited and key.remaining == 0:
        state, until = "limited", key.renews_at
    return KeyLine(
        key=key.id,
        provider=key.provider,
        state=state,
        until=until,
        failures=key.failures,
        error=key.error,
        remaining=key.remaining if is_limited else None,
        allowed=key.allowed,
        renews_at=key.renews_at if is_limited else None,
    )
