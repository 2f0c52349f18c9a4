"""What a shop's orders are planned by, its content and settings: it does not change under a unit that plans."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from worker.store.session import is_postgres

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_BESIDE_OTHERS = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:key, 0))")


def settle(session: Session, shop_id: UUID) -> None:
    """Lets nobody change it for a shop until this unit ends: what is read of it from now on stays the newest.

    Before any row is locked: who waits here waits for units that may want it.
    """
    _lock(session, shop_id, is_shared=True)


def wait_for_planning(session: Session, shop_id: UUID) -> None:
    """Before it is changed: waits for units that plan by the older, so that what they let wait is seen, and for others
    who change it."""
    _lock(session, shop_id, is_shared=False)


def _lock(session: Session, shop_id: UUID, *, is_shared: bool) -> None:
    """On SQLite a writing unit is alone anyway."""
    if is_postgres(session):
        session.execute(_BESIDE_OTHERS if is_shared else _ALONE, {"key": f"planning:{shop_id}"})
