"""What lost tasks and dead processes left behind: rows whose lease, grace or window has ended.

Each query is answered from a partial index, so its cost depends on what has ended, not on what is scheduled. The
windows are open-ended: a sweep that was down for a week finds the same rows.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, bindparam, literal_column, or_, select
from sqlalchemy.orm import Session

from worker.store.many import once, rows_of
from worker.store.models import Attempt, Message, Pause, Shop
from worker.store.session import database_clock

_NOW = bindparam("now", type_=Message.send_at.type)
_BY_PAUSE = Message.held_by == literal_column("'pause'")


def has_work(session: Session, by: datetime) -> bool:
    """Whether a message is due by this moment of business time, or claimed under a lease that has ended."""
    return bool(rows_of(session, _work(session), {"now": by}).scalar())


def has_left_over(session: Session, now: datetime) -> bool:
    """Whether there is any of what the queries below find, without waiting for those who mend it. A pause may go on."""
    return bool(rows_of(session, _left_over(session), {"now": now}).scalar())


def ended_claims(session: Session, real_now: datetime, limit: int) -> Sequence[Message]:
    """Claimed messages whose lease has ended by the database's clock."""
    return _found(session, limit, _is("claimed"), Message.lease_until <= real_now)


def has_ended_claims(session: Session, real_now: datetime) -> bool:
    """Whether there are any, without waiting for those who mend them."""
    ended = select(Message.id).where(_is("claimed"), Message.lease_until <= real_now)
    return session.scalar(ended.limit(1)) is not None


def ended_attempts(session: Session, real_now: datetime, limit: int) -> Sequence[Message]:
    """Messages in the middle of a call whose lease has ended by the database's clock."""
    return _found(session, limit, _is("attempting"), Message.lease_until <= real_now)


def undecided(session: Session, now: datetime, limit: int) -> Sequence[Message]:
    """Unknown messages whose grace has ended by business time."""
    return _found(session, limit, _is("unknown"), Message.resolve_at <= now)


def expired(session: Session, now: datetime, limit: int) -> Sequence[Message]:
    """Scheduled and held messages whose window has closed by business time."""
    scheduled = _found(session, limit, _is("scheduled"), Message.expires_at <= now)
    return [*scheduled, *_found(session, limit, _is("held"), Message.expires_at <= now)]


def unpaused(session: Session, limit: int) -> Sequence[Message]:
    """Messages held by a pause that has ended."""
    held = (_is("held"), _BY_PAUSE)
    of_shop = select(Message.id).where(*held, Message.shop_id == Shop.id).limit(1).scalar_subquery()
    found: list[Message] = []
    for shop_id, some in session.execute(select(Shop.id, of_shop)):
        paused = set(session.scalars(select(Pause.step).where(Pause.shop_id == shop_id))) if some else {""}
        if "" not in paused and len(found) < limit:
            free = (*held, Message.shop_id == shop_id, Message.step.not_in(paused))
            found += _found(session, limit - len(found), *free)
    return found


def last_attempt(session: Session, message_id: UUID) -> Attempt | None:
    """The newest attempt of a message."""
    mine = select(Attempt).where(Attempt.message_id == message_id)
    return session.scalars(mine.order_by(Attempt.number.desc()).limit(1)).one_or_none()


def close_attempt(session: Session, attempt: Attempt, outcome: str, *, real_at: datetime, error: str = "") -> None:
    """Writes down how an attempt ended whose answer never came."""
    attempt.outcome, attempt.error, attempt.finished_at = outcome, error, real_at
    session.add(attempt)


@once
def _work(session: Session) -> Select[bool]:
    return select(_any_claim_ended(session) | _any("scheduled", Message.send_at <= _NOW))


@once
def _left_over(session: Session) -> Select[bool]:
    kinds = (
        _any_claim_ended(session),
        _any("attempting", Message.lease_until <= database_clock(session)),
        _any("unknown", Message.resolve_at <= _NOW),
        _any("held", _BY_PAUSE),
        _any("held", Message.expires_at <= _NOW),
        _any("scheduled", Message.expires_at <= _NOW),
    )
    return select(or_(*kinds))


def _any_claim_ended(session: Session) -> Exists:
    return _any("claimed", Message.lease_until <= database_clock(session))


def _any(state: str, *which: ColumnElement[bool]) -> Exists:
    return select(Message.id).where(_is(state), *which).exists()


def _is(state: str) -> ColumnElement[bool]:
    return Message.state == literal_column(f"'{state}'")


def _found(session: Session, limit: int, *which: ColumnElement[bool]) -> Sequence[Message]:
    return session.scalars(select(Message).where(*which).limit(limit).with_for_update(skip_locked=True)).all()
