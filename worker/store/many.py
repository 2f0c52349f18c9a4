"""Many values in one statement, whose text is the same however many they are.

Lists written out one by one make PostgreSQL plan, and its driver take apart, each length anew; there they go as an
array. SQLite, which runs in this process, gains nothing by that. `bulk.py` writes many rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    ColumnElement,
    Dialect,
    Executable,
    Result,
    Select,
    TableValuedAlias,
    Text,
    TypeDecorator,
    and_,
    any_,
    bindparam,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import (
    cast as as_type,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from worker.store.session import is_postgres

Made = TypeVar("Made")

OTHER_ESCAPE = re.compile(r'\\[^"\\]')
"""In a JSON text what may be an escape that arrays do not know; a quotation mark and a backslash are escaped alike."""


def is_among(session: Session, attribute: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of these values."""
    listed = list(values)
    if not is_postgres(session):
        return attribute.in_(listed)
    return _is_any(attribute, literal(listed, Listed()))


def are_among(
    session: Session,
    first: InstrumentedAttribute[Any],
    second: InstrumentedAttribute[Any],
    pairs: Iterable[tuple[Any, Any]],
) -> ColumnElement[bool]:
    """Whether two columns together have one of these pairs of values.

    Asked for more than one pair SQLite reads the whole table, whatever its indexes; asked for the one value and a list
    of the other it does not.
    """
    listed = list(pairs)
    if not is_postgres(session):
        return or_(false(), *(and_(first == one, second.in_(others)) for one, others in _by_first(listed).items()))
    arrays = (_array(first, [pair[0] for pair in listed]), _array(second, [pair[1] for pair in listed]))
    columns = (column("first", first.type), column("second", second.type))
    wanted = func.unnest(*arrays).table_valued(*columns).render_derived()
    return tuple_(first, second).in_(select(wanted.c.first, wanted.c.second))


def holds_text(session: Session, attribute: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Whether a column of bytes holds this text in UTF-8, letter by letter."""
    if not is_postgres(session):
        return func.instr(attribute, text.encode()) > 0
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return attribute.bool_op("LIKE")(f"%{escaped}%".encode())


def given_among(session: Session, attribute: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """`is_among` for a statement that is made once and kept: the values come as the parameter `name`."""
    if not is_postgres(session):
        return attribute.in_(bindparam(name, expanding=True))
    return _is_any(attribute, bindparam(name, type_=Listed()))


def given_pairs(
    session: Session, first: InstrumentedAttribute[Any], second: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """`are_among` for a statement that is made once and kept, and run by `rows_for`."""
    if not is_postgres(session):
        return _in_pairs(first, second)
    wanted = _told_pairs(first, second)
    return tuple_(first, second).in_(select(wanted.c.first, wanted.c.second))


def per_pair(
    session: Session,
    query: Select[*tuple[Any, ...]],
    first: InstrumentedAttribute[Any],
    second: InstrumentedAttribute[Any],
) -> Select[*tuple[Any, ...]]:
    """The query with `given_pairs`, each pair looked up for itself whatever the statistics say.

    For conditions that hold for many rows an hour after they held for none: PostgreSQL would take all such rows, which
    it believes to be one, and look for the pairs among them.
    """
    if not is_postgres(session):
        return query.where(_in_pairs(first, second))
    wanted = _told_pairs(first, second)
    mine = query.where(first == wanted.c.first, second == wanted.c.second)
    each = mine.offset(literal_column("0")).lateral()  # the offset keeps it a query of its own
    return select(each).select_from(wanted.join(each, true()))


def _in_pairs(first: InstrumentedAttribute[Any], second: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return and_(first == bindparam("first"), second.in_(bindparam("second", expanding=True)))


def _told_pairs(first: InstrumentedAttribute[Any], second: InstrumentedAttribute[Any]) -> TableValuedAlias:
    columns = (column("first", first.type), column("second", second.type))
    arrays = (_as_array(each, bindparam(each.name, type_=Listed())) for each in columns)
    return func.unnest(*arrays).table_valued(*columns).render_derived()


def rows_of(session: Session, query: Executable, told: Mapping[str, Any]) -> Result[Any]:
    """Plain rows of a query for columns, past what the session does for objects: that takes as long as the query."""
    if session.new or session.dirty or session.deleted:
        session.flush()
    return session.connection().execute(query, told)


def rows_for(
    session: Session, query: Select[*tuple[Any, ...]], pairs: Iterable[tuple[Any, Any]], **told: Any
) -> list[Any]:
    """The rows of a query with `given_pairs`. On SQLite it runs once per first value. `told`: its other parameters."""
    if not is_postgres(session):
        asked = [{"first": first, "second": others} for first, others in _by_first(pairs).items()]
    else:
        listed = list(pairs)
        asked = [{"first": [one for one, _ in listed], "second": [two for _, two in listed]}] if listed else []
    return [row for each in asked for row in rows_of(session, query, told | each).all()]


def once(build: Callable[[Session], Made]) -> Callable[[Session], Made]:
    """Keeps what is built for each kind of database: putting a statement together takes as long as running it."""
    kept: dict[str, Made] = {}

    @wraps(build)
    def made(session: Session) -> Made:
        kind = session.get_bind().dialect.name
        if kind not in kept:
            kept[kind] = build(session)
        return kept[kind]

    return made


def _by_first(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for first, second in pairs:
        found.setdefault(first, []).append(second)
    return found


class Listed(TypeDecorator[Sequence[Any]]):
    """A list of text, ids, numbers, times or bytes as PostgreSQL writes arrays: its driver takes 1.5 µs for each value
    of a list of Python's, and a mail has thirty of them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> str:
        listed = list(value or ())
        written = orjson.dumps(listed, default=_as_text).decode()
        if OTHER_ESCAPE.search(written):
            written = "[" + ",".join(map(_as_element, listed)) + "]"
        return "{" + written[1:-1] + "}"


class ListedDocuments(Listed):
    """The same of JSON documents."""

    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> str:
        documents = (None if each is None else orjson.dumps(each).decode() for each in value or ())
        return super().process_bind_param(list(documents), dialect)


def _as_element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return orjson.dumps(value, default=_as_text).decode()


def _as_text(value: Any) -> str:
    """Bytes as PostgreSQL reads them."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} has no place in a list")


def _is_any(attribute: InstrumentedAttribute[Any], listed: ColumnElement[Any]) -> ColumnElement[bool]:
    """The list is taken apart in a query of its own, once: PostgreSQL does it for each row that it reads elsewhere, and
    where a plan is kept from when a table was small it reads them all."""
    array = _as_array(attribute, listed)
    return attribute == any_(as_type(select(array).scalar_subquery(), array.type))


def _array(attribute: InstrumentedAttribute[Any], values: Sequence[Any]) -> Any:
    return _as_array(attribute, literal(values, Listed()))


def _as_array(like: Any, listed: ColumnElement[Any]) -> Any:
    return as_type(listed, ARRAY(like.type))
