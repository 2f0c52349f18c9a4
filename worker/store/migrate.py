"""Brings a database's schema up to this version.

Two processes may start at once: PostgreSQL migrates under an advisory lock, SQLite inside one BEGIN IMMEDIATE.
Alembic is loaded only to migrate: every command asks whether it is needed, and most find that it is not.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from worker.store.session import Database

if TYPE_CHECKING:
    from alembic.config import Config

ADVISORY_LOCK = 7_705_208_461
MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Migrates to the newest revision; does nothing when it is there already."""
    from alembic import command

    with database.engine.connect() as plain:
        connection = plain.execution_options(begin_immediate=True)
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            command.upgrade(alembic_config(connection), "head")


def is_migrated(database: Database) -> bool:
    """Whether the schema is exactly this version's."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest_revision()


def is_new(database: Database) -> bool:
    """Whether no schema was ever made in it."""
    with database.engine.connect() as connection:
        return not inspect(connection).has_table("alembic_version")


def newest_revision() -> str:
    """The newest migration: they are numbered, and their files begin with the number."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def alembic_config(connection: Connection | None) -> "Config":
    """Alembic's configuration for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
