"""`python -m worker.alive KIND`: a container's health check. Exits 0 when a process of this kind on this machine lives.

A beat proves its life by its ticks, a worker by its work: an unhealthy worker may lack a beat, or the broker.
"""

import socket
import sys

from sqlalchemy import func, select

from worker.bootstrap import build
from worker.errors import PostpurchaseError
from worker.heartbeats import ALIVE
from worker.store.models import Heartbeat
from worker.store.session import Database


def is_alive(database: Database, kind: str, host: str) -> bool:
    """Whether a process of this kind and host gave a sign of life within a minute, and has not ended since."""
    mine = Heartbeat.name.startswith(f"{kind}:{host}:", autoescape=True) & Heartbeat.ended_at.is_(None)
    with database.read() as session:
        last = session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.kind == kind, mine))
    return last is not None and database.now() - last < ALIVE


def main() -> int:
    installation = build()
    try:
        return 0 if is_alive(installation.database, sys.argv[1], socket.gethostname()) else 1
    except PostpurchaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        installation.close()


if __name__ == "__main__":
    sys.exit(main())
