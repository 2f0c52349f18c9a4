"""A world of dispatch with a stocked shelf: a dripper was bought, a kettle goes well with it. And shops with codes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code_shops import CodeShop, code_shop
from tests.support.coding import Coded, coded
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


@pytest.fixture(scope="module")
def running() -> Iterator[CodeShop]:
    with code_shop() as shop:
        yield shop


@pytest.fixture
def mia(request: pytest.FixtureRequest, database: Database, tmp_path: Path, running: CodeShop) -> Iterator[Coded]:
    fresh = CodeShop(url=running.url)
    for name, value in vars(fresh).items():
        setattr(running, name, value)
    yield coded(database, tmp_path, running, request.param)
    assert running.faults == []
