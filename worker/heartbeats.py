"""Signs of life of workers and beats, in the database's time."""

import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.models import Heartbeat
from worker.store.session import Database, database_now

FORGOTTEN_AFTER = timedelta(days=1)
PULSE_S = 5.0


def process_name(kind: str) -> str:
    """A name for this process, unique over all machines: `worker:host:pid`."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


def record_life(database: Database, kinds: Mapping[str, str]) -> None:
    """Writes that these processes (name -> kind) are alive now; forgets those silent for a day."""
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    with database.write() as session:
        now = database_now(session)
        for name, kind in sorted(kinds.items()):
            row = insert(Heartbeat).values(name=name, kind=kind, at=now)
            session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": now}))
        session.execute(delete(Heartbeat).where(Heartbeat.at < now - FORGOTTEN_AFTER))


class Pulse:
    """Says that this worker lives, whenever it works, but no oftener than every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last = -PULSE_S

    def beat(self) -> None:
        if time.monotonic() - self._last < PULSE_S:
            return
        self._last = time.monotonic()
        record_life(self._database, {process_name("worker"): "worker"})


def last_sign_of(database: Database, kind: str) -> datetime | None:
    """When any process of this kind was last alive."""
    with database.read() as session:
        return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.kind == kind))
