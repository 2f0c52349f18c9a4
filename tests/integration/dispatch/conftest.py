"""A world in which messages are claimed, gated and delivered, on both databases."""

from pathlib import Path

import pytest

from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from worker.store.session import Database


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))


@pytest.fixture
def redirected(database: Database, tmp_path: Path) -> World:
    """The same world in test mode."""
    settings = {"secret_key": "a test's secret key", "redirect_all_to": "test@northkettle.example"}
    return build_world(installed(database, tmp_path, clock="simulated", **settings))
