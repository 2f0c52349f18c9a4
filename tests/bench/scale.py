"""What a sweep costs when very many messages lie in the future: with 10 thousand, and with a hundred times as many."""

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from schedules.facts import Facts
from tests.bench.figures import Figure, judged
from tests.support.installation import installed
from tests.support.orders import an_order, keep_order, keep_shop
from tests.support.servers import fresh_postgres_database, postgres_server
from worker.bootstrap import Installation
from worker.dispatch.policies import BATCH
from worker.dispatch.service import due_within, sweep_due, sweep_leases
from worker.store.claims import Turn, claim_due
from worker.store.keeping import CLAIM_LEASE
from worker.store.migrate import upgrade
from worker.store.session import Database

FEW, MANY = 10_000, 1_000_000
ROUNDS = 15
FILL = """
INSERT INTO message (id, shop_id, order_id, sequence, step, parcel_group, occurrence, role, stream, template, state,
  reason, held_by, send_at, aim_at, expires_at, fence, claims, tries, provider, provider_id, variant, subject,
  has_offer, details, address, created_at, updated_at)
SELECT gen_random_uuid(), :shop, :order, 'post_purchase', 'follow_up', '', n, 'replace', 'marketing', 'follow_up',
  'scheduled', 'planned', '', :soon + n * interval '1 second', :soon + n * interval '1 second',
  :soon + interval '900 days',
  0, 0, 0, '', '', '', '', false, '{}', 'mia@example.com', :now, :now
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""


def run() -> list[Figure]:
    with postgres_server() as server, fresh_postgres_database(server) as url, tempfile.TemporaryDirectory() as folder:
        database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
        upgrade(database)
        ours = installed(database, Path(folder), secret_key="a benchmark's secret key")
        few = _measured(ours, 0, FEW)
        many = _measured(ours, FEW, MANY)
        database.close()
    return [
        judged(
            name=f"one sweep and one claim with {MANY:,} future messages against {FEW:,}",
            value=many * 1000,
            unit="ms",
            baseline=few * 1000,
            must=lambda _, ratio: ratio <= 2,
            aim=lambda _, ratio: ratio <= 1.2,
            must_says="≤ 2 ×",
            aim_says="≤ 1.2 ×",
        )
    ]


def _measured(ours: Installation, first: int, last: int) -> float:
    _fill(ours, first + 1, last)
    return statistics.median(_round(ours) for _ in range(ROUNDS))


def _fill(ours: Installation, first: int, last: int) -> None:
    now = datetime.now(UTC)
    with ours.database.write() as session:
        ids = session.execute(text("SELECT shop_id, id FROM customer_order LIMIT 1")).first()
        if ids is None:
            shop = keep_shop(session, now)
            order = keep_order(session, shop.id, Facts(order=an_order(now)), now)
            ids = (shop.id, order.id)
        told = {
            "shop": ids[0],
            "order": ids[1],
            "now": now,
            "soon": now + timedelta(days=9),
            "first": first,
            "last": last,
        }
        session.execute(text(FILL), told)
    with ours.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE message"))


def _round(ours: Installation) -> float:
    """A tick as beat and worker make it, with nothing due."""
    start = time.perf_counter()
    sweep_due(ours)
    due_within(ours, timedelta(seconds=1))
    sweep_leases(ours)
    with ours.database.write() as session:
        claim_due(session, Turn(now=ours.clock.now(), lease=CLAIM_LEASE, limit=BATCH))
    return time.perf_counter() - start
