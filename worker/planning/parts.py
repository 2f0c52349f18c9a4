"""Long work on one shop, in many small units: others get their turn between them, and what breaks off goes on where it
stopped, since whatever is done is not found again."""

import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select

from worker.bootstrap import Installation
from worker.planning.unit import Unit
from worker.store.models import Shop

CHUNK = 100
"""Rows per unit: on SQLite webhooks wait for it."""
WORKS_FOR_S = 2.0
"""A stop waits for what runs; the next sweep goes on."""

Act = Callable[[Unit, Sequence[UUID]], None]
Stage = tuple[Select[UUID], Act]
"""Which rows, by their ids, and what is done with them."""


def work_off(
    installation: Installation,
    shop_id: UUID,
    stages: Iterable[Stage],
    *,
    chunk: int = CHUNK,
    for_s: float = WORKS_FOR_S,
) -> bool:
    """Goes on with it for at most about so long; whether nothing is left."""
    until = time.monotonic() + for_s
    for rows, act in stages:
        while _some(installation, shop_id, rows.limit(chunk), act):
            if time.monotonic() >= until:
                return False
    return True


def _some(installation: Installation, shop_id: UUID, rows: Select[UUID], act: Act) -> bool:
    """Whether there was anything to do."""
    now = installation.clock.now()
    with installation.database.write() as session:
        chosen = session.scalars(rows).all()
        if chosen:
            shop = session.get_one(Shop, shop_id)
            act(Unit(session=session, shop=shop, source_id=None, now=now), chosen)
    return bool(chosen)
