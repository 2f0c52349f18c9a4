"""Moves simulated business time, stopping wherever something is due until the work is done.

Processes of the installation do the work; this only moves the clock and watches the database.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from worker.bootstrap import Installation
from worker.dispatch.doors import count_open, next_trial
from worker.errors import SettingsError, UserError
from worker.heartbeats import last_sign_of
from worker.store.codes import count_due_codes
from worker.store.events import count_stored
from worker.store.models import Message

PATIENCE_S = 90.0
"""How long work may stand still; longer than the lease of a dispatcher that was killed."""
SILENCE = timedelta(seconds=20)
LOOK_EVERY_S = 0.1
CLOSE = timedelta(milliseconds=50)
"""A moment this near comes by itself before the clock could be set to it."""

_SCHEDULED = Message.state == literal_column("'scheduled'")
_HELD = Message.state == literal_column("'held'")
_UNKNOWN = Message.state == literal_column("'unknown'")
_UNDER_WAY = Message.state.in_(("claimed", "attempting"))


def next_due(installation: Installation) -> datetime | None:
    """Business time of the next thing that will happen by itself: a message to send, a held one to expire, or one to
    decide about of which nobody can tell whether it went out."""
    now, real_at = installation.clock.now(), installation.clock.real_now()
    with installation.database.read() as session:
        trying = next_trial(installation, session, now, real_at)
        sending = session.scalar(select(func.min(Message.send_at)).where(_SCHEDULED, Message.send_at > now))
        expiring = session.scalar(select(func.min(Message.expires_at)).where(_HELD, Message.expires_at > now))
        deciding = session.scalar(select(func.min(Message.resolve_at)).where(_UNKNOWN, Message.resolve_at > now))
    return min((moment for moment in (sending, expiring, deciding, trying) if moment is not None), default=None)


def advance(
    installation: Installation,
    *,
    by: timedelta | None = None,
    to: datetime | None = None,
    jump: bool = False,
    on_stop: Callable[[datetime], None] = lambda _moment: None,
    patience_s: float = PATIENCE_S,
) -> list[datetime]:
    """Moves business time forward; the due times it stopped at on the way.

    `jump` goes there at once, as if nothing had run meanwhile; the work is waited for at the end all the same.

    Raises:
        SettingsError: the clock is real, or the aim lies in the past.
        UserError: the work stands still; the sentence says what to start.
    """
    installation.clock.refuse_real()
    now = installation.clock.now()
    aim = to if to is not None else now + (by or timedelta(0))
    if aim < now:
        raise SettingsError("Time only moves forward.")
    stops: list[datetime] = []
    if not jump:
        finish_work(installation, patience_s=patience_s)
        while (due := next_due(installation)) is not None and due <= aim:
            _work_at(installation, due, patience_s)
            stops.append(due)
            on_stop(due)
    _work_at(installation, aim, patience_s)
    return stops


def advance_to_next(installation: Installation) -> datetime | None:
    """Moves business time to the next due time and waits for the work; None when nothing is due any more.

    Raises:
        SettingsError: the clock is real.
        UserError: the work stands still; the sentence says what to start.
    """
    installation.clock.refuse_real()
    finish_work(installation)
    due = next_due(installation)
    if due is not None:
        _work_at(installation, due, PATIENCE_S)
    return due


def finish_work(installation: Installation, *, patience_s: float = PATIENCE_S) -> None:
    """Waits until no event waits to be planned, nothing due is unsent, and no code is due that a shop can be told of.

    Raises:
        UserError: nothing moved for `patience_s` seconds.
    """
    before, since = -1, time.monotonic()
    while (left := outstanding(installation)) > 0:
        if left != before:
            before, since = left, time.monotonic()
        if time.monotonic() - since > patience_s:
            raise UserError(_standstill(installation, left))
        time.sleep(LOOK_EVERY_S)


def outstanding(installation: Installation) -> int:
    """How many events and messages want work at this moment of business time."""
    now, real_at = installation.clock.now(), installation.clock.real_now()
    with installation.database.snapshot() as session:  # what moves between two counts would be in neither
        due = count_open(installation, session, now, real_at) + _count(session, _HELD, Message.expires_at <= now)
        due += _count(session, _UNKNOWN, Message.resolve_at <= now)
        return count_stored(session) + due + _count(session, _UNDER_WAY) + count_due_codes(session, now)


def _work_at(installation: Installation, moment: datetime, patience_s: float) -> None:
    # Business time flows while the work is waited for; having flowed past the aim is as good.
    ahead = moment - installation.clock.now()
    if ahead > CLOSE:
        installation.clock.move_to(moment)
    elif ahead > timedelta(0):
        time.sleep(ahead.total_seconds())
    finish_work(installation, patience_s=patience_s)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0


def _standstill(installation: Installation, left: int) -> str:
    things = f"{left} due {'thing' if left == 1 else 'things'}"
    for kind in ("worker", "beat"):
        seen = last_sign_of(installation.database, kind)
        if seen is None or seen < installation.clock.real_now() - SILENCE:
            how = "`postpurchase up`" if installation.settings.is_embedded else f"`postpurchase {kind}`"
            return f"{things} stand still, because no {kind} is running. Start {how} and try again."
    return f"{things} stand still although worker and beat are running. Look at `postpurchase status` and the log."
