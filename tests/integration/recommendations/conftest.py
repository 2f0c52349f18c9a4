"""A shop with a shelf and a year of imported orders: who buys a dripper often takes a kettle."""

from pathlib import Path

import pytest

from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.shelf import stock
from worker.imports.orders import import_orders
from worker.imports.report import ImportReport
from worker.store.session import Database

HEADER = "order_id,placed_at,email,product_id,variant_id,quantity,price\n"


def past_orders(count: int = 200) -> str:
    """Every second order holds a dripper (`product-1`); two in five of those also a kettle."""
    rows = []
    for number in range(count):
        when, who = f"2030-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00Z", f"buyer{number % 90}@example.com"
        basket = ["product-1", "kettle" if number % 5 < 2 else "cups"] if number % 2 == 0 else ["beans", "tin"]
        rows += [f"past-{number},{when},{who},{product},,1,10.00\n" for product in basket]
    return HEADER + "".join(rows)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    made = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    with database.write() as session:
        stock(session, made.shop_id, "product-1", "38.00", category="pour-over")
        stock(session, made.shop_id, "kettle", "39.00", category="kettles")
        stock(session, made.shop_id, "cups", "26.00", category="cups")
        stock(session, made.shop_id, "beans", "24.00", category="beans")
        stock(session, made.shop_id, "tin", "18.00", category="storage")
    return made


def take(world: World, content: str, folder: Path) -> ImportReport:
    """Imports past orders of this content."""
    path = folder / "orders.csv"
    path.write_text(content, encoding="utf-8")
    return import_orders(world.installation.database, world.shop_id, path)
