"""Many values in one statement: the same rows on both databases, and found by index."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Select, event, select
from sqlalchemy.orm import Session

from tests.support.dispatching import MORNING
from tests.support.orders import NORTHKETTLE, keep_shop
from tests.support.shelf import stock
from worker.store.many import are_among, given_among, given_pairs, is_among, once, rows_for, rows_of
from worker.store.models import Product
from worker.store.session import Database

Found = Callable[[Session, list[tuple[UUID, str]]], Iterator[Any]]


@once
def _kept(session: Session) -> Select[*tuple[Any, ...]]:
    return select(Product.shop_id, Product.product_id).where(given_pairs(session, Product.shop_id, Product.product_id))


def _asked(session: Session, pairs: list[tuple[UUID, str]]) -> Iterator[Any]:
    wanted = are_among(session, Product.shop_id, Product.product_id, pairs)
    yield from session.execute(select(Product.shop_id, Product.product_id).where(wanted))


@pytest.mark.parametrize("found", [_asked, lambda session, pairs: rows_for(session, _kept(session), pairs)])
def test_pairs_of_several_shops_find_their_rows_and_no_others(database: Database, found: Found) -> None:
    with database.write() as session:
        shops = [
            keep_shop(session, MORNING, NORTHKETTLE.model_copy(update={"slug": slug})).id for slug in ("one", "two")
        ]
        for shop_id in shops:
            for name in ("kettle", "beans", "tin"):
                stock(session, shop_id, name)
    wanted = [(shops[0], "kettle"), (shops[1], "beans"), (shops[1], "tin"), (shops[1], "nothing")]
    with database.read() as session:
        assert sorted(tuple(row) for row in found(session, wanted)) == sorted(wanted[:3])
        assert list(found(session, [])) == []


def test_names_are_found_whatever_is_in_them(database: Database) -> None:
    names = ['"quoted"', "back\\slash", "{braces}", "a,b", "NULL", "", "Tee für zwei", "l'eau", "two\nlines\\n"]
    with database.write() as session:
        shop_id = keep_shop(session, MORNING).id
        for name in (*names, "other"):
            stock(session, shop_id, name)
    with database.read() as session:
        wanted = select(Product.product_id).where(is_among(session, Product.product_id, names))
        assert sorted(session.scalars(wanted)) == sorted(names)
        pairs = rows_for(session, _kept(session), [(shop_id, name) for name in names])
        assert sorted(row.product_id for row in pairs) == sorted(names)


def test_sqlite_looks_pairs_up_instead_of_reading_the_whole_table(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        pairs = [(UUID(int=shop), name) for shop in (1, 2) for name in ("kettle", "beans")]
        query = select(Product.id).where(are_among(session, Product.shop_id, Product.product_id, pairs))
        text = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert not [step for step in plan if step.startswith("SCAN")]


@pytest.mark.parametrize(
    "among",
    [
        lambda session: is_among(session, Product.product_id, ["kettle", "beans"]),
        lambda session: given_among(session, Product.product_id, "names"),
    ],
)
def test_postgres_takes_a_list_apart_once_and_not_for_each_row(
    postgres_database: Database, among: Callable[[Session], ColumnElement[bool]]
) -> None:
    """A plan that was made while a table was small reads all of it, and is kept until statistics are made anew."""
    statements: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        statements.extend(row[0].strip() for row in cursor.fetchall())

    with postgres_database.read() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", explain)
        rows_of(session, select(Product.id).where(among(session)), {"names": ["kettle", "beans"]})
    [seen] = [line for line in statements if "ANY" in line]
    assert "InitPlan" in seen
    assert "::" not in seen
