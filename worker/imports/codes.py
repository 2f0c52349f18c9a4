"""Discount codes that a shop made in advance, for its pool."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from schedules.codes import CodeKind
from schedules.shop import ShopProfile
from schedules.timing import zone
from worker.imports.cells import Row
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.storing import store
from worker.imports.table import check, read_rows
from worker.store.models import PoolCode, Shop
from worker.store.session import Database
from worker.store.shops import profile_of

COLUMNS = ("code", "kind", "value", "currency", "minimum", "ends_on")
KEY = ("code",)
LONGEST = 64
KINDS = get_args(CodeKind)


def import_codes(database: Database, shop_id: UUID, path: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Adds codes to the pool. Upper and lower case are the same to shops, so each is kept in capitals.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    with database.read() as session:
        read = partial(_read, profile_of(session.get_one(Shop, shop_id)))
    rows = read_rows(path, needed=("code", "value"), known=COLUMNS)
    check(rows, read, KEY, progress)
    return store(database, PoolCode, shop_id, rows, read, KEY, progress=progress)


def _read(profile: ShopProfile, row: Row) -> dict[str, Any]:
    code = row.text("code", needed=True).upper()
    if " " in code or len(code) > LONGEST:
        row.fault(f"code is '{code}'.", f"Write it without blanks, in at most {LONGEST} letters.")
    kind = row.text("kind").lower() or "percent"
    if kind not in KINDS:
        row.fault(f"kind is '{kind}'.", f"Write {', '.join(KINDS)}.")
    value = row.decimal("value") or Decimal(0)
    if kind == "percent" and value > 100:
        row.fault(f"{value} percent is more than the price.", "Write at most 100.")
    if kind != "free_shipping" and not value:
        row.fault("value is empty or 0.", "Write how much the code takes off in the shop.")
    return {
        "code": code,
        "kind": kind,
        "value": value,
        "currency": row.currency("currency") or profile.currency,
        "minimum_spend": row.decimal("minimum"),
        "ends_at": _end(profile, row),
    }


def _end(profile: ShopProfile, row: Row) -> datetime | None:
    """The last second of the day on which the code ends in the shop; None: it does not end."""
    text = row.text("ends_on")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        row.fault(f"ends_on is '{text}', which is no day.", "Write it like 2027-01-31, or leave it empty.")
        return None
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone(profile.timezone)).astimezone(UTC)
