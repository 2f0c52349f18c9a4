"""What befalls everything around the processes: broker, database, disk, provider, clocks; each heals by itself."""

import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tests.proof.blows import Blow, state_of
from tests.proof.site import Site
from tests.support.processes import wait_until
from tests.support.servers import stopped_postgres
from worker.store.keeping import CLAIM_LEASE

AWAY_S = 1.0
HOUR_S = 3600.0


def empty_broker(site: Site) -> None:
    """Every hint is gone."""
    assert site.broker is not None
    site.broker.empty()


def restart_broker(site: Site) -> None:
    """The broker is gone for a second, with all it held."""
    assert site.broker is not None
    site.broker.stop()
    time.sleep(AWAY_S)
    site.broker.start()


def take_database_away(site: Site) -> None:
    """PostgreSQL breaks every connection and takes no new one, for a second."""
    url, name = site.settings["database_url"], _database(site)
    with psycopg.connect(url.replace(f"/{name}", "/postgres", 1), autocommit=True) as admin:
        mine = sql.Identifier(name)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(mine))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(AWAY_S)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(mine))


def stop_database(site: Site) -> None:
    """PostgreSQL is stopped for a second as for an upgrade of it; where it is not ours it is only taken away."""
    with stopped_postgres(site.settings["database_url"]) as is_stopped:
        if is_stopped:
            time.sleep(AWAY_S)
    if not is_stopped:
        take_database_away(site)


def crash_database(site: Site) -> None:
    """One of PostgreSQL's processes is killed: the server throws everybody out, stops, and recovers from its log.

    Where the server runs on another machine it is only taken away.
    """
    witness = psycopg.connect(site.settings["database_url"], autocommit=True)
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    found = [pid for (pid,) in witness.execute(others) if _is_postgres(pid)]
    if not found:
        take_database_away(site)
        return
    os.kill(found[0], signal.SIGKILL)
    wait_until(lambda: not _answers(witness), "the database has noticed", timeout_s=60)
    wait_until(lambda: _takes_connections(site), "the database has recovered", timeout_s=60)


def fill_disk(site: Site) -> None:
    """No file of the running processes may grow for a second: every write fails as on a full disk."""
    smallest = 4096
    for running in site.running:
        if running.is_alive:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (smallest, resource.RLIM_INFINITY))
    time.sleep(AWAY_S)
    for running in site.running:
        if running.is_alive:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def freeze_worker(site: Site) -> None:
    """One worker stands still in the middle of its work, past its lease, and then goes on."""
    frozen = site.start_extra("worker", Blow(edge="after the gate", number=signal.SIGSTOP))
    until = time.monotonic() + AWAY_S
    while not is_stopped(frozen.pid) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(CLAIM_LEASE.total_seconds() + 1)
    frozen.send(signal.SIGCONT)


def freeze_all(site: Site) -> None:
    """Every process stands still, wherever it is, past all leases of claims, and then goes on."""
    frozen = [running for running in site.running if running.is_alive]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for running in frozen:
            with suppress(ProcessLookupError):  # it may come to its edge just now
                running.send(number)
        if number is signal.SIGSTOP:
            time.sleep(CLAIM_LEASE.total_seconds() + 1)


def put_clock_off(site: Site) -> None:
    """A worker more, on a host whose clock is an hour ahead, and one whose clock is an hour behind."""
    for by_s in (HOUR_S, -HOUR_S):
        site.start_extra("worker", clock_off_s=by_s)


def _database(site: Site) -> str:
    return site.settings["database_url"].partition("?")[0].rpartition("/")[2]


def _answers(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _takes_connections(site: Site) -> bool:
    try:
        psycopg.connect(site.settings["database_url"]).close()
    except psycopg.OperationalError:
        return False
    return True


def _is_postgres(pid: int) -> bool:
    """Whether the process of this number on this machine is one of PostgreSQL's."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return False


def is_stopped(pid: int) -> bool:
    """Whether a process stands still."""
    return state_of(pid) == "T"


OUTAGES: dict[str, Callable[[Site], None]] = {
    "broker emptied": empty_broker,
    "broker restarted": restart_broker,
    "database away": take_database_away,
    "database stopped": stop_database,
    "database crashed": crash_database,
    "disk full": fill_disk,
    "worker frozen": freeze_worker,
    "all frozen": freeze_all,
    "clock off": put_clock_off,
}
