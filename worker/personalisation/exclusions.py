"""Products that no code takes anything off, by id: for shops that are told them with each code."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from schedules.codes import NeverOn
from worker.personalisation.refusals import is_gift_card
from worker.store.models import Product
from worker.store.session import Database


class Exclusions:
    """Looked up once for a sweep, beside all writing: it means going through a whole catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[tuple[UUID, bytes], tuple[str, ...]] = {}

    def of(self, shop_id: UUID, never_on: dict[str, Any]) -> tuple[str, ...]:
        """Ids of what a code's `never_on` covers, and of gift cards."""
        key = (shop_id, orjson.dumps(never_on))
        if key not in self._found:
            self._found[key] = self._looked_up(shop_id, NeverOn.model_validate(never_on))
        return self._found[key]

    def _looked_up(self, shop_id: UUID, never_on: NeverOn) -> tuple[str, ...]:
        columns = (Product.product_id, Product.title, Product.brand, Product.category, Product.tags)
        with self._database.read() as session:
            rows = session.execute(select(*columns).where(Product.shop_id == shop_id)).all()
        found = {
            row.product_id
            for row in rows
            if is_gift_card(row.category, tuple(row.tags), row.title)
            or never_on.covers(
                product_id=row.product_id, brand=row.brand, category=row.category, tags=tuple(map(str, row.tags))
            )
        }
        return tuple(sorted(found | set(never_on.products)))
