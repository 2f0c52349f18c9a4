"""Guides: three tips for a product, category or tag, per language."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from babel import Locale, UnknownLocaleError

from worker.imports.cells import Row
from worker.imports.names import Names
from worker.imports.report import ImportReport, Progress, no_progress
from worker.imports.storing import store
from worker.imports.table import check, read_rows
from worker.store.models import Guide
from worker.store.session import Database

COLUMNS = ("for_product", "for_category", "for_tag", "language", "headline", "tip_1", "tip_2", "tip_3", "url")
KEY = ("for_product", "for_category", "for_tag", "language")
MOST_WORDS = 25


def import_guides(
    database: Database, shop_id: UUID, path: Path, *, replaces: bool = False, progress: Progress = no_progress
) -> ImportReport:
    """Adds and changes guides. Products, categories and tags that the catalogue has not are remarked on.

    `replaces`: others are removed, if the file names any.

    Raises:
        ImportFileError: anything in the file is wrong; nothing was changed.
    """
    with database.read() as session:
        names = Names(session, shop_id)
    read = partial(_read, names)
    rows = read_rows(path, needed=("language", "headline", "tip_1"), known=COLUMNS)
    check(rows, read, KEY, progress)
    report = store(database, Guide, shop_id, rows, read, KEY, replaces=replaces, progress=progress)
    return replace(report, left_out=report.left_out + names.remarks)


def _read(names: Names, row: Row) -> dict[str, Any]:
    row.one_of("for_product", "for_category", "for_tag")
    value: dict[str, Any] = {name: names.spelled(row, name) for name in ("for_product", "for_category", "for_tag")}
    value["language"] = _language(row)
    value["headline"] = row.text("headline", needed=True)
    if row.has("url"):
        value["url"] = _url(row)
    value["tips"] = [tip for name in ("tip_1", "tip_2", "tip_3") if (tip := row.text(name))]
    for number, tip in enumerate(value["tips"], 1):
        if len(tip.split()) > MOST_WORDS:
            row.fault(f"tip {number} has {len(tip.split())} words.", f"Say it in {MOST_WORDS}.")
    if not value["tips"]:
        row.fault("there is no tip.", "Fill in tip_1.")
    return value


def _language(row: Row) -> str:
    """A BCP 47 tag of a language that is known, in lower case."""
    tag = row.text("language", needed=True)
    try:
        if tag:
            Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        row.fault(f"language is '{tag}', which is none.", "Write a code like en, de or zh-Hant.")
    return tag.lower()


def _url(row: Row) -> str:
    url = row.text("url")
    if url and not url.startswith(("https://", "http://")):
        row.fault(f"url is '{url}', which is no web address.", "Begin it with https://.")
    return url
