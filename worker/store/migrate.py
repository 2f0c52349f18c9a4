"""Brings a database's schema up to this version, and tells whether this version can work with one.

Revisions are numbered. While a newer version migrates, older processes keep running: a revision only adds (it expands),
and what it made needless goes one version later (that one contracts). A contracting revision, and every one after it,
names the oldest revision whose program still works: `0005-from-0004`.

Two processes may start at once: PostgreSQL migrates under an advisory lock, SQLite inside one BEGIN IMMEDIATE.
Alembic is loaded only to migrate: every command asks whether it is needed, and most find that it is not.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from worker.errors import SettingsError
from worker.store.session import Database

if TYPE_CHECKING:
    from alembic.config import Config

ADVISORY_LOCK = 7_705_208_461
MIGRATIONS = Path(__file__).parent / "migrations"
REVISION = re.compile(r"(?P<number>\d{4})(-from-(?P<oldest>\d{4}))?")


class Revision(NamedTuple):
    """A schema's number, and the number of the oldest program that works with it."""

    number: int
    oldest: int


def upgrade(database: Database) -> None:
    """Migrates to the newest revision; does nothing when the schema is there or further.

    Raises:
        SettingsError: a newer version has migrated to a schema that this one cannot work with.
        StorageUnavailableError: the database does not answer.
    """
    with database.connection() as connection:
        if _revision_in(connection) == newest_revision():
            return
    from alembic import command

    with database.connection() as plain:
        connection = plain.execution_options(begin_immediate=True)
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            found = _revision_in(connection)
            if found and parsed(found).number > parsed(newest_revision()).number:
                _refuse_contracted(found)
                return
            command.upgrade(alembic_config(connection), "head")


def is_migrated(database: Database) -> bool:
    """Whether this version can work with the schema: it is this version's, or a newer one that only added."""
    return why_not_migrated(database) == ""


def why_not_migrated(database: Database) -> str:
    """Why this version cannot work with the schema, and what to do; empty when it can.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    with database.connection() as connection:
        found, own = _revision_in(connection), newest_revision()
    if found is None:
        return "The database has no schema yet. Run `postpurchase db upgrade`, then again."
    if REVISION.fullmatch(found) is None:
        return _foreign(found)
    if parsed(found).number < parsed(own).number:
        return f"The database's schema is {found}, this version needs {own}. Run `postpurchase db upgrade`, then again."
    if parsed(found).oldest > parsed(own).number:
        return _too_new(found)
    return ""


def is_new(database: Database) -> bool:
    """Whether no schema was ever made in it."""
    with database.connection() as connection:
        return _revision_in(connection) is None


def stored_revision(session: Session) -> str | None:
    """The schema's revision as the database has it; None before the first migration."""
    return _revision_in(session.connection())


def newest_revision() -> str:
    """The newest migration of this version: their files begin with their revision."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def parsed(revision: str) -> Revision:
    """What a revision's name says; without `-from-` every older program works with it.

    Raises:
        SettingsError: it is no revision of ours.
    """
    found = REVISION.fullmatch(revision)
    if found is None:
        raise SettingsError(_foreign(revision))
    return Revision(int(found["number"]), int(found["oldest"] or 0))


def alembic_config(connection: Connection | None) -> "Config":
    """Alembic's configuration for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _refuse_contracted(found: str) -> None:
    if parsed(found).oldest > parsed(newest_revision()).number:
        raise SettingsError(_too_new(found))


def _foreign(revision: str) -> str:
    return f"The database's schema {revision!r} is none of Postpurchase's. Name another database."


def _too_new(found: str) -> str:
    return (
        f"The database's schema {found} was made by a newer version and needs programs of schema "
        f"{parsed(found).oldest:04} or later; this one has {newest_revision()}. Install the newer version."
    )
