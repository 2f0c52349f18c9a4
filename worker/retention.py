"""How long raw webhooks are kept: their bodies hold names and addresses; merged facts need them no more."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import literal_column, select, update

from worker.bootstrap import Installation
from worker.store.erasures import forget_erasures
from worker.store.models import InboundEvent
from worker.store.session import Database

CHUNK = 500
"""Bodies per unit: on SQLite webhooks wait for it."""
CHUNKS_AT_ONCE = 20
"""Units per run; the next run is minutes away and goes on."""

log = structlog.get_logger()


def purge_bodies(installation: Installation, *, chunk: int = CHUNK, chunks: int = CHUNKS_AT_ONCE) -> int:
    """Empties the bodies of handled events older than POSTPURCHASE_KEEP_BODIES_DAYS; how many, at most so many chunks.

    What still waits to be planned keeps its body, however old it is. `replay` calls an emptied event purged. Erasures
    are forgotten at the same age: nothing that came before them can be run again.
    """
    until = installation.clock.now() - timedelta(days=installation.settings.keep_bodies_days)
    purged = 0
    with installation.database.write() as session:
        forget_erasures(session, until)
    for _ in range(chunks):
        done = _purge(installation.database, until, chunk)
        purged += done
        if done < chunk:
            break
    if purged:
        log.info("retention.bodies.purged", events=purged)
    return purged


def _purge(database: Database, until: datetime, limit: int) -> int:
    old = (
        select(InboundEvent.id)
        .where(InboundEvent.body.is_not(None), InboundEvent.received_at < until)
        .where(InboundEvent.state != literal_column("'stored'"))
        .order_by(InboundEvent.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with database.write() as session:
        chosen = session.scalars(old).all()
        if chosen:
            session.execute(update(InboundEvent).where(InboundEvent.id.in_(chosen)).values(body=None))
    return len(chosen)
