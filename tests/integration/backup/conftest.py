"""Two databases: one that is lost, and an empty one that its backup goes into; every pair of kinds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.servers import fresh_postgres_database
from worker.cli.main import app
from worker.store.session import Database

KEY = "a key that both installations know"


class Place:
    """An installation of its own as its user sees it: settings and commands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data_dir: Path, url: str | None) -> None:
        self.data_dir = data_dir
        self.key = KEY
        self.clock = "simulated"
        self._url = url
        self._monkeypatch = monkeypatch

    @property
    def url(self) -> str:
        return self._url or f"sqlite:///{self.data_dir / 'postpurchase.db'}"

    def run(self, *words: str, code: int = 0) -> str:
        """What the command said: stdout, or stderr when it was to fail."""
        with self._environment():
            result = CliRunner().invoke(app, list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stderr if code else result.stdout

    def told(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    @contextmanager
    def _environment(self) -> Iterator[None]:
        values = {"DATA_DIR": str(self.data_dir), "SECRET_KEY": self.key, "CLOCK": self.clock}
        with self._monkeypatch.context() as here:
            here.setenv("COLUMNS", "200")
            for name, value in (values | ({"DATABASE_URL": self._url} if self._url else {})).items():
                here.setenv(f"POSTPURCHASE_{name}", value)
            yield


@pytest.fixture
def lost(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where the backup is made: around the test's database."""
    url = None if database.is_sqlite else database.engine.url.render_as_string(hide_password=False)
    return Place(monkeypatch, tmp_path, url)


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Where it is restored, of each kind."""
    yield from nothing_yet(request.param, request, tmp_path, monkeypatch)


def nothing_yet(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A place of this kind without anything, not even a schema."""
    if kind == "sqlite":
        yield Place(monkeypatch, tmp_path / "fresh", None)
        return
    with fresh_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield Place(monkeypatch, tmp_path / "fresh", url.replace("postgresql://", "postgresql+psycopg://", 1))


@pytest.fixture
def reopen() -> Iterator[Callable[[Place], Database]]:
    """Opens the database of a place, until the test ends."""
    opened: list[Database] = []

    def open_(place: Place) -> Database:
        opened.append(Database(place.url))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """The world that is lost."""
    return build_world(installed(database, tmp_path, clock="simulated", secret_key=KEY))
