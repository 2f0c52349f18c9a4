"""What a customer had done to a piece, out of the names and values that a platform tells of a line."""

from collections.abc import Iterable

from schedules.facts import LineProperty

MOST, LONGEST_NAME, LONGEST_VALUE = 10, 60, 300
"""Properties of a line, and characters: a mail tells what was ordered, and is no copy of a form."""


def properties_of(told: Iterable[tuple[str, str]]) -> tuple[LineProperty, ...]:
    """Those for customers' eyes, in their order. A name with an underscore is for programs, an address for an upload.

    Source: Shopify and WooCommerce both keep what starts with an underscore out of their own mails.
    """
    found = (
        LineProperty(name=_cut(name.rstrip(": "), LONGEST_NAME), value=_cut(_in_one_line(value), LONGEST_VALUE))
        for name, value in told
        if name.rstrip(": ") and value.strip() and not name.startswith("_") and "://" not in value
    )
    return tuple(found)[:MOST]


def _in_one_line(value: str) -> str:
    return " / ".join(line for each in value.splitlines() if (line := " ".join(each.split())))


def _cut(value: str, most: int) -> str:
    return value if len(value) <= most else value[: most - 1].rstrip() + "…"
