"""Rows that tell a shop something: claimed one at a time per source. Claims run on database time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from worker.store.models import DiscountCode, Source, WriteBack
from worker.store.session import database_now

LEASE = timedelta(minutes=10)
"""Longer than writing to twenty orders of a slow shop takes."""

ToDo = TypeVar("ToDo", WriteBack, DiscountCode)


def claim_to_do(
    session: Session, table: type[ToDo], is_open: ColumnElement[bool], source_ids: Collection[UUID], now: datetime
) -> ToDo | None:
    """A due to-do of these sources, none of whose others is being worked on.

    The longest untried first: one that a shop never takes then stands in nobody's way.
    """
    real_at = database_now(session)
    free = _locked(session, source_ids)
    other = aliased(table)
    is_busy = select(other.id).where(other.source_id == table.source_id, other.claimed_until > real_at).exists()
    # Asked of the row itself too: PostgreSQL looks at a row again once its lock is there, but not at others.
    is_free = or_(table.claimed_until.is_(None), table.claimed_until <= real_at)
    due = (is_open, table.due_at <= now, table.source_id.in_(free), is_free, ~is_busy)
    first = (table.tried_at.asc().nulls_first(), table.wanted_at, table.id)
    query = select(table).where(*due).order_by(*first).limit(1).with_for_update(skip_locked=True)
    row = session.scalars(query).one_or_none()
    if row is not None:
        row.claims += 1
        row.claimed_until = real_at + LEASE
        row.first_tried_at, row.tried_at = row.first_tried_at or now, now
        session.flush()
    return row


def _locked(session: Session, source_ids: Collection[UUID]) -> Sequence[UUID]:
    """Those of the sources that nobody claims now, locked: two who claim at once see nothing of each other.

    Webhooks that come in meanwhile refer to these rows, and wait for nothing.
    """
    wanted = select(Source.id).where(Source.id.in_(source_ids)).order_by(Source.id)
    return session.scalars(wanted.with_for_update(skip_locked=True, key_share=True)).all()
