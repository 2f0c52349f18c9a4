"""A connected shop."""

from pathlib import Path

import pytest

from tests.support.intake import Connected, connected
from worker.store.session import Database


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    return connected(database, tmp_path / "var")
