"""Claiming due messages: fair between shops, fenced, under a lease of the database's clock.

States are literals in the queries, so that the partial indexes are used under a generic plan too.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, literal_column, select, update
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.store.models import Message, Shop, Transition
from worker.store.session import database_now
from worker.store.types import new_id

SUSPECT_CLAIMS = 2
"""From so many claims without an orderly end on, a message is claimed alone: if it kills, it kills only itself."""

_SCHEDULED = Message.state == literal_column("'scheduled'")
_ORDINARY = Message.claims < literal_column(str(SUSPECT_CLAIMS))
_SUSPECT = Message.claims >= literal_column(str(SUSPECT_CLAIMS))


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One claim: business time, how long the lease lasts, and how many messages at most."""

    now: datetime
    lease: timedelta
    limit: int


def count_due(session: Session, now: datetime, at_most: int) -> int:
    """How many messages are due at business time `now`, counting no further than `at_most`."""
    due = select(Message.id).where(_SCHEDULED, Message.send_at <= now).limit(at_most).subquery()
    return session.scalar(select(func.count()).select_from(due)) or 0


def next_due(session: Session, after: datetime, until: datetime) -> datetime | None:
    """When the first message that falls due later than `after` does; None: not by `until`."""
    later = (_SCHEDULED, Message.send_at > after, Message.send_at <= until)
    return session.scalar(select(Message.send_at).where(*later).order_by(Message.send_at).limit(1))


def claim_due(session: Session, turn: Turn) -> list[Message]:
    """Claims due messages, the same share for each shop that has any; what is left of the limit goes to the oldest."""
    shops = _shops_with_due(session, turn.now)
    if not shops:
        return []
    share = max(1, turn.limit // len(shops))
    chosen: list[UUID] = []
    for shop_id in shops[: turn.limit]:
        chosen += _pick(session, turn.now, share, _ORDINARY, Message.shop_id == shop_id)
    for shop_id in shops:
        if len(chosen) >= turn.limit:
            break
        others = (_ORDINARY, Message.shop_id == shop_id, Message.id.not_in(chosen))
        chosen += _pick(session, turn.now, turn.limit - len(chosen), *others)
    return _take(session, chosen[: turn.limit], turn)


def claim_suspect(session: Session, turn: Turn) -> list[Message]:
    """Claims one due message whose earlier claims ended without an outcome."""
    return _take(session, _pick(session, turn.now, 1, _SUSPECT), turn)


def _shops_with_due(session: Session, now: datetime) -> list[UUID]:
    """Shops with a due message, in random order: one index look-up a shop, however much each has waiting."""
    oldest = (
        select(Message.send_at)
        .where(_SCHEDULED, _ORDINARY, Message.shop_id == Shop.id, Message.send_at <= now)
        .order_by(Message.send_at)
        .limit(1)
        .scalar_subquery()
    )
    found = [shop_id for shop_id, first in session.execute(select(Shop.id, oldest)) if first is not None]
    random.shuffle(found)
    return found


def _pick(session: Session, now: datetime, limit: int, *which: ColumnElement[bool]) -> Sequence[UUID]:
    due = select(Message.id).where(_SCHEDULED, *which, Message.send_at <= now)
    ordered = due.order_by(Message.send_at, Message.id).limit(limit)
    return session.scalars(ordered.with_for_update(skip_locked=True)).all()


def _take(session: Session, chosen: Sequence[UUID], turn: Turn) -> list[Message]:
    if not chosen:
        return []
    real_at = database_now(session)
    taken = (
        update(Message)
        .where(Message.id.in_(chosen), _SCHEDULED)
        .values(
            state=State.CLAIMED.value,
            fence=Message.fence + 1,
            claims=Message.claims + 1,
            lease_until=real_at + turn.lease,
            reason="a dispatcher has it",
            updated_at=turn.now,
        )
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    messages = list(session.scalars(taken))
    _note(session, messages, turn.now, real_at)
    return sorted(messages, key=lambda message: (message.send_at, message.id))


def _note(session: Session, messages: Sequence[Message], now: datetime, real_at: datetime) -> None:
    if not messages:
        return
    line = {"before": State.SCHEDULED, "after": State.CLAIMED, "reason": "due", "at": now, "real_at": real_at}
    rows = [line | {"id": new_id(), "message_id": message.id} for message in messages]
    session.execute(insert(Transition), rows)
