"""Bringing a shop's rows up to what a checked file says, in the caller's transaction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.table import STEP
from worker.store.models import Shop

Values = Mapping[str, Any]


def store(
    session: Session,
    table: Any,
    shop_id: UUID,
    values: Sequence[Values],
    key: Sequence[str],
    *,
    stamp: Values | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Adds and changes rows by key; rows and columns that are not named stay. `stamp` is set on what changes."""
    # One import of a shop at a time: two of the same file would both take its rows for new.
    session.execute(select(Shop.id).where(Shop.id == shop_id).with_for_update())
    known = _known(session, table, shop_id, key)
    added = changed = 0
    for start, chunk in _chunks(values):
        new = [value for value in chunk if tuple(value[name] for name in key) not in known]
        different = [value for value in chunk if _differs(known.get(tuple(value[name] for name in key)), value)]
        _upsert(session, table, shop_id, [*new, *different], key, stamp or {})
        added, changed = added + len(new), changed + len(different)
        progress(len(values) + start + len(chunk), 2 * len(values))
    session.expire_all()  # the rows were written past the objects in hand
    return ImportReport(added=added, changed=changed, unchanged=len(values) - added - changed)


def _known(session: Session, table: Any, shop_id: UUID, key: Sequence[str]) -> dict[tuple[Any, ...], Any]:
    rows = session.scalars(select(table).where(table.shop_id == shop_id).execution_options(populate_existing=True))
    return {tuple(getattr(row, name) for name in key): row for row in rows}


def _differs(row: Any, value: Values) -> bool:
    return row is not None and any(getattr(row, name) != new for name, new in value.items())


def _upsert(
    session: Session, table: Any, shop_id: UUID, values: Sequence[Values], key: Sequence[str], stamp: Values
) -> None:
    """A webhook may have added the same row meanwhile: then the file's values win."""
    if not values:
        return
    insert = (sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert)(table.__table__)
    told = {name: insert.excluded[name] for name in (*values[0], *stamp) if name not in key}
    statement = insert.on_conflict_do_update(index_elements=["shop_id", *key], set_=told)
    session.execute(statement, [{"shop_id": shop_id, **value, **stamp} for value in values])


def _chunks(values: Sequence[Values]) -> Iterator[tuple[int, Sequence[Values]]]:
    return ((start, values[start : start + STEP]) for start in range(0, len(values), STEP))
