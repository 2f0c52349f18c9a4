"""Journeys run on one process with SQLite, and on many with PostgreSQL and Redis.

The one process, where it is a test's own, is started as a user would; all others are forked.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.journey import Journey
from tests.support.processes import Processes
from tests.support.sendgrid import stand_in
from tests.support.servers import fresh_postgres_database

KINDS = ("embedded", "distributed")


@pytest.fixture(params=KINDS)
def journey(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    """An installation of one test's own, which may be killed."""
    yield from begun(request, tmp_path, is_forked=request.param == "distributed")


@pytest.fixture(params=KINDS, scope="module")
def shared_journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """An installation that a module's tests share, each with orders of its own: starting processes takes longest."""
    yield from begun(request, tmp_path_factory.mktemp("journey"), is_forked=True)


def begun(request: pytest.FixtureRequest, folder: Path, *, is_forked: bool) -> Iterator[Journey]:
    with ExitStack() as stack:
        sendgrid = stack.enter_context(stand_in())
        environment = {
            "POSTPURCHASE_CLOCK": "simulated",
            "POSTPURCHASE_SENDGRID_API_KEY": "SG.stand-in",
            "POSTPURCHASE_SENDGRID_BASE_URL": sendgrid.url,
            "POSTPURCHASE_SECRET_KEY": "a long random text for this journey",
        }
        if request.param == "distributed":
            server = request.getfixturevalue("postgres_url")
            environment["POSTPURCHASE_DATABASE_URL"] = stack.enter_context(fresh_postgres_database(server))
            environment["POSTPURCHASE_BROKER_URL"] = request.getfixturevalue("redis_url")
        processes = Processes(folder, environment, is_forked=is_forked)
        stack.callback(processes.stop_all)
        journey = Journey(processes, sendgrid, request.param)
        journey.begin()
        stack.callback(journey.beside.close)
        yield journey
