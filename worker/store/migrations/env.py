"""Alembic's entry: runs on the connection it is handed, inside the transaction that holds the lock."""

from alembic import context

from worker.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
context.run_migrations()
