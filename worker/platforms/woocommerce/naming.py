"""What a line is called: its product, and which variant of it."""

from worker.platforms.bodies import Body, identifier, objects, text
from worker.platforms.woocommerce.values import plain


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
    shown = (each for each in objects(line.get("meta_data")) if not text(each.get("key")).startswith("_"))
    values = (plain(each.get("display_value") or each.get("value")) for each in shown)
    return ", ".join(value for value in values if value and value.casefold() not in name.casefold())
