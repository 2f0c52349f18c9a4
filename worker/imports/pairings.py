"""Pairings: the merchant's word on what goes well with what."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from worker.imports.cells import Row
from worker.imports.names import Names
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.storing import store
from worker.imports.table import check, read_rows
from worker.store.models import Pairing
from worker.store.session import Database

COLUMNS = ("when_product", "when_category", "when_tag", "offer_product", "priority", "pitch", "not_before")
KEY = ("when_product", "when_category", "when_tag", "offer_product")
MOMENTS = ("", "shipped", "delivered")


def import_pairings(
    database: Database, shop_id: UUID, path: Path, *, replaces: bool = False, progress: Progress = no_progress
) -> ImportReport:
    """Adds and changes pairings; the products they name must be in the catalogue. Categories and tags that it has not
    are kept and remarked on, for products may come later. `replaces`: others are removed, if the file names any.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    with database.read() as session:
        names = Names(session, shop_id)
    read = partial(_read, names)
    rows = read_rows(path, needed=("offer_product",), known=COLUMNS)
    check(rows, read, KEY, progress)
    report = store(database, Pairing, shop_id, rows, read, KEY, replaces=replaces, progress=progress)
    return replace(report, left_out=report.left_out + names.remarks)


def _read(names: Names, row: Row) -> dict[str, Any]:
    row.one_of("when_product", "when_category", "when_tag")
    key = {"when_product": row.ident("when_product"), "offer_product": row.ident("offer_product", needed=True)}
    key |= {name: names.spelled(row, name) for name in ("when_category", "when_tag")}
    for name in ("when_product", "offer_product"):
        if key[name] and not names.has_product(key[name]):
            row.fault(f"{name} is '{key[name]}', which is not in the catalogue.", "Import the products first.")
    if key["when_product"] and key["when_product"] == key["offer_product"]:
        row.fault("it offers the product that was just bought.", "Name another one.")
    value: dict[str, Any] = {
        "priority": row.whole("priority") or 0,
        "pitch": row.text("pitch"),
        "not_before": row.text("not_before").lower(),
    }
    if value["not_before"] not in MOMENTS:
        row.fault(f"not_before is '{value['not_before']}'.", "Write shipped or delivered, or leave it empty.")
    return key | {name: cell for name, cell in value.items() if row.has(name)}
