"""The catalogue."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from worker.imports.cells import Row
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.storing import Values, store
from worker.imports.table import check, read_rows
from worker.planning.products import follow_variants
from worker.store.catalogue import lock_catalogue, tell_variants, why_unusable
from worker.store.models import Product
from worker.store.session import Database, database_now

COLUMNS = (
    *("product_id", "variant_id", "title", "short_title", "url", "image_url", "price", "currency", "category", "brand"),
    *("tags", "inventory", "cost", "refill_days", "upgrade_of", "upgrade_benefits", "rating", "rating_count"),
    *("discreet", "fits", "ships_to", "bundle_of"),
)
NEEDED = ("product_id", "title", "url", "image_url", "price", "currency")
KEY = ("product_id", "variant_id")
PLAIN = ("short_title", "url", "image_url", "category", "brand", "upgrade_benefits")


def import_products(database: Database, shop_id: UUID, path: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Adds and changes products. Those without an image or with a link that is none are kept, but never offered.

    A column that the file leaves out is left as it is. What a row without a variant says holds for each variant that
    the platform told of and the file does not name; its price and stock are theirs.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    rows = read_rows(path, needed=NEEDED, known=COLUMNS)
    variants, left_out = set[tuple[str, str]](), list[str]()

    def look(row: Row) -> dict[str, Any]:
        value = _read(row)
        variants.add((value["product_id"], value["variant_id"]))
        return value

    def read(row: Row) -> dict[str, Any]:
        value = _read(row)
        if value["unusable"]:
            left_out.append(f"{value['title']} is left out of offers: {value['unusable']}.")
        return value

    def afterwards(session: Session, values: Sequence[Values]) -> None:
        told = {value["product_id"]: value for value in values if not value["variant_id"]}
        tell_variants(session, shop_id, told, but_not=variants)
        follow_variants(session, shop_id, told)

    check(rows, look, KEY, progress)
    keep = partial(store, database, Product, shop_id, rows, read, KEY, locked=lock_catalogue, stamp=_stamp)
    report = keep(afterwards=afterwards, progress=progress)
    return replace(report, left_out=tuple(left_out))


def _stamp(session: Session) -> dict[str, Any]:
    return {"updated_at": database_now(session)}


def _read(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {
        "title": row.text("title", needed=True),
        "price": row.decimal("price"),
        "currency": row.currency("currency", needed=bool(row.text("price"))),
        "tags": _names(row, "tags"),
        "fits": _names(row, "fits"),
        "ships_to": [name.upper() for name in _names(row, "ships_to")],
        "bundle_of": _names(row, "bundle_of"),
        "inventory": row.whole("inventory", may_be_less=True),
        "cost": row.decimal("cost"),
        "refill_days": row.whole("refill_days"),
        "rating": _rating(row),
        "rating_count": row.whole("rating_count"),
        "discreet": row.flag("discreet"),
        "upgrade_of": row.ident("upgrade_of"),
    }
    value |= {name: row.text(name) for name in PLAIN}
    told = {name: cell for name, cell in value.items() if row.has(name)}
    told |= {"product_id": row.ident("product_id", needed=True), "variant_id": row.ident("variant_id")}
    return told | {"unusable": why_unusable(value["url"], value["image_url"], value["price"])}


def _names(row: Row, column: str) -> list[str]:
    return [name for each in row.ident(column).split(",") if (name := each.strip())]


def _rating(row: Row) -> Decimal | None:
    """Stars, rounded to the two digits that are kept."""
    rating = row.decimal("rating")
    if rating is not None and rating > 5:
        row.fault(f"rating is {rating}.", "Ratings go from 0 to 5.")
        return None
    return round(rating, 2) if rating is not None else None
