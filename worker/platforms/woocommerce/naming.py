"""What a line is called: its product, which variant of it, and what the customer had done to it."""

import re
from collections.abc import Iterator

from schedules.facts import LineProperty
from worker.platforms.bodies import Body, identifier, text
from worker.platforms.properties import properties_of
from worker.platforms.woocommerce.values import listed, plain

PARTS = re.compile("[,:–]| - ")
"""What stands between the choices in a name."""
ATTRIBUTE = "pa_"
"""Begins the key of an attribute that the shop's products share."""


def names_of(line: Body) -> tuple[str, str]:
    """The product's name, and what tells its variant; older versions know only both in one."""
    whole, parent = plain(line.get("name")), plain(line.get("parent_name"))
    if parent and whole.startswith(parent):
        return parent, whole.removeprefix(parent).lstrip(" -–,") or _choices(line, whole)
    return whole or parent or "Item", _choices(line, whole)


def _choices(line: Body, name: str) -> str:
    """What was chosen of a variable product, as far as its name does not tell it.

    WooCommerce leaves out of names what has three choices or more. Keys with an underscore are not for customers.
    """
    if identifier(line.get("variation_id")) in (None, "0"):
        return ""
    values = (value for _, _, value in _shown(line))
    return ", ".join(value for value in values if value and value.casefold() not in name.casefold())


def properties_of_line(line: Body) -> tuple[LineProperty, ...]:
    """What add-ons wrote beside the choices that make the variant; these stand in the names already."""
    chosen = {part.strip().casefold() for part in PARTS.split(", ".join([plain(line.get("name")), *names_of(line)]))}
    return properties_of(
        (name, value)
        for key, name, value in _shown(line)
        if not key.startswith(ATTRIBUTE) and value.casefold() not in chosen
    )


def _shown(line: Body) -> Iterator[tuple[str, str, str]]:
    """Keys, names and values for customers' eyes."""
    for each in listed(line.get("meta_data")):
        if not (key := text(each.get("key"))).startswith("_"):
            yield key, plain(each.get("display_key") or key), plain(each.get("display_value") or each.get("value"))
