"""Guides: three tips for a product, category or tag, per language."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from worker.imports.report import ImportReport
from worker.imports.table import Row, read_rows, store, take
from worker.store.models import Guide

COLUMNS = ("for_product", "for_category", "for_tag", "language", "headline", "tip_1", "tip_2", "tip_3", "url")
KEY = ("for_product", "for_category", "for_tag", "language")
MOST_WORDS = 25


def import_guides(session: Session, shop_id: UUID, path: Path) -> ImportReport:
    """Adds and changes guides.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    values = take(read_rows(path, needed=("language", "headline", "tip_1"), known=COLUMNS), _read, KEY)
    return store(session, Guide, shop_id, values, KEY)


def _read(row: Row) -> dict[str, Any]:
    row.one_of("for_product", "for_category", "for_tag")
    value: dict[str, Any] = {name: row.text(name) for name in ("for_product", "for_category", "for_tag", "url")}
    value["headline"] = row.text("headline", needed=True)
    value["language"] = row.text("language", needed=True).lower()
    if value["language"] and not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", value["language"]):
        row.fault(f"language is '{value['language']}'.", "Write a code like en or de.")
    if value["url"] and not value["url"].startswith("https://"):
        row.fault("url must begin with https://.")
    value["tips"] = [tip for name in ("tip_1", "tip_2", "tip_3") if (tip := row.text(name))]
    for number, tip in enumerate(value["tips"], 1):
        if len(tip.split()) > MOST_WORDS:
            row.fault(f"tip {number} has {len(tip.split())} words.", f"Say it in {MOST_WORDS}.")
    if not value["tips"]:
        row.fault("there is no tip.", "Fill in tip_1.")
    return value
