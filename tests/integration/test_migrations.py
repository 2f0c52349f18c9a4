"""The schema and its migrations."""

import threading
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from worker.store.migrate import alembic_config, is_migrated, newest_revision, upgrade
from worker.store.models import Base
from worker.store.session import Database


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert difference == []


def test_there_is_one_migration_head() -> None:
    assert ScriptDirectory.from_config(alembic_config(None)).get_heads() == [newest_revision()]


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert is_migrated(database)


def test_a_new_database_is_not_migrated_until_it_is_upgraded(tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert not is_migrated(fresh)
    upgrade(fresh)
    assert is_migrated(fresh)


def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'new.db'}") for _ in range(2)]
    threads = [threading.Thread(target=upgrade, args=(each,)) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(is_migrated(each) for each in databases)
