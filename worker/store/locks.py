"""Locks by name, which a unit holds until it ends; on SQLite a writing unit is alone anyway."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from worker.store.session import is_postgres

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_SHARE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")


def lock(session: Session, name: str) -> None:
    """Waits until nobody else holds it; then nobody else gets it."""
    _take(session, name, is_shared=False)


def share(session: Session, name: str) -> None:
    """Waits until nobody has locked it; others may share it too."""
    _take(session, name, is_shared=True)


def _take(session: Session, name: str, *, is_shared: bool) -> None:
    if is_postgres(session):
        session.execute(_SHARE if is_shared else _LOCK, {"name": name})
