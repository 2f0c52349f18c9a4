"""The catalogue."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from babel.numbers import list_currencies
from sqlalchemy.orm import Session

from worker.imports.report import ImportReport
from worker.imports.table import Row, read_rows, store, take
from worker.store.catalogue import why_unusable
from worker.store.models import Product
from worker.store.session import database_now

COLUMNS = (
    *("product_id", "variant_id", "title", "short_title", "url", "image_url", "price", "currency", "category", "brand"),
    *("tags", "inventory", "cost", "refill_days", "upgrade_of", "upgrade_benefits", "rating", "rating_count"),
    "discreet",
)
NEEDED = ("product_id", "title", "url", "image_url", "price", "currency")
KEY = ("product_id", "variant_id")


def import_products(session: Session, shop_id: UUID, path: Path) -> ImportReport:
    """Adds and changes products. Those without an image or with a link that is none are kept, but never offered.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    values = take(read_rows(path, needed=NEEDED, known=COLUMNS), _read, KEY)
    report = store(session, Product, shop_id, values, KEY, stamp={"updated_at": database_now(session)})
    left_out = tuple(
        f"{each['title']} is left out of offers: {each['unusable']}." for each in values if each["unusable"]
    )
    return replace(report, left_out=left_out)


def _read(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {
        "product_id": row.text("product_id", needed=True),
        "title": row.text("title", needed=True),
        "price": row.decimal("price"),
        "currency": _currency(row),
        "tags": [tag.strip() for tag in row.text("tags").split(",") if tag.strip()],
        "inventory": row.whole("inventory"),
        "cost": row.decimal("cost"),
        "refill_days": row.whole("refill_days"),
        "rating": row.decimal("rating"),
        "rating_count": row.whole("rating_count"),
        "discreet": row.flag("discreet"),
    }
    plain = ("variant_id", "short_title", "url", "image_url", "category", "brand", "upgrade_of", "upgrade_benefits")
    value |= {name: row.text(name) for name in plain}
    if value["rating"] is not None and value["rating"] > 5:
        row.fault(f"rating is {value['rating']}.", "Ratings go from 0 to 5.")
    return value | {"unusable": why_unusable(value["url"], value["image_url"], value["price"])}


def _currency(row: Row) -> str:
    code = row.text("currency").upper()
    if row.text("price") and code not in list_currencies():
        row.fault(f"currency is '{code}', which is none.", "Write an ISO 4217 code like EUR.")
    return code
