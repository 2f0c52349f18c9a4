"""Many rows written in one statement, whose text is the same however many they are.

To PostgreSQL rows go as one JSON document: a row a statement, or a list of values for each, costs more than the row
itself. SQLite, which runs in this process, gains nothing by that.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Insert,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy import (
    cast as as_type,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from worker.store.session import is_postgres

Row = Mapping[str, Any]
KEY = "id"


def insert_rows(session: Session, model: Any, rows: Sequence[Row]) -> None:
    """Adds rows, all of the same columns; what a row does not name gets its default."""
    if not rows:
        return
    if is_postgres(session):
        session.connection().execute(_insertion(model.__table__, tuple(rows[0])), {"rows": _document(rows)})
    else:
        session.execute(insert(model), rows)


def insert_new(session: Session, model: Any, rows: Sequence[Row]) -> set[UUID]:
    """Adds rows as `insert_rows`, but for those that clash with one that is there; the ids of those added."""
    if not rows:
        return set()
    if is_postgres(session):
        made = session.connection().execute(_new(model.__table__, tuple(rows[0])), {"rows": _document(rows)}).scalars()
    else:
        made = session.scalars(sqlite.insert(model).on_conflict_do_nothing().returning(model.id), rows)
    return set(made)


def update_rows(session: Session, model: Any, rows: Sequence[Row], *, only: ColumnElement[bool] | None = None) -> None:
    """Changes rows by their `id`, all in the same columns: those that `only` allows. Objects in hand are not told."""
    if not rows:
        return
    table = cast(Table, model.__table__)
    names = tuple(name for name in rows[0] if name != KEY)
    if is_postgres(session):
        change, values = _change(table, names), [{"rows": _document(rows)}]
    else:
        change = update(table).where(table.c[KEY] == bindparam("of_id", type_=table.c[KEY].type))
        change = change.values({name: bindparam(f"to_{name}", type_=table.c[name].type) for name in names})
        values = [{f"to_{name}": row[name] for name in names} | {"of_id": row[KEY]} for row in rows]
    session.connection().execute(change if only is None else change.where(only), values)


def _document(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, default=_written).decode()


def _written(value: Any) -> str:
    """Bytes as PostgreSQL reads them."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} has no place in a row")


@lru_cache(maxsize=256)
def _insertion(table: Table, names: tuple[str, ...]) -> Insert:
    return insert(table).from_select(list(names), select(*_records(table, names).c))


@lru_cache(maxsize=256)
def _new(table: Table, names: tuple[str, ...]) -> ReturningInsert[UUID]:
    made = postgresql.insert(table).from_select(list(names), select(*_records(table, names).c))
    return made.on_conflict_do_nothing().returning(table.c[KEY])


@lru_cache(maxsize=256)
def _change(table: Table, names: tuple[str, ...]) -> Update:
    records = _records(table, (KEY, *names))
    return update(table).where(table.c[KEY] == records.c[KEY]).values({name: records.c[name] for name in names})


def _records(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    """The document as rows of the table's own types."""
    document = as_type(bindparam("rows", type_=Text()), JSON())
    like: ColumnElement[Any] = literal_column(f'NULL::"{table.name}"')
    columns = [column(name, table.c[name].type) for name in names]
    return func.json_populate_recordset(like, document).table_valued(*columns, name="told")
