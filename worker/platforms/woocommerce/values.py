"""What WooCommerce writes in ways of its own: names with HTML, meta data, currencies, version times."""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import get_currency_precision

from schedules.facts import Money
from worker.errors import UnreadableEventError
from worker.platforms.bodies import CURRENCY, Body, amount, currency, identifier, moment, objects, text
from worker.platforms.woocommerce import tables

DIGITS = 2
"""After the point, at least: a shop may print cents of a currency that has none."""
TAG = re.compile(r"<[^<>]*>")


def plain(value: Any) -> str:
    """A name without the HTML that WordPress allows in it: `Filters &ndash; 02` becomes `Filters – 02`."""
    return " ".join(TAG.sub(" ", html.unescape(text(value))).split())


def listed(value: Any) -> list[Body]:
    """The objects of a list. PHP writes a list with gaps, as whoever filters one may leave it, as an object."""
    return objects(list(value.values()) if isinstance(value, dict) else value)


def status_of(body: Body) -> str:
    return text(body.get("status")).lower().removeprefix("wc-")


def version_of(body: Body) -> datetime:
    """When this snapshot was made, the status breaking ties within its second.

    Raises:
        UnreadableEventError: it tells no time.
    """
    told = moment(body.get("date_modified_gmt")) or moment(body.get("date_created_gmt"))
    if told is None:
        raise UnreadableEventError("date_modified_gmt is missing")
    return told + timedelta(microseconds=tables.RANK.get(status_of(body), tables.RANK["processing"]))


def meta(body: Body, key: str) -> Any:
    """The value of a meta entry: text, a number, a list or an object; None when there is none."""
    return next((each.get("value") for each in listed(body.get("meta_data")) if text(each.get("key")) == key), None)


def meta_like(body: Body, pattern: re.Pattern[str]) -> str:
    """The first text under a key that matches; empty when there is none, or it is no text."""
    found = (text(each.get("value")) for each in listed(body.get("meta_data")) if pattern.search(text(each.get("key"))))
    return next((value for value in found if value), "")


def first_meta(body: Body, keys: Iterable[str]) -> str:
    """The first of these meta entries that holds text."""
    return next((value for key in keys if (value := text(meta(body, key)))), "")


def tracking_items(body: Body) -> list[Body]:
    """The tracking numbers of an order with what is told of them, by whichever plugin keeps them."""
    kept = (listed(meta(body, key)) for key in tables.TRACKING_KEYS)
    return [item for item in next(filter(None, kept), []) if identifier(item.get("tracking_number"))]


def currency_of(body: Body, options: Mapping[str, Any]) -> str:
    """The ISO code; plugins write a symbol there, some of which mean one currency alone.

    Raises:
        UnreadableEventError: it means no currency, and the source's options name none.
    """
    told = html.unescape(text(body.get("currency")))
    for code in (told.upper(), tables.SYMBOLS.get(told.lower(), ""), text(options.get("currency")).upper()):
        if CURRENCY.fullmatch(code):
            return code
    return currency(told, "the order's")


def rounded(number: Decimal, code: str) -> Decimal:
    """Rounded as the shop does; dinars have three digits after the point."""
    return number.quantize(Decimal(1).scaleb(-max(DIGITS, get_currency_precision(code))), ROUND_HALF_UP)


def taxed(body: Body, net: str, tax: str, code: str, *, with_tax: bool) -> Decimal:
    """An amount as the shop shows it: WooCommerce writes every amount without its tax, and the tax beside it."""
    return rounded(amount(body.get(net)) + (amount(body.get(tax)) if with_tax else Decimal(0)), code)


def money(number: Decimal, code: str) -> Money:
    return Money(amount=rounded(number, code), currency=code)
