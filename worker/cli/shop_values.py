"""What a text must be to describe a shop."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from schedules.shop import Handling

SPAN = r"(\d{1,2})(?:-(\d{1,2}))?"
DELIVERY = re.compile(rf"(\*|[A-Z]{{2}})(?:/([^,=]+))?={SPAN}\+{SPAN}", re.ASCII)
"""One line of a shop's table: a country or any, a method or any, days to pack and days to travel."""


def is_zone(name: str) -> bool:
    """Whether it names a time zone that there is."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder, a name with forbidden characters
        return False
    return True


def is_locale(name: str) -> bool:
    """Whether it names a language, or a language and a country."""
    try:
        Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def is_day(text: str) -> bool:
    """Whether it is a day like 2026-12-24."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_url(text: str) -> bool:
    """Whether it is an address of the web, without blanks."""
    return re.fullmatch(r"https?://[^/\s]\S*", text) is not None


def is_text(text: str) -> bool:
    """Whether it says something; `\\n` is how a line ends."""
    return bool(text.replace("\\n", "").strip())


def is_picture_url(text: str) -> bool:
    """Whether it is one of a picture that all mailboxes may show."""
    return is_url(text) and not urlsplit(text).path.lower().endswith((".svg", ".webp", ".avif"))


def is_order_url(text: str) -> bool:
    """Whether it is one that may hold the number of an order."""
    return is_url(text) and not re.search(r"[{}\s]", text.replace("{number}", ""))


def is_delivery_days(text: str) -> bool:
    """Whether it is a table of days to pack and to travel, each span from fewer to more."""
    if text == "none":
        return True
    found = [DELIVERY.fullmatch(row.strip()) for row in text.split(",")]
    return all(row and _is_span(row[3], row[4]) and _is_span(row[5], row[6]) for row in found)


def delivery_days(text: str) -> list[dict[str, Any]]:
    """The rows of such a table, as a shop's profile holds them."""
    found = [DELIVERY.fullmatch(row.strip()) for row in text.split(",") if text != "none"]
    return [
        {
            "country": row[1].replace("*", ""),
            "method": (row[2] or "").strip(),
            "handling_days": (int(row[3]), int(row[4] or row[3])),
            "transit_days": (int(row[5]), int(row[6] or row[5])),
        }
        for row in found
        if row
    ]


def told_delivery_days(rows: Iterable[Handling]) -> str:
    """The table in the words that `delivery_days` reads."""
    return ",".join(f"{_place(row)}={_span(row.handling_days)}+{_span(row.transit_days)}" for row in rows)


def _place(row: Handling) -> str:
    return (row.country or "*") + (f"/{row.method}" if row.method else "")


def _is_span(first: str, last: str | None) -> bool:
    return last is None or int(first) <= int(last)


def _span(days: tuple[int, int]) -> str:
    return f"{days[0]}" if days[0] == days[1] else f"{days[0]}-{days[1]}"
