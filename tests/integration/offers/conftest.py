"""The world of dispatch with a stocked shelf: a dripper was bought, a kettle goes well with it."""

from pathlib import Path

import pytest

from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.shelf import pair, stock
from worker.store.session import Database


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    made = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    with database.write() as session:
        stock(session, made.shop_id, "product-1", "38.00", category="pour-over", tags=["brewer"])
        stock(session, made.shop_id, "product-2", "6.50", category="filters")
        stock(session, made.shop_id, "kettle", "49.00", category="kettles")
        pair(session, made.shop_id, "kettle", priority=9, pitch="A thin, steady pour")
    return made
