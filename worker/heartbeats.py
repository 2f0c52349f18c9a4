"""Signs of life of workers and beats, in the database's time."""

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, update

from worker.errors import StorageUnavailableError
from worker.store.models import Heartbeat
from worker.store.session import Database, database_now, insert_into

log = structlog.get_logger()

FORGOTTEN_AFTER = timedelta(days=1)
PULSE_S = 5.0
ALIVE = timedelta(seconds=60)
"""Beat and workers write every few seconds; this long without a sign they count as gone.

A beat writes while it ticks, a worker when it has worked: on what a beat wakes it for, through the broker.
"""


def process_name(kind: str) -> str:
    """A name for this process, unique over all machines: `worker:host:pid`."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


def record_life(database: Database, kinds: Mapping[str, str]) -> None:
    """Writes that these processes (name -> kind) are alive now, unless they ended; forgets those silent for a day."""
    with database.write() as session:
        now = database_now(session)
        for name, kind in sorted(kinds.items()):
            row = insert_into(session, Heartbeat).values(name=name, kind=kind, at=now)
            still = Heartbeat.ended_at.is_(None)
            session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": now}, where=still))
        session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGOTTEN_AFTER))


@contextmanager
def lifetime(database: Database, *kinds: str) -> Iterator[None]:
    """Around what a process of these kinds does: a clean end is told at once, so that nobody counts it as alive."""
    names = [process_name(kind) for kind in kinds]
    _tell(database, names, has_ended=False)  # the one before it may have had the same name, as in a container
    try:
        yield
    finally:
        _tell(database, names, has_ended=True)


def _tell(database: Database, names: Sequence[str], *, has_ended: bool) -> None:
    try:
        with database.write() as session:
            at = database_now(session) if has_ended else None
            session.execute(update(Heartbeat).where(Heartbeat.name.in_(names)).values(ended_at=at))
    except StorageUnavailableError as error:
        log.warning("process.end.untold" if has_ended else "process.start.untold", error=str(error))


class Pulse:
    """Says that this process lives, no oftener than every few seconds."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = kind
        self._last = -PULSE_S

    def beat(self) -> None:
        """Raises StorageUnavailableError: the database does not answer."""
        if time.monotonic() - self._last < PULSE_S:
            return
        self._last = time.monotonic()
        record_life(self._database, {process_name(self._kind): self._kind})


def last_sign_of(database: Database, kind: str) -> datetime | None:
    """When any process of this kind was last alive."""
    with database.read() as session:
        return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.kind == kind))
