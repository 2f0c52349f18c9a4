"""What befalls PostgreSQL: away, stopped, crashed, its disk full. What does not heal by itself is healed at the end."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.proof.site import Site
from tests.support.disks import disk_of, fill, free
from tests.support.processes import wait_until
from tests.support.servers import own_postgres, stopped_postgres

AWAY_S = 1.0
FULL_S = 2.0
SHUTTING_DOWN_S = 0.5
"""After a panic it may take connections for a moment yet."""
RECOVERING_S = 15.0
"""PostgreSQL 18 that met the full disk once more while it recovered waits for good for its ended startup process."""
LOG = 4000
"""Letters of the server's log that are shown where it does not come back."""


class NotHereError(Exception):
    """This outage cannot be made here; the text says why."""


def take_away(site: Site) -> None:
    """PostgreSQL breaks every connection and takes no new one, for a second."""
    url, name = site.settings["database_url"], _database(site)
    with psycopg.connect(url.replace(f"/{name}", "/postgres", 1), autocommit=True) as admin:
        mine = sql.Identifier(name)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(mine))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(AWAY_S)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(mine))


def stop(site: Site) -> None:
    """PostgreSQL is stopped for a second as for an upgrade of it; where it is not ours it is only taken away."""
    with stopped_postgres(site.settings["database_url"]) as is_stopped:
        if is_stopped:
            time.sleep(AWAY_S)
    if not is_stopped:
        take_away(site)


def crash(site: Site) -> None:
    """One of PostgreSQL's processes is killed: the server throws everybody out, stops, and recovers from its log.

    Where the server runs on another machine it is only taken away.
    """
    witness = psycopg.connect(site.settings["database_url"], autocommit=True)
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    found = [pid for (pid,) in witness.execute(others) if _is_postgres(pid)]
    if not found:
        take_away(site)
        return
    os.kill(found[0], signal.SIGKILL)
    wait_until(lambda: not _answers(witness), "the database has noticed", timeout_s=60)
    wait_until(lambda: _takes_connections(site), "the database has recovered", timeout_s=60)


def fill_disk_of(site: Site) -> None:
    """PostgreSQL's disk is full for two seconds: what needs one page more is refused; if its log does, it panics."""
    disk, server = _small_disk(site)
    _keep_full(disk, FULL_S)
    _make_room(site, disk, server)


def fill_log_of(site: Site) -> None:
    """PostgreSQL's disk is full until its log finds no room: it panics, and stays down until somebody makes room."""
    disk, server = _small_disk(site)
    while _takes_connections(site):  # it may have recovered from a panic that another writer met
        with suppress(psycopg.Error), psycopg.connect(site.settings["database_url"], autocommit=True) as writer:
            while True:
                fill(disk)  # also what a checkpoint gave back
                writer.execute("SELECT pg_logical_emit_message(true, 'proof', 'more'), pg_switch_wal()")
    _keep_full(disk, AWAY_S)
    _make_room(site, disk, server)


def _small_disk(site: Site) -> tuple[Path, Any]:
    """The small disk under the site's database, and its server."""
    server = own_postgres(site.settings["database_url"])
    disk = None if server is None else disk_of(server.pgdata)
    if disk is None:
        raise NotHereError("its database lies on no small disk")
    return disk, server


def _keep_full(disk: Path, for_s: float) -> None:
    """What is deleted meanwhile is taken too."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        fill(disk)
        time.sleep(0.02)


def _make_room(site: Site, disk: Path, server: Any) -> None:
    free(disk)
    time.sleep(SHUTTING_DOWN_S)
    if not _comes_back(site, server, RECOVERING_S):
        os.kill(int((server.pgdata / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        assert _comes_back(site, server, 60), server.log.read_text()[-LOG:]


def _comes_back(site: Site, server: Any, within_s: float) -> bool:
    with suppress(TimeoutError):
        wait_until(lambda: _is_up_again(site, server), "the database has recovered", timeout_s=within_s)
        return True
    return False


def _is_up_again(site: Site, server: Any) -> bool:
    """Whether it takes connections; what does not run is started, as its administrator would."""
    if _takes_connections(site):
        return True
    with suppress(subprocess.SubprocessError, AssertionError):  # the wheel's word for: it is only starting
        server.ensure_postgres_running()
    return _takes_connections(site)


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
