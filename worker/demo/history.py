"""A year of past orders of Northkettle, invented: what people who brew coffee buy together."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

ORDERS = 900
PEOPLE = 420
DAYS = 360
HEADER = "order_id,placed_at,email,product_id,variant_id,quantity,price"

FIRST = {"7101": 22, "7103": 30, "7104": 9, "7105": 11, "7106": 6, "7107": 5, "7108": 6, "7109": 3, "7110": 8}
"""Product -> how often, in a hundred, an order begins with it."""
ALONG = {
    "7101": {"7102": 0.62, "7103": 0.35, "7104": 0.31, "7107": 0.27, "7106": 0.14},  # a dripper
    "7103": {"7108": 0.22, "7102": 0.28, "7105": 0.16, "7110": 0.08},  # beans
    "7104": {"7101": 0.36, "7106": 0.29, "7109": 0.12},  # a kettle
    "7105": {"7103": 0.58, "7106": 0.24, "7108": 0.17},  # a grinder
    "7106": {"7104": 0.3, "7105": 0.21},  # a scale
    "7107": {"7101": 0.4, "7110": 0.3, "7102": 0.26},  # a server
    "7108": {"7103": 0.7},  # a tin
    "7109": {"7104": 0.4},  # a cleaning set
    "7110": {"7103": 0.33, "7107": 0.2},  # cups
}
"""Product -> what lies beside it, and in which share of its orders."""

USED_UP = {"7102", "7103"}
"""Filters and beans: bought again. Of all else nobody needs a second one."""


def orders_csv(until: datetime) -> str:
    """Past orders up to a moment, as a shop would export them; the same ones for the same moment."""
    return "\n".join((HEADER, *_rows(until))) + "\n"


def _rows(until: datetime) -> Iterator[str]:
    chance = random.Random(1042)  # noqa: S311 - invented orders, no secrets
    owned: defaultdict[str, set[str]] = defaultdict(set)
    for number in range(ORDERS):
        at = until - timedelta(days=DAYS * (ORDERS - number) / ORDERS, minutes=chance.randrange(600))
        first = chance.choices(sorted(FIRST), [FIRST[product] for product in sorted(FIRST)])[0]
        basket = [first, *(product for product, share in ALONG[first].items() if chance.random() < share)]
        email = f"buyer{chance.randrange(PEOPLE)}@example.com"
        wanted = [product for product in basket if product not in owned[email]] or sorted(USED_UP)
        owned[email].update(set(wanted) - USED_UP)
        for product in wanted:
            yield f"past-{number},{at.isoformat()},{email},{product},,1,"
