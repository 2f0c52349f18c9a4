"""From due to accepted, the whole way on PostgreSQL and Redis: two workers, one beat, a door that counts.

Beside it what people would use instead, one task per email: Celery `eta` and procrastinate, each on the same kind of
database and broker and with the same looks at the data; Celery as bare as it can be; and Celery that keeps no compiled
template, as the baseline of rendering.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import redis

from tests.bench.clients import posts_per_second
from tests.bench.figures import Figure, judged, percentile
from tests.bench.installations import Bench, asked, installation, move_due, schedule
from tests.bench.peers.running import bare_celery, compiling_celery, full_celery, procrastinate_jobs

MAILS, ROUNDS = 6000, 3
PEERS: dict[Callable[[int], float], int] = {
    full_celery: 1000,
    procrastinate_jobs: 1000,
    bare_celery: 1000,
    compiling_celery: 120,
}
"""As many mails as take each about five seconds: starting and ending weigh alike."""
TRICKLE, TRICKLE_S = 600, 15


class Burst(NamedTuple):
    """`rate`: mails a second; `hints`: broker messages per mail."""

    rate: float
    hints: float


def run(*, quick: bool = False) -> list[Figure]:
    share = 4 if quick else 1
    bursts: list[Burst] = []
    peers: dict[Callable[[int], float], list[float]] = {peer: [] for peer in PEERS}
    with installation() as bench:
        limit = posts_per_second(bench.door)
        bench.start_workers()
        late = percentile(trickle(bench, TRICKLE // share, TRICKLE_S / share), 0.99)
        for _ in range(1 if quick else ROUNDS):  # by turns: what else the machine does meets all of them
            bursts.append(burst(bench, MAILS // share))
            for peer, rates in peers.items():
                rates.append(peer(PEERS[peer] // share))
    rate = statistics.median(each.rate for each in bursts)
    hints = statistics.median(each.hints for each in bursts)
    celery, other, bare, compiling = (statistics.median(rates) for rates in peers.values())
    return [
        judged(
            name="due to accepted, PostgreSQL, the whole way; against Celery eta, a task per mail, on the same",
            value=rate,
            unit="mails/s",
            baseline=celery,
            limit=limit,
            must=lambda value, ratio: value >= 1000 and ratio >= 10,
            aim=lambda value, _: value >= 3000 and hints <= 0.02,
            must_says="10 × task-per-email Celery; 1,000/s",
            aim_says="3,000/s; ≤ 0.02 broker messages per mail",
        ),
        Figure(name="  broker messages per mail", value=hints, unit=""),
        judged(name="  against procrastinate, a job per mail, on the same", value=rate, unit="mails/s", baseline=other),
        judged(name="  against bare Celery eta: a row of SQLite, no looks", value=rate, unit="mails/s", baseline=bare),
        judged(
            name="  against Celery eta that compiles the MJML per mail", value=rate, unit="mails/s", baseline=compiling
        ),
        Figure(name="  posts of 35 KB that one process and the door manage", value=limit, unit="/s"),
        judged(
            name=f"lateness at {TRICKLE / TRICKLE_S:.0f} mails/s, p99",
            value=late,
            unit="s",
            must=lambda value, _: value <= 2,
            aim=lambda value, _: value <= 0.3,
            must_says="2 s",
            aim_says="0.3 s",
        ),
    ]


def burst(bench: Bench, mails: int) -> Burst:
    """Everything falls due at one moment."""
    before = int(asked(f"{bench.door}/count")["mails"])
    ids = schedule(bench.ours, mails, lambda _: datetime.now(UTC) + timedelta(hours=1))
    due = datetime.now(UTC) + timedelta(seconds=3)
    move_due(bench.ours, ids, due)
    client = redis.Redis.from_url(bench.broker)
    pushed = _pushes(client)
    bench.wait_for(before + mails)
    last = max(asked(f"{bench.door}/log").values())
    return Burst(mails / (last - due.timestamp()), (_pushes(client) - pushed) / mails)


def trickle(
    bench: Bench, mails: int, seconds: float, meanwhile: Callable[[], None] = lambda: time.sleep(0)
) -> list[float]:
    """How late each is accepted, in seconds, when mails fall due one after the other, far below capacity."""
    first = datetime.now(UTC) + timedelta(seconds=4)
    due = schedule(bench.ours, mails, lambda number: first + timedelta(seconds=number * seconds / mails))
    meanwhile()
    came = bench.arrivals(due)
    return [came[str(message)] - at.timestamp() for message, at in due.items()]


def _pushes(client: "redis.Redis") -> int:
    stats = client.info("commandstats")
    return int(stats.get("cmdstat_lpush", {}).get("calls", 0))
