"""The revisions make the schema that the models describe: a model that changes needs a revision of its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.servers import fresh_postgres_database
from worker.store.migrate import upgrade
from worker.store.models import Base
from worker.store.session import Database

OBJECTS = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE tbl_name NOT LIKE 'alembic%'",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name, concat_ws(' ', udt_name, numeric_precision, numeric_scale,
            is_nullable, column_default, is_identity) FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'sequence', relname, reloptions::text FROM pg_class WHERE relkind = 'S'
        UNION ALL SELECT 'table', relname, reloptions::text FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    """,
}
"""Whatever the database keeps of a schema: kind, name, and how it would be made."""


@pytest.mark.parametrize("kind", OBJECTS)
def test_the_revisions_make_what_the_models_describe(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with _fresh(kind, request, tmp_path) as described:
        with described.engine.begin() as connection:
            Base.metadata.create_all(connection)
        wanted = _objects(described)
    with _fresh(kind, request, tmp_path) as migrated:
        upgrade(migrated)
        made = _objects(migrated)
    assert len(wanted) > len(Base.metadata.tables)
    assert made == wanted


@contextmanager
def _fresh(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        path = folder / f"{len(list(folder.iterdir()))}.db"
        yield (database := Database(f"sqlite:///{path}"))
        database.close()
        return
    with fresh_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield (database := Database(url.replace("postgresql://", "postgresql+psycopg://", 1)))
        database.close()


def _objects(database: Database) -> dict[tuple[str, str], list[str]]:
    """How each would be made, line by line in any order. SQLite writes a later column behind the last one."""
    with database.engine.connect() as connection:
        rows = connection.execute(text(OBJECTS[connection.dialect.name])).all()
    return {
        (kind, name): sorted(line.strip(" \t,") for line in re.split(r"\n|, (?=\w+ [A-Z])", told or ""))
        for kind, name, told in rows
        if "alembic_version" not in f"{name} {told}"
    }
