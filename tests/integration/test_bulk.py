"""Many rows in one statement: every value arrives as it was, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.dispatching import MORNING
from tests.support.orders import keep_shop
from tests.support.shelf import stock
from worker.store.bulk import insert_rows, update_rows
from worker.store.models import Product, Shop
from worker.store.session import Database

ODD = ['"quoted"', "back\\slash", "{braces}", "a,b", "NULL", "null", "", "Tee für zwei ☕", "two\nlines\\n", "\ta\x1f"]


def test_texts_and_documents_are_written_whatever_is_in_them(database: Database) -> None:
    with database.write() as session:
        rows = [{"slug": text, "profile": {"name": text, "more": [text, None, 1.5]}} for text in ODD]
        insert_rows(session, Shop, rows, {"created_at": MORNING})
    with database.read() as session:
        shops = session.scalars(select(Shop)).all()
    assert {shop.slug: shop.profile for shop in shops} == {row["slug"]: row["profile"] for row in rows}
    assert {shop.created_at for shop in shops} == {MORNING}
    assert len({shop.id for shop in shops}) == len(ODD), "each has an id of its own"


@pytest.mark.parametrize("alike", [{}, {"brand": 'a\n"b"', "cost": None, "tags": ["tea"]}])
def test_each_row_gets_its_own_values_and_those_that_all_have_alike(alike: dict[str, Any], database: Database) -> None:
    names = ("kettle", "dripper", "beans")
    with database.write() as session:
        shop_id = keep_shop(session, MORNING).id
        for name in names:
            stock(session, shop_id, name, title="as it was")
    with database.write() as session:
        ids = dict(session.execute(select(Product.product_id, Product.id)).all())
        told = [{"title": "two\nlines", "inventory": None}, {"title": "plain", "inventory": 7}]
        update_rows(session, Product, [{"id": ids[name]} | new for name, new in zip(names, told, strict=False)], alike)
    with database.read() as session:
        found = {row.product_id: row for row in session.scalars(select(Product))}
    for name, new in zip(names, told, strict=False):
        assert {column: getattr(found[name], column) for column in new | alike} == new | alike
    assert found["beans"].title == "as it was"
