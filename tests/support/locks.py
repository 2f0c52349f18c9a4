"""Locks of PostgreSQL, for tests of what happens at one moment."""

from threading import Thread

from sqlalchemy.orm import Session

WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"


def until_it_waits(other: Thread, session: Session) -> None:
    """Returns once another connection waits for a lock, or the thread that uses it has ended."""
    while other.is_alive() and not session.connection().exec_driver_sql(WAITING).all():
        pass
