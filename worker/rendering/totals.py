"""The sums below an order's lines, in the money the customer paid with."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from babel.numbers import get_currency_precision

from schedules.facts import DeliveryKind, LineItem, Money, Order, Refund, Totals
from worker.rendering import formats
from worker.rendering.context import TotalContext

ROUNDING = Decimal("0.05")
"""Sums that a shop rounds one by one differ by less than this from the total that it rounds."""
ROUNDING_WITHOUT_CENTS = Decimal(3)
"""The same in currencies that have whole units alone."""
NOTHING = Decimal(0)
NAMES = "subtotal discount shipping tax tax_included fees credit total paid outstanding"
LABELS = tuple(f"label_{name}" for name in NAMES.split())
"""Texts that stand beside the sums."""
LESS = frozenset({"discount", "credit", "refunded"})
"""Rows that are taken off."""


def prints_full_prices(order: Order) -> bool:
    """Whether lines add up to the subtotal below them with their prices before discounts, rather than after."""
    subtotal = order.totals.subtotal.amount
    full = sum([each.unit_price.amount * each.quantity for each in order.lines])
    net = sum([each.total.amount for each in order.lines])
    return abs(full - subtotal) < abs(net - subtotal)


def printed_price(line: LineItem, locale: str, *, is_full: bool) -> str:
    """A line's price, before discounts or after them."""
    value = line.unit_price.amount * line.quantity if is_full else line.total.amount
    return formats.amount(value, line.total.currency, locale)


def goes_with_set(line: LineItem, order: Order) -> bool:
    """Whether it costs nothing by itself: a part whose set has the price, or a set whose parts have theirs."""
    if line.unit_price.amount:
        return False
    return line.part_of is not None or any(each.part_of == line.id for each in order.lines)


def totals_context(
    order: Order, refunds: Sequence[Refund], labels: Mapping[str, str], locale: str
) -> list[TotalContext]:
    """Subtotal, total and, of what is shipped, shipping always; the others where they say something.

    What the total holds beyond the rows above it, or lacks of them, is a row too: duties, what a gift card paid, or
    what was refunded. `labels`: `label_NAME` -> word.
    """
    totals = order.totals
    always = {"subtotal"} if order.delivery is DeliveryKind.DIGITAL else {"subtotal", "shipping"}
    rows = [("subtotal", totals.subtotal), ("discount", totals.discount), ("shipping", totals.shipping)]
    rows += [] if totals.tax_included else [("tax", totals.tax)]
    if rest := unexplained(totals):
        rows.append(("fees" if rest > 0 else "credit", Money(amount=abs(rest), currency=totals.total.currency)))
    if refunds and "label_refunded" in labels:  # content that a shop published before has no word for it
        rows.append(("refunded", _refunded_alone(totals, refunds)))
    shown = [(name, value) for name, value in rows if value.amount or name in always]
    shown.append(("total", totals.total))
    if totals.tax_included and totals.tax.amount:  # a part of the total, nothing that adds to it
        shown.append(("tax_included", totals.tax))
    if totals.outstanding.amount:
        shown += [("paid", totals.paid)] if totals.paid.amount else []
        shown.append(("outstanding", totals.outstanding))
    return [
        TotalContext(
            label=labels.get(f"label_{name}", name),
            amount=("−" if name in LESS else "") + formats.money(value, locale),
            is_total=name == "total",
        )
        for name, value in shown
    ]


def unexplained(totals: Totals) -> Decimal:
    """What the total is more than its parts, or less; of one that lacks what was refunded, less says nothing."""
    rest = totals.beyond_parts
    is_told = not rest or abs(rest) <= _rounding(totals) or (totals.is_net and rest < 0)
    return NOTHING if is_told else rest


def _refunded_alone(totals: Totals, refunds: Sequence[Refund]) -> Money:
    """What was refunded of no line in particular, where the total lacks just that."""
    currency = totals.total.currency
    back = sum((each.amount.amount for each in refunds if not each.lines and each.amount.currency == currency), NOTHING)
    is_off = totals.is_net and abs(totals.beyond_parts + back) <= _rounding(totals)
    return Money(amount=back if is_off else NOTHING, currency=currency)


def _rounding(totals: Totals) -> Decimal:
    return ROUNDING if get_currency_precision(totals.total.currency) else ROUNDING_WITHOUT_CENTS
