"""Suggestions from files alone: orders in, baskets in, suggestions out."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from worker.errors import Fault, ImportFileError
from worker.imports.cells import Row
from worker.imports.table import read_rows
from worker.personalisation.learning.completing import Ask, Completer, Suggested
from worker.personalisation.learning.model import learn_mix
from worker.personalisation.learning.purchases import Basket, gather
from worker.personalisation.learning.tuning import choose

ORDERS = ("order_id", "customer_id", "placed_at", "product_id", "title", "quantity", "unit_price", "currency")
BASKETS = ("order_id", "customer_id", "placed_at", "product_id")
OUT = ("order_id", "rank", "product_id", "score", "reason")
DAY_S = 86400
Step = Callable[[], None]
"""Told after each basket."""


@dataclass
class _Order:
    person: str
    day: float
    products: dict[str, None] = field(default_factory=dict)  # a set that keeps its order


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a file of orders tells. `prices`: product -> its last price and currency."""

    baskets: tuple[Basket, ...]
    titles: dict[str, str]
    prices: dict[str, tuple[Decimal, str]]
    owned: dict[str, frozenset[str]]


def read_orders(path: Path) -> Known:
    """The orders of a file, one row per line.

    Raises:
        ImportFileError: anything in the file is wrong.
    """
    rows = read_rows(path, needed=BASKETS, known=ORDERS)
    orders = _orders(rows)
    owned: defaultdict[str, set[str]] = defaultdict(set)
    for order in orders.values():
        owned[order.person].update(order.products)
    prices: dict[str, tuple[Decimal, str]] = {}
    for row in rows:
        price = row.cells.get("unit_price", "")
        if price:
            prices[row.cells["product_id"].strip()] = (Decimal(price), row.cells.get("currency", "").strip())
    return Known(
        baskets=tuple(Basket(order.person, order.day, tuple(order.products)) for order in orders.values()),
        titles={row.cells["product_id"].strip(): row.cells.get("title", "").strip() for row in rows},
        prices=prices,
        owned={person: frozenset(products) for person, products in owned.items() if person},
    )


def read_baskets(path: Path, known: Known) -> list[Ask]:
    """The baskets to complete.

    Raises:
        ImportFileError: anything in the file is wrong.
    """
    orders = _orders(read_rows(path, needed=("order_id", "product_id"), known=(*ORDERS,)))
    return [
        Ask(order=name, products=tuple(order.products), owned=known.owned.get(order.person, frozenset()))
        for name, order in orders.items()
    ]


def suggest(known: Known, asks: list[Ask], k: int, *, relevance_only: bool, step: Step) -> Iterable[tuple[str, ...]]:
    """Rows of the file to write. `relevance_only`: what fits best, whatever its price and however seldom bought."""
    purchases = gather(known.baskets, known.titles)
    completer = Completer(purchases, learn_mix(purchases, choose(purchases).mix))
    for ask, found in completer.complete(asks, k if relevance_only else 10 * k, step):
        kept = found if relevance_only else [each for each in found if _may_be_offered(each, ask, known)]
        for rank, each in enumerate(kept[:k], 1):
            yield ask.order, str(rank), each.product, f"{each.score:.6f}", reason(each, known.titles)


def write(path: Path, rows: Iterable[tuple[str, ...]]) -> int:
    """Writes the suggestions; says how many."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(OUT)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def reason(suggested: Suggested, titles: dict[str, str]) -> str:
    """A true sentence: 'bought with Dripper in 31 % of orders'."""
    if not suggested.beside:
        return "fits what was bought, by the orders of others"
    share = f"{suggested.attachment:.0%}".replace("%", " %") if suggested.attachment >= 0.01 else "under 1 %"
    return f"bought with {titles.get(suggested.beside) or suggested.beside} in {share} of orders"


def _may_be_offered(suggested: Suggested, ask: Ask, known: Known) -> bool:
    """Bought together often enough to say so, and not dearer than the basket where prices are known."""
    price, value = known.prices.get(suggested.product), _value(ask, known)
    affordable = price is None or value is None or (price[1] == value[1] and price[0] <= value[0])
    return suggested.is_often_bought and affordable


def _value(ask: Ask, known: Known) -> tuple[Decimal, str] | None:
    prices = [known.prices[product] for product in ask.products if product in known.prices]
    return (sum((price for price, _ in prices), Decimal(0)), prices[0][1]) if prices else None


def _orders(rows: Iterable[Row]) -> dict[str, _Order]:
    orders: dict[str, _Order] = {}
    faults: list[Fault] = []
    for row in rows:
        order, product = row.text("order_id", needed=True), row.text("product_id", needed=True)
        day = _day(row)
        row.text("title")
        row.decimal("unit_price")
        if not row.faults:
            found = orders.setdefault(order, _Order(row.text("customer_id"), day))
            found.products[product] = None
        faults += row.faults
    if faults:
        raise ImportFileError(faults)
    return orders


def _day(row: Row) -> float:
    """`placed_at` as days since 1970; a time without a zone is taken as UTC. Empty: 0."""
    text = row.text("placed_at")
    try:
        moment = datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
    except ValueError:
        row.fault(f"placed_at is '{text}', which is no time.", "Write it like 2026-05-14T09:30:00Z.")
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / DAY_S
