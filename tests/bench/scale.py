"""What very many messages in the future cost: a sweep's time, a worker's memory; 10 million against 10 thousand."""

import statistics
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Table, text

from schedules.facts import Facts
from tests.bench.figures import Figure, judged
from tests.bench.installations import Bench, installation
from tests.bench.resting import megabytes
from tests.support.orders import an_order, keep_order, keep_shop
from tests.support.processes import wait_until
from worker.bootstrap import Installation
from worker.dispatch.policies import BATCH
from worker.dispatch.service import due_within, has_work_within, sweep_due, sweep_leases
from worker.store.claims import Turn, claim_due
from worker.store.keeping import CLAIM_LEASE
from worker.store.models import Message

FEW, MANY, MANY_QUICKLY = 10_000, 10_000_000, 300_000
ROUNDS = 31
WORK_S = 20
"""How long a worker sweeps until its memory is looked at."""
FILL = """
INSERT INTO message (id, shop_id, order_id, sequence, step, parcel_group, occurrence, role, stream, template, state,
  reason, held_by, send_at, aim_at, expires_at, fence, claims, tries, provider, provider_id, variant, subject,
  has_offer, counts_clicks, details, address, created_at, updated_at)
SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), :shop, :order, 'post_purchase', 'follow_up', '', n, 'replace',
  'marketing', 'follow_up', 'scheduled', 'planned', '', :soon + n * interval '1 second',
  :soon + n * interval '1 second', :soon + interval '900 days',
  0, 0, 0, '', '', '', '', false, false, '{}', 'mia@example.com', :now, :now
FROM generate_series(1, CAST(:messages AS int)) AS n
"""


def run(*, quick: bool = False) -> list[Figure]:
    most = MANY_QUICKLY if quick else MANY
    with installation() as small, installation() as large:
        _fill(small.ours, FEW)
        _fill(large.ours, most)
        few, many = _sweeps(small.ours, large.ours)
        little, much = _worker_memory(small), _worker_memory(large)
    return [
        judged(
            name=f"one sweep and one claim with {most:,} future messages against {FEW:,}",
            value=many * 1000,
            unit="ms",
            baseline=few * 1000,
            must=lambda _, ratio: ratio <= 2,
            aim=lambda _, ratio: ratio <= 1.2,
            must_says="≤ 2 ×",
            aim_says="≤ 1.2 ×",
        ),
        judged(
            name=f"memory of a worker with {most:,} scheduled against {FEW:,}",
            value=much,
            unit="MB",
            baseline=little,
            must=lambda _, ratio: abs(ratio - 1) <= 0.1,
            aim=lambda _, ratio: abs(ratio - 1) <= 0.03,
            must_says="± 10 %",
            aim_says="± 3 %",
        ),
    ]


def _sweeps(*installations: Installation) -> list[float]:
    """The median in seconds of a sweep in each; by turns: what else the machine does meets all of them."""
    took = [[_sweep(ours) for ours in installations] for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*took, strict=True)]


def _sweep(ours: Installation) -> float:
    """Seconds of a tick as beat and worker make it, with nothing due."""
    start = time.perf_counter()
    has_work_within(ours, timedelta(seconds=1))
    sweep_due(ours)
    due_within(ours, timedelta(seconds=1))
    sweep_leases(ours)
    with ours.database.write() as session:
        claim_due(session, Turn(now=ours.clock.now(), lease=CLAIM_LEASE, limit=BATCH))
    return time.perf_counter() - start


def _worker_memory(bench: Bench) -> float:
    """Megabytes of a worker that has swept for a while."""
    worker, beat = bench.processes.start("worker"), bench.processes.start("beat")
    processes = bench.processes
    wait_until(lambda: "worker.started" in processes.logs(), "the worker works", timeout_s=120, logs=processes.logs)
    time.sleep(WORK_S)
    found = megabytes(worker.pid)
    for process in (worker, beat):
        bench.processes.kill(process)
    return found


def _fill(ours: Installation, messages: int) -> None:
    """Rows by the million: without indexes and checks of references, which are made at once afterwards."""
    now = datetime.now(UTC)
    with ours.database.write() as session:
        shop = keep_shop(session, now)
        order = keep_order(session, shop.id, Facts(order=an_order(now)), now)
        told = {"shop": shop.id, "order": order.id, "now": now, "soon": now + timedelta(days=9), "messages": messages}
    indexes = sorted(cast(Table, Message.__table__).indexes, key=lambda index: str(index.name))
    with closing(ours.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for index in indexes:
            index.drop(connection)
        connection.execute(text(FILL), told)
        for index in indexes:
            index.create(connection)
        connection.execute(text("SET session_replication_role = DEFAULT"))
        connection.execute(text("VACUUM ANALYZE message"))
