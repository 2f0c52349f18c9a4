"""Installations to measure: PostgreSQL that waits for the disk, Redis, a door that counts, and mails due."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import func, select, update

from schedules.facts import Facts
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
from worker.store.models import Heartbeat, Message
from worker.store.session import Database
from worker.store.shops import find_shop

PATIENCE_S = 300


@dataclass(frozen=True)
class Bench:
    """A fresh installation; none of its processes runs yet. `door`, `broker`, `database`: URLs."""

    ours: Installation
    processes: Processes
    door: str
    broker: str
    database: str

    def wait_for(self, mails: int) -> None:
        """Returns once the door has had so many."""
        wait_for_mails(self.door, mails, self.processes.logs)

    def arrivals(self, messages: Iterable[UUID]) -> dict[str, float]:
        """When each message arrived, in Unix time; returns once all of these have."""
        wanted, door = {str(each) for each in messages}, f"{self.door}/log"
        wait_until(lambda: wanted <= asked(door).keys(), "all arrived", timeout_s=PATIENCE_S, logs=self.processes.logs)
        return asked(door)

    def start_workers(self) -> None:
        """Two workers and a beat, one for each core."""
        for role in ("worker", "worker", "beat"):
            self.processes.start(role)
        lives = self.ours.database
        wait_until(lambda: _workers_alive(lives) >= 2, "the workers work", timeout_s=120, logs=self.processes.logs)


@contextmanager
def installation() -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
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
        yield Bench(ours, processes, door, broker, url)


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


def schedule(ours: Installation, count: int, due: Callable[[int], datetime]) -> dict[UUID, datetime]:
    """Orders of as many people, each with a confirmation; when each falls due."""
    now, batch = ours.clock.now(), time.time_ns() // 1_000_000
    made: dict[UUID, datetime] = {}
    with ours.database.write() as session:
        shop = find_shop(session, NORTHKETTLE.slug) or keep_shop(session, now)
        for number in range(count):
            at, address = due(number), f"m{number}.{time.time_ns()}@example.com"
            facts = Facts(order=an_order(now, number=f"{batch}{number:05}", email=address))
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


def move_due(ours: Installation, messages: Iterable[UUID], at: datetime) -> None:
    """Lets all of them fall due at one moment."""
    times = {"send_at": at, "aim_at": at}
    with ours.database.write() as session:
        session.execute(update(Message).where(Message.id.in_(list(messages))).values(times))


def wait_for_mails(door: str, mails: int, logs: Callable[[], str] = str) -> None:
    wait_until(
        lambda: asked(f"{door}/count")["mails"] >= mails, f"{mails} mails arrived", timeout_s=PATIENCE_S, logs=logs
    )


def asked(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url, timeout=30) as reply:
        found: dict[str, float] = json.load(reply)
        return found


def _workers_alive(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Heartbeat).where(Heartbeat.kind == "worker")) or 0
