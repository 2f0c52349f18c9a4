"""Pauses of a shop or of one step: the row's presence is the pause. What it held goes on once it is gone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from worker.store.models import Pause
from worker.store.session import insert_into
from worker.store.types import new_id

RESTORED = "restored from the backup"
"""How the reason of a pause begins that a restored installation starts with."""


def pause(session: Session, shop_id: UUID, step: str, *, reason: str, now: datetime) -> bool:
    """Pauses a step, or the shop when `step` is empty; False when that is paused already."""
    row = insert_into(session, Pause).values(id=new_id(), shop_id=shop_id, step=step, reason=reason, created_at=now)
    return session.scalar(row.on_conflict_do_nothing().returning(Pause.id)) is not None


def resume(session: Session, shop_id: UUID, step: str) -> bool:
    """Ends a pause; False when there was none. A pause of the whole shop and one of a step are two."""
    ended = session.execute(delete(Pause).where(Pause.shop_id == shop_id, Pause.step == step))
    return isinstance(ended, CursorResult) and ended.rowcount > 0


def paused_steps(session: Session, shop_id: UUID) -> list[str]:
    """What of a shop is paused: its steps by name, the whole shop as the empty one."""
    return sorted(session.scalars(select(Pause.step).where(Pause.shop_id == shop_id)))
