"""A command line whose installation is the test's database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from schedules.shop import ShopProfile
from worker.cli.main import app
from worker.store.session import Database
from worker.store.shops import add_shop

FILES_ALONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what depends on files, whichever the database is."""
NOW = datetime(2026, 5, 14, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def environment(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    if not database.is_sqlite:
        monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def cli(environment: None) -> Cli:
    def run(*words: str) -> Ran:
        result = CliRunner().invoke(app, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(code=result.exit_code, out=result.stdout, err=result.stderr)

    return run


@pytest.fixture
def shop(environment: None, database: Database) -> str:
    """A shop as `shop add` leaves it, without the command: most tests have one."""
    profile = ShopProfile(slug="northkettle", name="Northkettle", currency="EUR", timezone="Europe/Dublin")
    with database.write() as session:
        add_shop(session, profile, now=NOW)
    return profile.slug
