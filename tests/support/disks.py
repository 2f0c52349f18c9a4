"""A small disk for a database, and how it is filled to its last byte: a real one, every write to it meets ENOSPC.

It is a tmpfs, so it needs root and a machine that lets root mount. Where that is not so, the reason is told.
"""

import errno
import fcntl
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import event

from worker.store.session import Database

SIZE = "400m"
MARK = "may-be-filled"
"""A file of this name lies on every small disk, so that never another one is filled; who has the disk locks it."""
PREFIX = "disk-"
BALLAST = "ballast"
STEPS = (1 << 20, 4096)


class NoDiskError(Exception):
    """This machine gives us no disk of our own; the text says why."""


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder that is a disk of its own.

    Raises:
        NoDiskError: it cannot be had here.
    """
    if os.name != "posix" or os.geteuid() != 0:
        raise NoDiskError("a disk of its own can be mounted by root alone")
    unmount_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoDiskError(f"no disk can be mounted here: {done.stderr.strip()}")
        try:
            with (folder / f"new-{MARK}").open("w") as mark:
                fcntl.flock(mark, fcntl.LOCK_EX)
                Path(mark.name).rename(folder / MARK)  # others see it only now that it is locked
                yield folder
        finally:
            _unmount(folder)
    except FileNotFoundError as error:
        raise NoDiskError("there is no program to mount a disk with") from error
    finally:
        folder.rmdir()


def unmount_left_behind() -> None:
    """Gives back the memory of disks whose process was killed: it holds the lock of its mark as long as it lives."""
    for mark in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{MARK}"):
        # somebody has it, or somebody else gives it back at this moment
        with suppress(BlockingIOError, FileNotFoundError), mark.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if mark.parent.is_mount():
                _unmount(mark.parent)
                mark.parent.rmdir()


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def disk_of(path: Path) -> Path | None:
    """The small disk on which a path lies; None: it lies on another."""
    return next((folder for folder in path.parents if (folder / MARK).exists() and folder.is_mount()), None)


def fill(disk: Path) -> None:
    """Puts a file on it that takes all that is left."""
    file = os.open(disk / BALLAST, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        size = os.fstat(file).st_size
        for step in STEPS:
            while _takes(file, size, step):
                size += step
    finally:
        os.close(file)


def free(disk: Path) -> None:
    """Takes that file away."""
    (disk / BALLAST).unlink(missing_ok=True)


def _takes(file: int, at: int, step: int) -> bool:
    try:
        os.posix_fallocate(file, at, step)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


@contextmanager
def full(database: Database, *tables: str) -> Iterator[None]:
    """Meanwhile these tables, which must be empty, find no room for a row, nor does any other on SQLite.

    Raises:
        NoDiskError: PostgreSQL's tables cannot be put on a full disk here.
    """
    with _full_file(database) if database.is_sqlite else _full_tables(database, tables):
        yield


@contextmanager
def _full_file(database: Database) -> Iterator[None]:
    def stop_growth(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # it never becomes less than there are

    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("VACUUM")
    event.listen(database.engine, "checkout", stop_growth)
    try:
        yield
    finally:
        event.remove(database.engine, "checkout", stop_growth)
        database.close()


@contextmanager
def _full_tables(database: Database, tables: Sequence[str]) -> Iterator[None]:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with small_disk() as disk, engine.connect() as admin:
        owner = Path(admin.exec_driver_sql("SHOW data_directory").scalar_one()).stat()
        (disk / "space").mkdir()
        os.chown(disk / "space", owner.st_uid, owner.st_gid)
        admin.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{disk}/space'")
        for table in tables:
            admin.exec_driver_sql(f"VACUUM FULL {table}")
            admin.exec_driver_sql(f"ALTER TABLE {table} SET TABLESPACE small")
        fill(disk)
        try:
            yield
        finally:
            free(disk)
            for table in tables:
                admin.exec_driver_sql(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            admin.exec_driver_sql("DROP TABLESPACE small")
