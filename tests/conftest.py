"""Fixtures shared by all tests: both databases, Redis, and an environment without this machine's settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.servers import fresh_postgres_database, postgres_server, redis_server
from worker.store.migrate import upgrade
from worker.store.models import Base
from worker.store.session import Database


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting or `.env` of the machine reaches a test."""
    for name in [name for name in os.environ if name.startswith("POSTPURCHASE_") and "_TEST_" not in name]:
        if name != "POSTPURCHASE_CHROMIUM":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    with postgres_server() as url:
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


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "postpurchase.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        lite = Database(f"sqlite:///{path}")
        yield lite
        lite.close()
        return
    shared: Database = request.getfixturevalue("postgres_database")
    yield shared
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with shared.write() as session:
        session.execute(text(f"TRUNCATE {tables} CASCADE"))
