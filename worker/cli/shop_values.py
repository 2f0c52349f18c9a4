"""What a text must be to describe a shop."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError


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


def is_order_url(text: str) -> bool:
    """Whether it is one that may hold the number of an order."""
    return is_url(text) and not re.search(r"[{}\s]", text.replace("{number}", ""))
