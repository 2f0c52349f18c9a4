"""Fixtures shared by all tests: both databases, Redis, and an environment without this machine's settings."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import event

from tests.support import bytecode  # noqa: F401 - importing it is its effect, before the program is imported
from tests.support.dealing import dealt
from tests.support.effort import LONG, SHORT
from tests.support.emptying import empty
from tests.support.servers import fresh_postgres_database, postgres_server, redis_server
from worker.store.migrate import upgrade
from worker.store.session import Database

# How long an example takes says nothing of it on a machine that others use too.
settings.register_profile(SHORT, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(LONG, settings.get_profile(SHORT), print_blob=True)
settings.load_profile(SHORT)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
        items[:] = dealt(items, int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))


@pytest.fixture(scope="session")
def _nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder: making one for each test, also for those that write no file, took longer than most of them."""
    return tmp_path_factory.mktemp("nowhere")


@pytest.fixture(autouse=True)
def _clean_environment(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    _nowhere: Path,
) -> Iterator[None]:
    """No setting or `.env` of the machine reaches a test; what it writes into its folder, none after it."""
    for name in [name for name in os.environ if name.startswith("POSTPURCHASE_") and "_TEST_" not in name]:
        if name != "POSTPURCHASE_CHROMIUM":
            monkeypatch.delenv(name)
    has_folder = "tmp_path" in request.fixturenames
    monkeypatch.chdir(request.getfixturevalue("tmp_path") if has_folder else _nowhere)
    yield
    written = [] if has_folder else list(_nowhere.iterdir())
    for each in written:  # the next test finds none of it
        each.rename(tmp_path_factory.mktemp("written") / each.name)
    assert written == [], "a test that writes files asks for tmp_path"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    with postgres_server(is_durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for the whole run."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> Iterator[Database]:
    with fresh_postgres_database(postgres_url) as url:
        database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
        upgrade(database)
        yield database
        database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def sqlite_engine() -> Iterator[Database]:
    """A database whose file each test chooses: statements are compiled once per engine, not once per test."""
    yield (shared := Database("sqlite:///of-the-test.db"))
    shared.close()


@pytest.fixture
def sqlite_database(sqlite_engine: Database, sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated SQLite file of the test's own, where the embedded mode would have it."""
    path = tmp_path / "postpurchase.db"
    path.write_bytes(sqlite_template.read_bytes())

    def choose(_dialect: object, _record: object, arguments: list[str], _options: object) -> None:
        arguments[0] = str(path)

    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # killed processes lose nothing by it, only a machine would

    listeners = (("do_connect", choose), ("connect", hurry))
    for name, listener in listeners:
        event.listen(sqlite_engine.engine, name, listener)
    yield sqlite_engine
    sqlite_engine.close()
    for name, listener in listeners:
        event.remove(sqlite_engine.engine, name, listener)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    shared: Database = request.getfixturevalue("postgres_database")
    yield shared
    empty(shared)
