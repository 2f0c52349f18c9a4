"""Backups: all tables as they stood at one moment, in a file that fills SQLite and PostgreSQL alike."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from worker.errors import UserError
from worker.store.backup_file import FORMAT, BackupWriter, Header
from worker.store.migrate import newest_revision, stored_revision
from worker.store.models import Base, Heartbeat
from worker.store.private_files import private_file
from worker.store.session import database_now
from worker.version import own_version

CHUNK = 500

Progress = Callable[[int], Any]


def backup_tables() -> dict[str, Table]:
    """Every table that a backup holds, parents first. Signs of life are of no use elsewhere."""
    return {table.name: table for table in Base.metadata.sorted_tables if table.name != Heartbeat.__tablename__}


def count_rows(session: Session) -> dict[str, int]:
    """How many rows each of those tables has."""
    tables = backup_tables().items()
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables}


def write_backup(session: Session, path: Path, *, header: Header, progress: Progress) -> None:
    """Writes everything into a new file that only this user may read; it appears under its name when it is whole.

    `session` is a snapshot, `header` is what `describe` says of it.

    Raises:
        UserError: the file is there already, or cannot be written.
        StorageUnavailableError: the database went away meanwhile; no file is left.
    """
    with private_file(path) as file:
        writer = BackupWriter(file)
        writer.header(header)
        for table in backup_tables().values():
            writer.table(table)
            for rows in _chunks(session, table):
                for row in rows:
                    writer.row(row)
                progress(len(rows))
        writer.close()


def describe(session: Session) -> Header:
    """The header of a backup of this snapshot.

    Raises:
        UserError: the schema has more than this version knows of, which would be missing in the backup.
    """
    own, found = newest_revision(), stored_revision(session)
    if found != own:
        raise UserError(f"The schema is {found}, this version has {own}: make the backup with the version that has it.")
    rows = count_rows(session)
    return Header(format=FORMAT, schema_revision=own, made_with=own_version(), made_at=database_now(session), rows=rows)


def _chunks(session: Session, table: Table) -> Iterator[list[Any]]:
    """A table's rows, a few at a time, however many there are."""
    result = session.execute(select(table), execution_options={"yield_per": CHUNK})
    return (list(rows) for rows in result.partitions())
