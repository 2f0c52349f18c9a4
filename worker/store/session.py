"""The database: one engine per process, writing and reading units of work.

SQLite has one writer. A read-then-write under a plain BEGIN fails at once with "database is locked", whatever the
time-out, so writing units begin with BEGIN IMMEDIATE; a lock per process keeps its threads from queueing in the driver.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, extract, func, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session

from worker.errors import StorageFullError, StorageUnavailableError

BUSY_TIMEOUT_S = 30
DISK_FULL = "53100"
"""PostgreSQL's word for it; SQLite's is SQLITE_FULL."""
IDLE_LIMIT_S = 300
"""How long a unit on PostgreSQL may do nothing before the server ends it. Ours do nothing for seconds at the most; a
process that stands still, or a machine that is gone, would keep its rows from everybody until somebody notices.
"""
OUTLINE = bytes.maketrans(b"123456789:,[-\t\r\n", b"000000000" + b" " * 7)
LONG_NUMBER = b" " + b"0" * 19
"""In a document's outline, the shortest whole number that may not fit into 64 bits. Not the digits of a text, such as a
parcel's number, which a quotation mark precedes. A search for digits would take longer than the reading."""


_LIMIT_IDLENESS = (
    "SELECT set_config(name, %(ms)s::text, false) FROM pg_settings WHERE CASE name"
    " WHEN 'idle_in_transaction_session_timeout' THEN setting::bigint NOT BETWEEN 1 AND %(ms)s ELSE false END"
)
"""An operator's own limit stays where it is shorter."""


class Database:
    """Units of work over one engine. Objects outlive their unit (`expire_on_commit=False`)."""

    def __init__(self, url: str, *, pool_size: int = 10, patience_s: float = 30) -> None:
        """`patience_s`: how long a unit waits for a connection while others have them all."""
        self.is_sqlite = url.startswith("sqlite")
        make = _sqlite_engine if self.is_sqlite else _postgres_engine
        self.engine = make(url, pool_size=pool_size, max_overflow=pool_size, pool_timeout=patience_s)
        self._reading = self.engine if self.is_sqlite else self.engine.execution_options(postgresql_readonly=True)
        self._writing = threading.Lock() if self.is_sqlite else None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A unit that may write: commits at the end, rolls back on any error.

        Raises:
            StorageUnavailableError: the database cannot be reached, or is locked.
            StorageFullError: it has no room.
        """
        with self._writing or nullcontext(), _translated(), Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection(execution_options={"begin_immediate": True})
            with session.begin() if not session.in_transaction() else _finish(session):
                yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A unit that only reads."""
        with _translated(), Session(self._reading, expire_on_commit=False) as session:
            yield session
            if not self.is_sqlite and session.in_transaction():
                _end(session.connection())

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A plain connection, for what is about the schema itself."""
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A unit that reads everything as it stood at one moment, however long it takes; nobody waits for it."""
        options: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.read() as session:
            session.connection(execution_options=options)
            yield session

    def now(self) -> datetime:
        """The database's clock, aware UTC. Governs leases and due times on every machine."""
        with self.read() as session:
            return database_now(session)

    def close(self) -> None:
        self.engine.dispose()


def is_postgres(session: Session) -> bool:
    """Whether the unit is one of PostgreSQL's; else it is SQLite's."""
    return session.get_bind().dialect.name == "postgresql"


def seconds_between(session: Session, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
    """The time between two moments, for the database to count."""
    if is_postgres(session):
        return extract("epoch", later - earlier)
    return (func.julianday(later) - func.julianday(earlier)) * 86400


def insert_into(session: Session, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what becomes of rows that are there already: each database has one of its own."""
    return postgresql.insert(table) if is_postgres(session) else sqlite.insert(table)


def database_now(session: Session) -> datetime:
    """The database's clock within a unit, aware UTC (not frozen at the transaction's start)."""
    if not is_postgres(session):
        stamp = session.connection().exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')").scalar_one()
        return datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC)
    found: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return found.astimezone(UTC)


def database_clock(session: Session) -> ColumnElement[datetime]:
    """The database's clock when the statement runs, to compare stored times with: saves asking for it before."""
    if is_postgres(session):
        return func.statement_timestamp()  # unlike clock_timestamp() good for a look into an index
    return literal_column("strftime('%Y-%m-%d %H:%M:%f000', 'now')")  # as SQLite keeps a `Moment`


@contextmanager
def _finish(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.commit()


def _end(connection: Connection) -> None:
    """Without a rollback, at which the driver forgets the statements that it has prepared: all are planned anew."""
    if (begun := connection.get_transaction()) is not None:
        begun.commit()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _is_full(error.orig):
            raise StorageFullError(f"The database has no room: {error.orig}") from error
        raise StorageUnavailableError(f"The database does not answer: {error.orig}") from error
    except NoConnectionError as error:
        raise StorageUnavailableError("The database's connections are all in use.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageUnavailableError(f"The database connection was lost: {error.orig}") from error
        raise


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == DISK_FULL


def _parsed(document: str | bytes) -> Any:
    """A JSON column's value. What orjson does not take (NaN, half a surrogate pair), or would round to a float (whole
    numbers beyond 64 bits), Python's own reader does.
    """
    if document in ("[]", b"[]"):  # most lists of a product
        return []
    raw = document.encode(errors="replace") if isinstance(document, str) else document
    if LONG_NUMBER in raw.translate(OUTLINE):  # after a blank in a text too: then it is only read more slowly
        return json.loads(document)
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError:
        return json.loads(document)


def _sqlite_engine(url: str, **pool: Any) -> Engine:
    arguments = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, json_deserializer=_parsed, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below decides, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("begin_immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgres_engine(url: str, **pool: Any) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_use_lifo=True,  # each connection keeps its own plans: few that are used often have them all
        hide_parameters=True,  # errors reach the log, customers' data must not
        json_deserializer=_parsed,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: Any) -> None:  # no start-up option: poolers refuse those that they don't know
        connection.execute(_LIMIT_IDLENESS, {"ms": IDLE_LIMIT_S * 1000})
        if _is_pooled(connection):
            connection.prepare_threshold = None  # the next unit may meet another server, which has no such plan
        connection.commit()

    return engine


def _is_pooled(connection: Any) -> bool:
    """Whether a pooler stands between (PgBouncer): the server that answers is not the one that greeted us."""
    (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    return bool(pid != connection.info.backend_pid)
