"""The hero item: the line by which mails call an order."""

from collections.abc import Callable

from schedules.facts import Facts, LineItem, LineKind


def hero_line(facts: Facts, discreet: Callable[[LineItem], bool] = lambda line: False) -> LineItem | None:
    """The dearest physical line that was kept; None: say "your order".

    Passed over are lines that were refunded, in whole or in part, that belong to an open return, or are discreet.
    """
    if facts.order is None:
        return None
    gone = {line.line_id for refund in facts.refunds for line in refund.lines}
    gone |= {line_id for case in facts.cases if not case.closed for line_id in case.line_ids}
    kept = [
        line
        for line in facts.order.lines
        if line.kind is LineKind.PHYSICAL and line.quantity and line.id not in gone and not discreet(line)
    ]
    return max(kept, key=lambda line: (line.unit_price.amount, line.total.amount, line.id), default=None)
