"""How soon work goes on after a fault: a worker killed in the middle of a rush, a broker emptied again and again."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import redis
from sqlalchemy import select

from tests.bench.figures import Figure, judged, median_of, percentile
from tests.bench.installations import Bench, asked, installation, move_due, schedule
from tests.bench.sending import trickle
from worker.store.models import Attempt, Message

RUSH, KILL_AFTER = 1500, 300
TRICKLE, TRICKLE_S = 400, 10.0
ROUNDS = 3


def run(*, quick: bool = False) -> list[Figure]:
    with installation() as bench:
        bench.start_workers()
        resumed = median_of(lambda: resumed_after_kill(bench), 1 if quick else ROUNDS)
        usual = percentile(trickle(bench, TRICKLE, TRICKLE_S), 0.99)
        emptied = percentile(trickle(bench, TRICKLE, TRICKLE_S, lambda: empty_broker(bench.broker)), 0.99)
    return [
        judged(
            name="overdue work resumed after SIGKILL of one of two workers",
            value=resumed,
            unit="s",
            must=lambda value, _: value <= 30,
            aim=lambda value, _: value <= 5,
            must_says="30 s",
            aim_says="5 s",
        ),
        judged(
            name="extra lateness, p99, when the broker is emptied each second",
            value=max(emptied - usual, 0),
            unit="s",
            must=lambda value, _: value <= 5,
            aim=lambda value, _: value <= 1,
            must_says="5 s",
            aim_says="1 s",
        ),
    ]


def resumed_after_kill(bench: Bench) -> float:
    """Seconds until all that was claimed when a worker died, and not being handed over, is with the provider.

    What was being handed over is not among that: it may have gone out, and waits for evidence.
    """
    before = int(asked(f"{bench.door}/count")["mails"])
    ids = schedule(bench.ours, RUSH, lambda _: datetime.now(UTC) + timedelta(hours=1))
    move_due(bench.ours, ids, datetime.now(UTC) + timedelta(seconds=2))
    bench.wait_for(before + KILL_AFTER)
    victim = next(process for process in bench.processes.running if "worker" in process.args)
    bench.processes.kill(victim)
    killed_at, claimed, begun = time.time(), _claimed(bench), _begun(bench)
    bench.processes.start("worker")
    came = bench.arrivals(set(ids) - begun)
    return max((came[str(each)] - killed_at for each in claimed), default=0.0)


def _claimed(bench: Bench) -> set[UUID]:
    with bench.ours.database.read() as session:
        return set(session.scalars(select(Message.id).where(Message.state == "claimed")))


def _begun(bench: Bench) -> set[UUID]:
    """Messages whose call to the provider has begun."""
    with bench.ours.database.read() as session:
        return set(session.scalars(select(Attempt.message_id).distinct()))


def empty_broker(url: str) -> None:
    """Empties it each second while the mails fall due."""
    client = redis.Redis.from_url(url)
    for _ in range(int(TRICKLE_S)):
        time.sleep(1)
        client.flushall()
