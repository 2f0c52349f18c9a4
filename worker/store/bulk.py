"""Many rows written in one statement, whose text is the same however many they are.

To PostgreSQL each column goes as one array, and what all rows have alike as one value: a row a statement, a list of
values for each, or one JSON document costs more than the rows themselves. SQLite, which runs in this process, gains
nothing by that.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Insert,
    Integer,
    Select,
    Table,
    TableValuedAlias,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import (
    cast as as_type,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from worker.store.many import Listed, ListedDocuments
from worker.store.session import is_postgres
from worker.store.types import new_id_text

Row = dict[str, Any]
KEY = "id"
_NOTHING: Row = {}


def insert_rows(session: Session, model: Any, rows: Sequence[Row], alike: Row = _NOTHING) -> None:
    """Adds rows, all of the same columns; what a row does not name gets its default, its id among it.

    `alike`: further columns, with what is the same in every row.
    """
    if not rows:
        return
    if is_postgres(session):
        told = _columns(rows)
        if KEY not in told:
            told[KEY] = [new_id_text() for _ in rows]
        session.connection().execute(_insertion(model.__table__, tuple(told), tuple(alike)), _given(told | alike))
    else:
        session.execute(insert(model), [alike | row for row in rows])


def insert_new(session: Session, model: Any, rows: Sequence[Row]) -> set[UUID]:
    """Adds rows as `insert_rows`, but for those that clash with one that is there; the ids of those added."""
    if not rows:
        return set()
    if is_postgres(session):
        told = _columns(rows)
        made = session.connection().execute(_new(model.__table__, tuple(told)), _given(told)).scalars()
    else:
        made = session.scalars(sqlite.insert(model).on_conflict_do_nothing().returning(model.id), rows)
    return set(made)


def update_rows(
    session: Session, model: Any, rows: Sequence[Row], alike: Row = _NOTHING, *, only: ColumnElement[bool] | None = None
) -> None:
    """Changes rows by their `id`, all in the same columns: those that `only` allows. Objects in hand are not told.

    `alike`: further columns, with what becomes the same in every row.
    """
    if not rows:
        return
    table = cast(Table, model.__table__)
    if is_postgres(session):
        change = _change(table, tuple(rows[0]), tuple(alike), only)
        values = [_given(_columns(rows) | alike) | {"most": len(rows)}]
    else:
        change = update(table).where(table.c[KEY] == _value(table.c[KEY]))
        change = change.values({name: _value(table.c[name]) for name in (*rows[0], *alike) if name != KEY})
        change = change if only is None else change.where(only)
        values = [_given(alike | row) for row in rows]
    session.connection().execute(change, values)


def _columns(rows: Sequence[Row]) -> Row:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _given(values: Row) -> Row:
    """The names of columns themselves are SQLAlchemy's."""
    return {f"to_{name}": value for name, value in values.items()}


def _value(of: Column[Any]) -> BindParameter[Any]:
    return bindparam(f"to_{of.name}", type_=of.type)


@lru_cache(maxsize=256)
def _insertion(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Insert:
    return insert(table).from_select([*names, *alike], _rows(table, names, alike))


@lru_cache(maxsize=256)
def _new(table: Table, names: tuple[str, ...]) -> ReturningInsert[UUID]:
    made = postgresql.insert(table).from_select(list(names), _rows(table, names, ()))
    return made.on_conflict_do_nothing().returning(table.c[KEY])


@lru_cache(maxsize=256)
def _change(table: Table, names: tuple[str, ...], alike: tuple[str, ...], only: ColumnElement[bool] | None) -> Update:
    # A limit that is not known lets PostgreSQL think of few rows: a plan that it keeps from when the table was small
    # looks each up in the index too.
    told = select(*_told(table, names).c).limit(bindparam("most", type_=Integer())).subquery("rows").c
    values = {name: told[name] for name in names if name != KEY} | {name: _value(table.c[name]) for name in alike}
    change = update(table).where(table.c[KEY] == told[KEY]).values(values)
    return change if only is None else change.where(only)


def _rows(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Select[Any]:
    return select(*_told(table, names).c, *(_value(table.c[name]) for name in alike))


def _told(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    """The arrays as rows of the table's own types."""
    columns = [table.c[name] for name in names]
    arrays = (as_type(bindparam(f"to_{each.name}", type_=_as_listed(each)), ARRAY(each.type)) for each in columns)
    rows = func.unnest(*arrays).table_valued(*(column(each.name, each.type) for each in columns), name="told")
    return rows.render_derived()


def _as_listed(of: Column[Any]) -> Listed:
    return ListedDocuments() if isinstance(of.type, JSON) else Listed()
