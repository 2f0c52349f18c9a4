"""Brings a database's schema up to this version.

Two processes may start at once: PostgreSQL migrates under an advisory lock, SQLite inside one BEGIN IMMEDIATE.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from worker.store.session import Database

ADVISORY_LOCK = 7_705_208_461


def upgrade(database: Database) -> None:
    """Migrates to the newest revision; does nothing when it is there already."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(begin_immediate=True)
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            command.upgrade(_config(connection), "head")


def is_migrated(database: Database) -> bool:
    """Whether the schema is exactly this version's."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
