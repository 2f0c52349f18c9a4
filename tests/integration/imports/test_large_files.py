"""A file may be large: meanwhile others write into the same database, and what breaks off is gone on with."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.imports.conftest import NEEDED, Desk, product
from worker.imports.orders import import_orders
from worker.imports.products import import_products
from worker.imports.report import ImportReport
from worker.store.models import Product, Purchase, Shop

ORDERS = "order_id,placed_at,email,product_id,price"


def _products(count: int) -> str:
    return f"{NEEDED}\n" + "".join(product(str(number)) for number in range(count))


def _orders(count: int) -> str:
    rows = (f"{number},2026-05-14,mia{number}@example.com,7101,24.00\n" for number in range(count))
    return f"{ORDERS}\n" + "".join(rows)


IMPORTS = [(import_products, _products, Product), (import_orders, _orders, Purchase)]


def _others_may_write(desk: Desk) -> bool:
    """As a webhook of the shop would: at once, or not at all."""
    if desk.database.is_sqlite:
        with closing(sqlite3.connect(desk.folder / "postpurchase.db", timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True
    with desk.database.write() as session:
        free = select(Shop.id).with_for_update(read=True, key_share=True, skip_locked=True)
        return session.scalars(free).all() == [desk.shop_id]


@pytest.mark.parametrize(("read", "content", "table"), IMPORTS)
def test_nobody_waits_for_a_large_file_to_be_read_and_stored(
    desk: Desk, read: Callable[..., ImportReport], content: Callable[[int], str], table: type
) -> None:
    path = desk.folder / "large.csv"
    path.write_text(content(1200))
    free: list[bool] = []
    report = read(
        desk.database, desk.shop_id, path, progress=lambda _done, _total: free.append(_others_may_write(desk))
    )
    assert report.added == 1200
    assert len(free) > 3
    assert all(free)


@pytest.mark.parametrize(("read", "content", "table"), IMPORTS)
def test_an_import_that_was_interrupted_is_finished_by_the_next(
    desk: Desk, read: Callable[..., ImportReport], content: Callable[[int], str], table: type
) -> None:
    path = desk.folder / "large.csv"
    path.write_text(content(1200))

    def interrupt(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(desk.database, desk.shop_id, path, progress=interrupt)
    kept = len(desk.rows(table))
    report = read(desk.database, desk.shop_id, path)
    assert (report.added, report.unchanged) == (1200 - kept, kept)
    assert 0 < kept < 1200
    assert len(desk.rows(table)) == 1200


def test_a_file_that_can_be_read_but_once_is_read(desk: Desk) -> None:
    """A pipe, as in `orders import SHOP <(zcat orders.csv.gz)`."""
    reading, writing = os.pipe()
    os.write(writing, _orders(3).encode())
    os.close(writing)
    assert import_orders(desk.database, desk.shop_id, Path(f"/dev/fd/{reading}")).added == 3
    os.close(reading)
