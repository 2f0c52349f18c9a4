"""Many due messages at once, and what it costs to find some among them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from tests.support.dispatching import World
from worker.store.models import Message
from worker.store.types import new_id


def pile_up(world: World, template: UUID, number: int) -> None:
    """So many more messages like this one, each of an occurrence of its own."""
    like = world.message(template)
    columns = {column.key: getattr(like, column.key) for column in Message.__table__.columns}
    rows = [columns | {"id": new_id(), "occurrence": 1_000 + each} for each in range(number)]
    with world.installation.database.write() as session:
        session.execute(insert(Message), rows)


class Work:
    """`steps`: on SQLite instructions of its machine, on PostgreSQL rows that the plans touched."""

    def __init__(self) -> None:
        self.steps = 0


@contextmanager
def counted_work(world: World) -> Iterator[Work]:
    """Counts the work of the queries that run inside, without a stop-watch: alike on every machine."""
    count = _on_sqlite if world.installation.database.is_sqlite else _on_postgres
    with count(world) as work:
        yield work


@contextmanager
def _on_sqlite(world: World) -> Iterator[Work]:
    work, engine = Work(), world.installation.database.engine

    def step() -> int:
        work.steps += 1
        return 0

    def watch(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(step, 10)

    event.listen(engine, "checkout", watch)
    try:
        yield work
    finally:
        event.remove(engine, "checkout", watch)
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(None, 0)


@contextmanager
def _on_postgres(world: World) -> Iterator[Work]:
    """Explains each reading query beside running it."""
    work, engine = Work(), world.installation.database.engine

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            plain = statement.replace("FOR UPDATE SKIP LOCKED", "")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {plain}", parameters)
            work.steps += _rows(cursor.fetchone()[0][0]["Plan"])

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield work
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def _rows(plan: dict[str, Any]) -> int:
    touched = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(touched) + sum(_rows(each) for each in plan.get("Plans", ()))


def analyze(session: Session) -> None:
    """Tells the planner what the table holds, as PostgreSQL does by itself after a while."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE message")
