"""From due to accepted, the whole way on PostgreSQL and Redis: two workers, one beat, a door that counts.

Beside it what people would use instead: Celery with one `eta` task per email and sendgrid's own client.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import redis

from schedules.facts import Facts
from tests.bench.figures import Figure, judged, percentile
from tests.support.orders import NORTHKETTLE, an_order, keep_order, keep_shop
from tests.support.processes import Processes, wait_until
from tests.support.servers import (
    free_port,
    fresh_postgres_database,
    make_durable,
    postgres_server,
    redis_server,
    wait_for_port,
)
from worker.bootstrap import Installation, build
from worker.settings import load_settings
from worker.store.migrate import upgrade
from worker.store.models import Message
from worker.store.shops import find_shop

MAILS = 4000
TRICKLE, TRICKLE_S = 600, 15
CELERY_MAILS = 1500


def run() -> list[Figure]:
    with installation() as (ours, processes, door, broker):
        made = burst(ours, processes, door, broker)
        late = trickle(ours, processes, door)
    with redis_server(Path(tempfile.mkdtemp())) as broker_url:
        peer = celery_with_eta(broker_url)
    return [
        judged(
            name="due to accepted, PostgreSQL, the whole way, 2 workers",
            value=made.rate,
            unit="mails/s",
            baseline=peer,
            must=lambda value, ratio: value >= 1000 and ratio >= 10,
            aim=lambda value, _: value >= 3000 and made.hints <= 0.02,
            must_says="10 × Celery eta with sendgrid's client; 1,000/s",
            aim_says="3,000/s; ≤ 0.02 broker messages per mail",
        ),
        Figure(name="  broker messages per mail", value=made.hints, unit=""),
        judged(
            name=f"lateness at {TRICKLE // TRICKLE_S} mails/s, p99",
            value=late,
            unit="s",
            must=lambda value, _: value <= 2,
            aim=lambda value, _: value <= 0.3,
            must_says="2 s",
            aim_says="0.3 s",
        ),
    ]


class Burst:
    """`rate`: mails a second; `hints`: broker messages per mail."""

    def __init__(self, rate: float, hints: float) -> None:
        self.rate = rate
        self.hints = hints


@contextmanager
def installation() -> Iterator[tuple[Installation, Processes, str, str]]:
    """A fresh installation, its processes (none runs yet), the door's URL and the broker's."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres_server())
        url = stack.enter_context(fresh_postgres_database(server))
        make_durable(url)
        broker = stack.enter_context(redis_server(folder))
        door = stack.enter_context(counting_door())
        settings = {
            "database_url": url,
            "broker_url": broker,
            "secret_key": "a benchmark's secret key",
            "sendgrid_api_key": "SG.bench",
            "sendgrid_base_url": door,
            "log_json": "true",
        }
        processes = Processes(folder, settings)
        ours = build(load_settings(**processes.settings()))
        upgrade(ours.database)
        stack.callback(ours.close)
        stack.callback(processes.stop_all)
        yield ours, processes, door, broker


@contextmanager
def counting_door() -> Iterator[str]:
    port = free_port()
    door = subprocess.Popen([sys.executable, "-m", "tests.bench.receiver", str(port)])
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        door.terminate()
        door.wait(10)


def burst(ours: Installation, processes: Processes, door: str, broker: str) -> Burst:
    """Everything falls due at one moment."""
    for role in ("worker", "worker", "beat"):
        processes.start(role)
    time.sleep(6)
    due = datetime.now(UTC) + timedelta(seconds=8 + MAILS / 400)
    schedule(ours, MAILS, lambda _: due)
    client = redis.Redis.from_url(broker)
    pushed = _pushes(client)
    wait_until(
        lambda: asked(f"{door}/count")["mails"] >= MAILS, "all mails arrived", timeout_s=240, logs=processes.logs
    )
    last = max(asked(f"{door}/log").values())
    return Burst(MAILS / (last - due.timestamp()), (_pushes(client) - pushed) / MAILS)


def trickle(ours: Installation, processes: Processes, door: str) -> float:
    """Mails fall due one after the other, far below capacity; the 99th percentile of how late they are accepted."""
    before = asked(f"{door}/count")["mails"]
    first = datetime.now(UTC) + timedelta(seconds=4)
    due = schedule(ours, TRICKLE, lambda number: first + timedelta(seconds=number * TRICKLE_S / TRICKLE))
    _wait_for(door, int(before) + TRICKLE, processes.logs)
    came = asked(f"{door}/log")
    return percentile([came[str(message)] - at.timestamp() for message, at in due.items()], 0.99)


def schedule(ours: Installation, count: int, due: Callable[[int], datetime]) -> dict[UUID, datetime]:
    """Orders of as many people, each with a confirmation; when each falls due."""
    now = ours.clock.now()
    made: dict[UUID, datetime] = {}
    with ours.database.write() as session:
        shop = find_shop(session, NORTHKETTLE.slug) or keep_shop(session, now)
        for number in range(count):
            at, address = due(number), f"m{number}.{time.time_ns()}@example.com"
            facts = Facts(order=an_order(now, number=str(time.time_ns()), email=address))
            order = keep_order(session, shop.id, facts, now)
            message = Message(
                shop_id=shop.id,
                order_id=order.id,
                sequence="post_purchase",
                step="confirmation",
                role="replace",
                stream="transactional",
                template="order_confirmation",
                state="scheduled",
                reason="planned",
                send_at=at,
                aim_at=at,
                offer_until=at + timedelta(hours=2),
                expires_at=at + timedelta(hours=72),
                address=address,
                created_at=now,
                updated_at=now,
            )
            session.add(message)
            session.flush()
            made[message.id] = at
    return made


def _wait_for(door: str, mails: int, logs: Callable[[], str] = str) -> None:
    wait_until(lambda: asked(f"{door}/count")["mails"] >= mails, f"{mails} mails arrived", timeout_s=240, logs=logs)


def asked(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url, timeout=30) as reply:
        found: dict[str, float] = json.load(reply)
        return found


def _pushes(client: "redis.Redis") -> int:
    stats = client.info("commandstats")
    return int(stats.get("cmdstat_lpush", {}).get("calls", 0))


def celery_with_eta(broker: str) -> float:
    """Mails a second of `tests.bench.celery_peer`."""
    with ExitStack() as stack:
        door = stack.enter_context(counting_door())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"BENCH_BROKER": broker, "BENCH_DOOR": door, "BENCH_DB": str(folder / "orders.db")}
        command = [sys.executable, "-m", "tests.bench.celery_peer"]
        full = os.environ | environment
        worker = subprocess.Popen([*command, "worker"], env=full, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(_ended, worker)
        told = subprocess.run([*command, "schedule", str(CELERY_MAILS)], env=full, capture_output=True, check=True)
        due = float(told.stdout)
        _wait_for(door, CELERY_MAILS)
        return CELERY_MAILS / (max(asked(f"{door}/log").values()) - due)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()
