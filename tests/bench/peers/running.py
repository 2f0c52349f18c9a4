"""Runs the peers, each on servers of its own, and says how many mails a second they send."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from tests.bench.installations import Bench, asked, counting_door, installation, schedule, wait_for_mails
from tests.support.servers import redis_server

LEAD_S, WARM_UP = 5.0, 20
"""The tasks are with the workers before they fall due; and these have sent a few mails by then."""


def full_celery(mails: int) -> float:
    """One `eta` task per email over Redis, in four processes that look at PostgreSQL first."""
    return _on_postgres("celery_full", mails, workers=1)


def compiling_celery(mails: int) -> float:
    """As `full_celery`, with the MJML compiled for each mail."""
    return _on_postgres("celery_full", mails, workers=1, more={"BENCH_COMPILES": "1"})


def procrastinate_jobs(mails: int) -> float:
    """One job per email in PostgreSQL, in two processes that look there first."""
    return _on_postgres("procrastinate_full", mails, workers=2)


def bare_celery(mails: int) -> float:
    """One `eta` task per email with a row of SQLite, a template and sendgrid's client."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker, door = stack.enter_context(redis_server(folder)), stack.enter_context(counting_door())
        environment = {"BENCH_BROKER": broker, "BENCH_DOOR": door, "BENCH_DB": str(folder / "orders.db")}
        stack.enter_context(_running("celery_bare", environment))
        _asked("celery_bare", environment, "schedule", "0", str(WARM_UP), "0")
        wait_for_mails(door, WARM_UP)
        due = time.time() + LEAD_S + mails / 200
        _asked("celery_bare", environment, "schedule", str(WARM_UP), str(mails), str(due))
        wait_for_mails(door, WARM_UP + mails)
        return mails / (max(asked(f"{door}/log").values()) - due)


def _on_postgres(peer: str, mails: int, *, workers: int, more: Mapping[str, str] = MappingProxyType({})) -> float:
    with installation() as bench, ExitStack() as stack:
        database = bench.database.replace("postgresql://", "postgresql+psycopg://", 1)
        environment = {"BENCH_DATABASE": database, "BENCH_JOBS": bench.database}
        environment |= {"BENCH_BROKER": bench.broker, "BENCH_DOOR": bench.door} | more
        _asked(peer, environment, "prepare")
        for _ in range(workers):
            stack.enter_context(_running(peer, environment))
        _sent(peer, environment, bench, WARM_UP, lead_s=0)
        return _sent(peer, environment, bench, mails, lead_s=LEAD_S + mails / 200)


def _sent(peer: str, environment: Mapping[str, str], bench: Bench, mails: int, *, lead_s: float) -> float:
    """Mails a second from the moment on when all of them are due."""
    before = int(asked(f"{bench.door}/count")["mails"])
    ids = schedule(bench.ours, mails, lambda _: datetime.now(UTC) + timedelta(hours=1))
    due = time.time() + lead_s
    _asked(peer, environment, "schedule", str(due), lines="\n".join(map(str, ids)))
    bench.wait_for(before + mails)
    return mails / (max(asked(f"{bench.door}/log").values()) - due)


def _asked(peer: str, environment: Mapping[str, str], *arguments: str, lines: str = "") -> str:
    """What a peer's command prints."""
    command = [sys.executable, "-m", f"tests.bench.peers.{peer}", *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def _running(peer: str, environment: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", f"tests.bench.peers.{peer}", "worker"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=os.environ | environment, **quiet)
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
