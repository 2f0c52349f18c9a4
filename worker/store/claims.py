"""Claiming due messages: fair between shops, receipts before marketing, fenced, under a lease of the database's clock.

States are literals in the queries, so that the partial indexes are used under a generic plan too.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from schedules.lifecycle import State
from worker.store.bulk import insert_rows
from worker.store.many import are_among, given_among, once, rows_of
from worker.store.models import Message, Shop, Transition
from worker.store.session import database_now

SUSPECT_CLAIMS = 2
"""From so many claims without an orderly end on, a message is claimed alone: if it kills, it kills only itself."""
STREAMS = ("transactional", "marketing")

Lane = tuple[UUID, str]
"""A shop's stream: what waits in one never delays another, neither another shop nor the shop's own receipts."""
Sift = Callable[[Sequence[Lane]], Mapping[Lane, int]]
"""Of lanes with something due those that may give now, and how many at most each."""

_SCHEDULED = Message.state == literal_column("'scheduled'")
_ORDINARY = Message.claims < literal_column(str(SUSPECT_CLAIMS))
_SUSPECT = Message.claims >= literal_column(str(SUSPECT_CLAIMS))
_IS_DUE = Message.send_at <= bindparam("now", type_=Message.send_at.type)
_NO_BOUND = 1_000_000


def all_of(lanes: Sequence[Lane]) -> Mapping[Lane, int]:
    """Every lane gives what it has."""
    return dict.fromkeys(lanes, _NO_BOUND)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One claim: business time, how long the lease lasts, how many messages at most, and of which lanes."""

    now: datetime
    lease: timedelta
    limit: int
    sift: Sift = field(default=all_of)


def count_due(session: Session, now: datetime, at_most: int, sift: Sift = all_of) -> int:
    """How many messages are due at business time `now`, counting no further than `at_most`."""
    if sift is all_of:
        return _counted(session, at_most, Message.send_at <= now)
    counted = _counted(session, 1, _SUSPECT, Message.send_at <= now)
    for lane, most in sift(_lanes_with_due(session, now)).items():
        if counted < at_most:
            counted += _counted(session, min(most, at_most - counted), _ORDINARY, Message.send_at <= now, *_in(lane))
    return counted


def next_due(session: Session, after: datetime, until: datetime) -> datetime | None:
    """When the first message that falls due later than `after` does; None: not by `until`."""
    later = (_SCHEDULED, Message.send_at > after, Message.send_at <= until)
    return session.scalar(select(Message.send_at).where(*later).order_by(Message.send_at).limit(1))


def claim_due(session: Session, turn: Turn) -> list[Message]:
    """Claims due messages, the same share for each lane that has any; what is left of the limit goes to the oldest."""
    most = turn.sift(_lanes_with_due(session, turn.now))
    if not most:
        return []
    share = max(1, turn.limit // len(most))
    chosen: dict[Lane, list[UUID]] = {}
    for lane in list(most)[: turn.limit]:
        chosen[lane] = _pick(session, turn.now, lane, min(share, most[lane]))
    left = turn.limit - sum(map(len, chosen.values()))
    for lane, mine in chosen.items():
        more = min(left, most[lane] - len(mine)) if len(mine) == share else 0
        if more > 0:
            both = _pick(session, turn.now, lane, len(mine) + more)
            left -= len(both) - len(mine)
            chosen[lane] = both
    return _take(session, [each for mine in chosen.values() for each in mine][: turn.limit], turn)


def claim_suspect(session: Session, turn: Turn) -> list[Message]:
    """Claims one due message whose earlier claims ended without an outcome."""
    lanes = [(row.shop_id, row.stream) for row in rows_of(session, _suspects(session), {"now": turn.now})]
    most = turn.sift(lanes) if lanes else {}
    if not most:
        return []
    mine = tuple_(Message.shop_id, Message.stream).in_(list(most))
    due = select(Message.id).where(_SCHEDULED, _SUSPECT, mine, Message.send_at <= turn.now)
    one = due.order_by(Message.send_at, Message.id).limit(1).with_for_update(skip_locked=True)
    return _take(session, session.scalars(one).all(), turn)


def forgive_claims(session: Session, messages: Sequence[Message]) -> None:
    """Their claims ended through no fault of theirs: what counts is never more than lets them wait for seconds."""
    mine = are_among(session, Message.id, Message.fence, [(message.id, message.fence) for message in messages])
    counted = (Message.state == literal_column("'claimed'"), Message.claims > SUSPECT_CLAIMS)
    session.execute(update(Message).where(mine, *counted).values(claims=SUSPECT_CLAIMS))


def _lanes_with_due(session: Session, now: datetime) -> list[Lane]:
    """Lanes with a due message, in random order, receipts first: an index look-up each, however much is waiting."""
    rows = rows_of(session, _oldest_due(session), {"now": now})
    found = [(row.id, stream) for row in rows for stream in STREAMS if getattr(row, stream) is not None]
    random.shuffle(found)
    return sorted(found, key=lambda lane: STREAMS.index(lane[1]))


@once
def _oldest_due(_session: Session) -> Select[*tuple[Any, ...]]:
    """Each shop with the time of the first due message of each stream."""
    return select(Shop.id, *(_oldest_of(stream).label(stream) for stream in STREAMS))


def _oldest_of(stream: str) -> ScalarSelect[Any]:
    mine = (Message.shop_id == Shop.id, Message.stream == literal_column(f"'{stream}'"), _IS_DUE)
    first = select(Message.send_at).where(_SCHEDULED, _ORDINARY, *mine).order_by(Message.send_at).limit(1)
    return first.scalar_subquery()


def _in(lane: Lane) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Message.shop_id == lane[0], Message.stream == lane[1]


def _counted(session: Session, at_most: int, *which: ColumnElement[bool]) -> int:
    due = select(Message.id).where(_SCHEDULED, *which).limit(at_most).subquery()
    return session.scalar(select(func.count()).select_from(due)) or 0


def _pick(session: Session, now: datetime, lane: Lane, limit: int) -> list[UUID]:
    """The first due messages of a lane, locked; those that another unit has locked are passed over."""
    told = {"now": now, "shop": lane[0], "stream": lane[1], "most": limit}
    return list(rows_of(session, _first_due(session), told).scalars())


@once
def _first_due(_session: Session) -> Select[*tuple[Any, ...]]:
    mine = (Message.shop_id == bindparam("shop"), Message.stream == bindparam("stream"))
    due = select(Message.id).where(_SCHEDULED, _ORDINARY, *mine, _IS_DUE).order_by(Message.send_at, Message.id)
    return due.limit(bindparam("most", type_=Integer())).with_for_update(skip_locked=True)


@once
def _suspects(_session: Session) -> Select[*tuple[Any, ...]]:
    """Lanes with a due message whose earlier claims were lost; there are never many."""
    return select(Message.shop_id, Message.stream).where(_SCHEDULED, _SUSPECT, _IS_DUE).distinct()


def _take(session: Session, chosen: Sequence[UUID], turn: Turn) -> list[Message]:
    if not chosen:
        return []
    real_at = database_now(session)
    told = {"ids": list(chosen), "until": real_at + turn.lease, "at": turn.now}
    messages = list(session.scalars(_taking(session), told))
    _note(session, messages, turn.now, real_at)
    return sorted(messages, key=lambda message: (message.send_at, message.id))


@once
def _taking(session: Session) -> ReturningUpdate[Message]:
    """By their ids alone, for they are locked as they were found: asked for their state too, PostgreSQL may look for
    them in the index of all that waits, from end to end."""
    moment = Message.send_at.type
    moved = update(Message).where(given_among(session, Message.id, "ids"))
    taken = moved.values(
        state=State.CLAIMED.value,
        fence=Message.fence + 1,
        claims=Message.claims + 1,
        lease_until=bindparam("until", type_=moment),
        reason="a dispatcher has it",
        updated_at=bindparam("at", type_=moment),
    )
    return taken.returning(Message).execution_options(synchronize_session=False)


def _note(session: Session, messages: Sequence[Message], now: datetime, real_at: datetime) -> None:
    line = {"before": "scheduled", "after": "claimed", "reason": "due", "at": now, "real_at": real_at}
    insert_rows(session, Transition, [{"message_id": message.id} for message in messages], line)
