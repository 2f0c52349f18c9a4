"""Past orders: what was bought together, long before the first webhook."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from worker.errors import Fault, ImportFileError
from worker.imports.cells import Row
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.table import STEP, read_rows
from worker.store.orders import normal_address
from worker.store.suggestions import keep_purchases, learning_of, mark_stale, person_of

COLUMNS = ("order_id", "placed_at", "email", "product_id", "variant_id", "quantity", "price")
NEEDED = ("order_id", "placed_at", "product_id")


def import_orders(session: Session, shop_id: UUID, path: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Adds and changes past orders, one line each per product. Of an address only a keyed hash is kept.

    They start no mail. An order that the shop itself told of stays as told.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    key = learning_of(session, shop_id).person_key
    rows = read_rows(path, needed=NEEDED, known=COLUMNS)
    orders: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for number, row in enumerate(rows, 1):
        _take(row, orders, key)
        faults += row.faults
        if number % STEP == 0 or number == len(rows):
            progress(number, 2 * len(rows))
    if faults:
        raise ImportFileError(faults)
    made = [order for order in orders.values() if order["products"]]
    return _keep(session, shop_id, made, 2 * len(rows), progress)


def _keep(
    session: Session, shop_id: UUID, orders: Sequence[Mapping[str, Any]], total: int, progress: Progress
) -> ImportReport:
    added, changed = keep_purchases(session, shop_id, orders)
    if added or changed:
        mark_stale(session, shop_id)
    progress(total, total)
    return ImportReport(added=added, changed=changed, unchanged=len(orders) - added - changed)


def _take(row: Row, orders: dict[str, dict[str, Any]], key: str) -> None:
    """One line, added to its order. Lines of no pieces are taken for removed."""
    ref, product = row.text("order_id", needed=True), row.text("product_id", needed=True)
    placed_at, address = _moment(row), normal_address(row.text("email"))
    quantity = row.whole("quantity")
    row.decimal("price")
    if address and "@" not in address:
        row.fault("email is no address.", "Write one like mia@example.com, or leave it empty.")
    if row.faults or placed_at is None:
        return
    order: dict[str, Any] = {
        "order_ref": ref,
        "person": person_of(key, address),
        "placed_at": placed_at,
        "products": [],
        "imported": True,
    }
    order = orders.setdefault(ref, order)
    if (order["placed_at"], order["person"]) != (placed_at, person_of(key, address)):
        row.fault(f"order {ref} has another time or email above.", "Write the same on all its lines.")
    elif quantity != 0 and product not in order["products"]:
        order["products"] = sorted([*order["products"], product])


def _moment(row: Row) -> datetime | None:
    text = row.text("placed_at", needed=True)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        row.fault(f"placed_at is '{text}', which is no time.", "Write it like 2026-05-14T09:30:00Z.")
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
