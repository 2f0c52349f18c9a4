"""Bringing a shop's rows up to what a checked file says, a few hundred at a time.

Each few are a unit of their own: webhooks and mails, which write into the same database, do not wait for a large file.
What is broken off, the same file finishes: rows that are there already stay as they are.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worker.imports.cells import Row
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.table import STEP, Rows
from worker.store.models import Shop
from worker.store.session import Database, insert_into

Values = Mapping[str, Any]
Each = TypeVar("Each")
MOST_SEEKS = 4 * STEP


def lock_imports(session: Session, shop_id: UUID) -> None:
    """One import of a shop at a time: two of the same file would both take its rows for new. Webhooks do not wait."""
    session.execute(select(Shop.id).where(Shop.id == shop_id).with_for_update(key_share=True))


def store(
    database: Database,
    table: Any,
    shop_id: UUID,
    rows: Rows,
    read: Callable[[Row], Values],
    key: Sequence[str],
    *,
    locked: Callable[[Session, UUID], None] = lock_imports,
    stamp: Callable[[Session], Values] = lambda _session: {},
    afterwards: Callable[[Session, Sequence[Values]], None] = lambda _session, _values: None,
    replaces: bool = False,
    progress: Progress = no_progress,
) -> ImportReport:
    """Adds and changes rows by key; rows and columns that are not named stay. `replaces`: rows do not, if any is named.

    `locked` keeps others off until a unit ends. `stamp` is set on what changes; `afterwards` may change more in the
    unit that keeps some rows.
    """
    done, report = 0, ImportReport()
    for values in chunks(map(read, rows)):
        with database.write() as session:
            locked(session, shop_id)
            report += _keep(session, table, shop_id, values, key, stamp(session))
            afterwards(session, values)
        done += len(values)
        progress(len(rows) + done, 2 * len(rows))
    if replaces:
        report += _remove_others(database, table, shop_id, {_key(read(row), key) for row in rows}, key)
    return report


def chunks(values: Iterable[Each]) -> Iterator[list[Each]]:
    """As many at a time as one unit keeps."""
    waiting = iter(values)
    while chunk := list(islice(waiting, STEP)):
        yield chunk


def _keep(
    session: Session, table: Any, shop_id: UUID, values: Sequence[Values], key: Sequence[str], stamp: Values
) -> ImportReport:
    known = _known(session, table, shop_id, values, key)
    new = [value for value in values if _key(value, key) not in known]
    different = [value for value in values if _differs(known.get(_key(value, key)), value)]
    _upsert(session, table, shop_id, [*new, *different], key, stamp)
    added, changed = len(new), len(different)
    return ImportReport(added=added, changed=changed, unchanged=len(values) - added - changed)


def _remove_others(
    database: Database, table: Any, shop_id: UUID, named: Collection[tuple[Any, ...]], key: Sequence[str]
) -> ImportReport:
    if not named:
        return ImportReport(left_out=("Nothing is removed: the file names none.",))
    columns = table.__table__.c
    kept = select(columns.id, *(columns[name] for name in key)).where(columns.shop_id == shop_id)
    with database.write() as session:
        lock_imports(session, shop_id)
        gone = [row.id for row in session.execute(kept) if tuple(row)[1:] not in named]
        for some in chunks(gone):
            session.execute(delete(table).where(columns.id.in_(some)))
    return ImportReport(removed=len(gone))


def _known(
    session: Session, table: Any, shop_id: UUID, values: Sequence[Values], key: Sequence[str]
) -> dict[tuple[Any, ...], Any]:
    """What is kept under these keys, by key; a few more rows may be among it."""
    columns = table.__table__.c
    wanted, seeks = [columns.shop_id == shop_id], 1
    for name in key:  # as far down the index as it pays: databases try every value with every other
        alike = {value[name] for value in values}
        seeks *= len(alike)
        if seeks > MOST_SEEKS:
            break
        wanted.append(columns[name].in_(alike))
    rows = session.execute(select(*(columns[name] for name in values[0])).where(*wanted))
    return {tuple(getattr(row, name) for name in key): row for row in rows}


def _key(value: Values, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(value[name] for name in key)


def _differs(row: Any, value: Values) -> bool:
    return row is not None and any(getattr(row, name) != new for name, new in value.items())


def _upsert(
    session: Session, table: Any, shop_id: UUID, values: Sequence[Values], key: Sequence[str], stamp: Values
) -> None:
    """A webhook may have added the same row meanwhile: then the file's values win."""
    if not values:
        return
    insert = insert_into(session, table.__table__)
    told = {name: insert.excluded[name] for name in (*values[0], *stamp) if name not in key}
    statement = insert.on_conflict_do_update(index_elements=["shop_id", *key], set_=told)
    session.execute(statement, [{"shop_id": shop_id, **value, **stamp} for value in values])
