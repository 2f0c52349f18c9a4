"""Prices as the shop shows them. WooCommerce writes them as they were entered, which may be without the tax.

Its settings "Prices entered with tax" and "Display prices in the shop / during basket and checkout" go apart in many
shops. An order tells the first alone; of the others the source's option `tax_display` says what the shop says there:
`incl` or `excl`. A product tells its price as it was entered, and what its page shows, as HTML.
"""

import html
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from worker.platforms.bodies import Body, amount, text

SHOWN = ("incl", "excl")
STRUCK = re.compile(r"<del\b.*?</del>", re.DOTALL)
SYMBOL = re.compile(r'<span class="woocommerce-Price-currencySymbol">.*?</span>', re.DOTALL)
AMOUNT = re.compile(r'<span class="(?:[^"]* )?amount(?: [^"]*)?">(.*?)</span>', re.DOTALL)
NUMBER = re.compile(r"\d(?:[\d.,'’\s]*\d)?")
LEAST, MOST = Decimal("0.75"), Decimal("1.35")
"""So far the tax, nowhere above 27 %, may take what is shown from what was entered."""
LONGEST_PAGE = 5000
"""Characters of HTML in which the price stands."""


def shows_tax(body: Body, options: Mapping[str, Any]) -> bool:
    """Whether an order's prices were shown with their tax; without the option, as they were entered."""
    told = _told(options)
    return told == "incl" if told else body.get("prices_include_tax") is True


def shown_price(body: Body, options: Mapping[str, Any]) -> str | None:
    """What a product costs now, a running sale included, as its page shows it, else as it was entered.

    None: it depends on the variant, there is none, or only the page could tell: variations don't say what it shows.
    """
    told = text(body.get("price"))
    entered = amount(told) if told else None
    if entered is None or entered < 0:
        return None
    page = _first_amount(text(body.get("price_html"))[:LONGEST_PAGE])
    found = next((each for each in page if LEAST * entered <= each <= MOST * entered), None)
    if found is None:
        return None if _told(options) else str(entered)
    return str(found)


def _told(options: Mapping[str, Any]) -> str:
    word = text(options.get("tax_display")).lower()
    return word if word in SHOWN else ""


def _first_amount(page: str) -> Iterator[Decimal]:
    """The first amount that is not struck through, with its last separator before a fraction or between thousands."""
    amounts = AMOUNT.search(SYMBOL.sub("", STRUCK.sub("", page)))
    number = NUMBER.search(html.unescape(amounts[1])) if amounts else None
    if number is None:
        return
    before, _, fraction = number[0].replace(",", ".").rpartition(".")
    if before:
        yield Decimal(f"{_digits(before)}.{_digits(fraction)}")
    yield Decimal(_digits(number[0]))


def _digits(told: str) -> str:
    return re.sub(r"\D", "", told)
