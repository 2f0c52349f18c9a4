"""A shop on both databases, and CSV files to import into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.dispatching import MORNING
from tests.support.orders import keep_shop
from worker.errors import ImportFileError
from worker.imports.guides import import_guides
from worker.imports.pairings import import_pairings
from worker.imports.products import import_products
from worker.imports.report import ImportReport
from worker.store.session import Database

READERS: dict[str, Callable[..., ImportReport]] = {
    "products": import_products,
    "pairings": import_pairings,
    "guides": import_guides,
}
NEEDED = "product_id,title,url,image_url,price,currency"


@dataclass(frozen=True)
class Desk:
    """Where a merchant's files are taken in."""

    database: Database
    folder: Path
    shop_id: UUID

    def take(self, name: str, content: str | bytes, **options: Any) -> ImportReport:
        """Imports a file of this content."""
        path = self.folder / f"{name}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return READERS[name](self.database, self.shop_id, path, **options)

    def refuse(self, name: str, content: str | bytes) -> list[str]:
        """The faults for which a file is refused."""
        with pytest.raises(ImportFileError) as caught:
            self.take(name, content)
        return [str(fault) for fault in caught.value.faults]

    def rows(self, table: Any) -> Sequence[Any]:
        with self.database.read() as session:
            return session.scalars(select(table).order_by(table.id)).all()


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    with database.write() as session:
        shop_id = keep_shop(session, MORNING).id
    return Desk(database=database, folder=tmp_path, shop_id=shop_id)


def product(product_id: str, **cells: str) -> str:
    """A line of a products file with the needed columns."""
    place = f"https://northkettle.example/{product_id}"
    values = {"title": f"Product {product_id}", "url": place, "image_url": f"{place}.jpg", "price": "24.00"}
    values |= {"currency": "EUR"} | cells
    return ",".join([product_id, *values.values()]) + "\n"
