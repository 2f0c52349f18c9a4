"""Long work on one shop, in many small units: others get their turn between them, and what breaks off goes on where it
stopped, since whatever is done is not found again."""

import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select

from worker.bootstrap import Installation
from worker.planning.unit import Unit
from worker.store.session import Database

CHUNK = 100
"""Rows per unit: on SQLite webhooks wait for it."""
WORKS_FOR_S = 2.0
"""A stop waits for what runs; the next sweep goes on."""

TURN_S, REST_S = 0.1, 0.12
"""SQLite has one writer, and whoever waits for it looks only each tenth of a second whether it is free: between units
that follow each other at once nobody else would come through for minutes."""

Act = Callable[[Unit, Sequence[UUID]], None]
Stage = tuple[Select[UUID], Act]
"""Which rows, by their ids, and what is done with them."""


class Turns:
    """Long work's turns: on SQLite it rests after each, so that other threads and processes write too."""

    def __init__(self, database: Database) -> None:
        self._rests = database.is_sqlite
        self._since = time.monotonic()

    def end(self) -> None:
        """Between two units."""
        if self._rests and time.monotonic() - self._since >= TURN_S:
            time.sleep(REST_S)
            self._since = time.monotonic()


def work_off(
    installation: Installation,
    shop_id: UUID,
    stages: Iterable[Stage],
    *,
    chunk: int = CHUNK,
    for_s: float = WORKS_FOR_S,
) -> bool:
    """Goes on with it for at most about so long; whether nothing is left."""
    until, turns = time.monotonic() + for_s, Turns(installation.database)
    for rows, act in stages:
        while _some(installation, shop_id, rows.limit(chunk), act):
            if time.monotonic() >= until:
                return False
            turns.end()
    return True


def _some(installation: Installation, shop_id: UUID, rows: Select[UUID], act: Act) -> bool:
    """Whether there was anything to do."""
    now = installation.clock.now()
    with installation.database.write() as session:
        chosen = session.scalars(rows).all()
        if chosen:
            act(Unit.begin(session, shop_id, None, now), chosen)
    return bool(chosen)
