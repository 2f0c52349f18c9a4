"""The clock of the database's host, set back and put right while everything runs: leases and due times go by it.

SQLite's host is the process's own. PostgreSQL's clock cannot be moved from here, so the processes under proof find a
functions of the same names before its own.
"""

import os
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from tests.proof.blows import replace
from tests.proof.pace import shift_clock

FILE = "clock"
REFRESH_S = 1.0
"""After how long a process looks at the database's clock again, instead of 30 s."""
WRITTEN = re.compile(r"(%[YmdHMf]|[^%])*")
"""Ways of writing a moment whose letters mean the same here as in SQLite, `%f` apart."""
POSTGRES_CLOCKS = {"clock_timestamp": "VOLATILE", "statement_timestamp": "STABLE"}


def set_clock(folder: Path, settings: dict[str, str], *, by_s: float) -> None:
    """From now on the host's clock is off by so much; 0: it is right again."""
    if "database_url" not in settings:
        (folder / FILE).write_text(f"{by_s:012.3f}")
        return
    with psycopg.connect(settings["database_url"], autocommit=True) as admin:
        admin.execute("CREATE SCHEMA IF NOT EXISTS host")
        for clock, changes in POSTGRES_CLOCKS.items():
            admin.execute(
                f"CREATE OR REPLACE FUNCTION host.{clock}() RETURNS timestamptz LANGUAGE sql {changes}"
                f" AS $$SELECT pg_catalog.{clock}() + interval '{by_s} s'$$"
            )


def loosen_clock(folder: Path) -> None:
    """This process takes part in it."""
    by_s = _reader(folder / FILE)
    replace("worker.clock:REFRESH_S", lambda _old: REFRESH_S)
    real_now = datetime.now

    def now(wanted: str, when: str) -> str:
        assert when == "now", "SQLite is asked for another time"
        assert WRITTEN.fullmatch(wanted), "SQLite is asked for its clock in another way"
        moment = real_now(UTC) + timedelta(seconds=by_s())
        seconds = moment.strftime("%S.%f")[:-3]  # what SQLite calls %f
        return moment.strftime(wanted.replace("%f", seconds))

    @event.listens_for(Engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.create_function("strftime", 2, now)
        else:
            connection.execute("SET search_path = public, host, pg_catalog")
            connection.commit()

    shift_clock(by_s)


def _reader(path: Path) -> Callable[[], float]:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    return lambda: float(os.pread(file, 32, 0) or b"0")
