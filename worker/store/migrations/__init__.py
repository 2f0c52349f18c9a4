"""Alembic migrations; run through `worker.store.migrate`."""
