"""What the databases promise."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import delete, literal_column, select, text
from sqlalchemy.exc import InternalError

from tests.support.pooler import pooled
from tests.support.processes import wait_until
from tests.support.rows import NOW
from tests.support.servers import fresh_postgres_database
from worker.errors import StorageUnavailableError
from worker.store.models import Shop
from worker.store.session import Database
from worker.store.types import Json


def test_what_is_committed_to_sqlite_survives_a_loss_of_power(tmp_path: Path) -> None:
    """The tests' own databases hurry; an installation's waits until the disk has it."""
    database = Database(f"sqlite:///{tmp_path / 'shop.db'}")
    with database.read() as session:
        pragmas = [
            session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        ]
    database.close()
    assert pragmas == [2, "wal"], "2 is FULL"


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64 + 1, -(2**63) - 1, 10**40 + 1])
def test_whole_numbers_of_any_length_come_back_as_they_were(number: int, database: Database) -> None:
    told = {"id": number, "beside": [number, 1, 0.1, "00340434161094000001", number]}
    with database.write() as session:
        session.add(Shop(slug="northkettle", profile=told, created_at=NOW))
    with database.read() as session:
        assert session.scalars(select(Shop.profile)).all() == [told]


@pytest.mark.parametrize("written", ['{"half": "\\ud800"}', '{"least": -Infinity}'])
def test_a_document_that_only_pythons_own_reader_takes_is_read(written: str, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        read = session.scalar(select(literal_column(f"'{written}'", Json)))
    assert read == json.loads(written)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_whoever_gets_no_connection_in_time_is_told_to_try_again(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(url, pool_size=2, patience_s=0.1)
    with pytest.raises(StorageUnavailableError):
        _take_connections(database, 5)
    with database.read() as session:
        assert session.scalar(select(1)) == 1
    database.close()


def test_postgresql_keeps_the_plan_of_a_statement_from_one_reading_unit_to_the_next(
    postgres_database: Database,
) -> None:
    """Its driver forgets what it has prepared with every unit that is rolled back."""
    for _ in range(10):
        with postgres_database.read() as session:
            session.scalar(select(literal_column("'asked again'")))
    with postgres_database.read() as session:
        mine = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%asked again%'")
        assert session.scalar(mine) == 1


def test_behind_a_pooler_no_plan_is_kept_for_the_next_unit_may_meet_another_server(postgres_url: str) -> None:
    with pooled(postgres_url) as url:
        database = Database(url)
        for _ in range(10):
            with database.write() as session:
                session.scalar(select(literal_column("'asked again'")))
        with database.read() as session:
            assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
        database.close()


def test_a_reading_unit_writes_nothing_to_postgresql(postgres_database: Database) -> None:
    with (
        pytest.raises(InternalError, match="read-only transaction"),
        postgres_database.read() as session,
    ):
        session.execute(delete(Shop))
    with postgres_database.write() as session:
        session.execute(delete(Shop))


def test_what_a_reading_unit_changes_in_hand_is_not_written(database: Database) -> None:
    with database.write() as session:
        session.add(Shop(slug="northkettle", profile={}, created_at=NOW))
    with database.read() as session:
        session.scalars(select(Shop)).one().slug = "another"
    with database.read() as session:
        assert session.scalars(select(Shop.slug)).all() == ["northkettle"]


def _take_connections(database: Database, count: int) -> None:
    with ExitStack() as held:
        for _ in range(count):
            held.enter_context(database.read()).connection()


@pytest.mark.parametrize(("own", "kept"), [("0", "5min"), ("1d", "5min"), ("90s", "90s")])
def test_postgresql_ends_what_a_process_that_stands_still_holds_open(own: str, kept: str, postgres_url: str) -> None:
    """It would keep its rows from everybody until it wakes. An operator's own limit stays where it is shorter."""
    with fresh_postgres_database(postgres_url) as url:
        database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
        with database.write() as session:
            name = session.scalar(text("SELECT current_database()"))
            session.execute(text(f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '{own}'"))
        database.close()
        with database.read() as session:
            assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == kept
        database.close()


@pytest.mark.parametrize("then_reads", [True, False])
def test_whoever_wakes_up_after_that_is_told_to_try_again(then_reads: bool, postgres_database: Database) -> None:
    with pytest.raises(StorageUnavailableError):
        _stand_still_in_a_unit(postgres_database, then_reads=then_reads)
    with postgres_database.read() as session:
        assert session.scalars(select(Shop)).all() == []


def _stand_still_in_a_unit(database: Database, *, then_reads: bool) -> None:
    with database.write() as session:
        session.add(Shop(slug="northkettle", profile={}, created_at=NOW))
        session.flush()
        process = session.scalar(text("SELECT pg_backend_pid()"))
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
        wait_until(lambda: not _lives(database, process), "its connection is ended")
        if then_reads:
            session.execute(select(Shop))


def _lives(database: Database, process: int | None) -> bool:
    lives = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid").bindparams(pid=process)
    with database.read() as session:
        return session.scalar(lives) == 1
