"""Empties PostgreSQL between tests: a TRUNCATE of all tables takes longer than most tests, and they fill few."""

from sqlalchemy import text

from worker.store.models import Base
from worker.store.session import Database

# Children before their parents. A table with many rows is truncated, since deleted ones would stay in the way.
EMPTY = """DO $$
DECLARE
  name text;
  is_filled boolean;
BEGIN
  FOREACH name IN ARRAY string_to_array('{names}', ',') LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_filled;
    IF is_filled AND pg_relation_size(name::regclass) > 100000 THEN
      EXECUTE format('TRUNCATE %I CASCADE', name);
    ELSIF is_filled THEN
      EXECUTE format('DELETE FROM %I', name);
    END IF;
  END LOOP;
END $$"""


def empty(database: Database) -> None:
    """Leaves no row in any table."""
    names = ",".join(table.name for table in reversed(Base.metadata.sorted_tables))
    with database.write() as session:
        session.execute(text(EMPTY.replace("{names}", names)))
