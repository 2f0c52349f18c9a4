"""The sums below an order's lines, in the money the customer paid with."""

from collections.abc import Mapping

from schedules.facts import DeliveryKind, LineItem, Money, Order
from worker.rendering import formats
from worker.rendering.context import TotalContext


def printed_price(line: LineItem, order: Order) -> Money:
    """A line's price such that lines add up to the subtotal below them: before discounts where that is before them."""
    subtotal = order.totals.subtotal.amount
    full = sum(each.unit_price.amount * each.quantity for each in order.lines)
    net = sum(each.total.amount for each in order.lines)
    if abs(full - subtotal) >= abs(net - subtotal):
        return line.total
    return Money(amount=line.unit_price.amount * line.quantity, currency=line.total.currency)


def totals_context(order: Order, labels: Mapping[str, str], locale: str) -> list[TotalContext]:
    """Subtotal, total and, of what is shipped, shipping always; the others where they say something.

    `labels`: `label_NAME` -> word.
    """
    totals = order.totals
    always = {"subtotal"} if order.delivery is DeliveryKind.DIGITAL else {"subtotal", "shipping"}
    rows = [("subtotal", totals.subtotal), ("discount", totals.discount), ("shipping", totals.shipping)]
    rows.append(("tax_included" if totals.tax_included else "tax", totals.tax))
    shown = [(name, value) for name, value in rows if value.amount or name in always]
    shown.append(("total", totals.total))
    if totals.outstanding.amount:
        shown += [("paid", totals.paid)] if totals.paid.amount else []
        shown.append(("outstanding", totals.outstanding))
    return [
        TotalContext(
            label=labels.get(f"label_{name}", name),
            amount=("−" if name == "discount" else "") + formats.money(value, locale),
            is_total=name == "total",
        )
        for name, value in shown
    ]
