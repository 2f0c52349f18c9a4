"""What an order says of products: those bought, those that came back, those that may lead to an offer."""

from schedules.facts import Facts, LineKind

LEADING = (LineKind.PHYSICAL, LineKind.DIGITAL, LineKind.SERVICE)


def bought_products(facts: Facts) -> frozenset[str]:
    """Products of the order, those removed, refunded or returned since included."""
    lines = facts.order.lines if facts.order else ()
    return frozenset([line.product_id for line in lines if line.product_id])


def returned_products(facts: Facts) -> frozenset[str]:
    """Products of the order that came back, were refunded, or are on their way back."""
    gone = _gone_lines(facts)
    if facts.order is None or not gone:
        return frozenset()
    return frozenset(line.product_id for line in facts.order.lines if line.product_id and line.id in gone)


def leading_products(facts: Facts) -> tuple[str, ...]:
    """Product ids that may lead to an offer: pieces that were paid for and kept, and are no gift card, tip or the like.

    What a shop lays in for nothing was not chosen: nobody "often buys" it.
    """
    lines, gone = facts.order.lines if facts.order else (), _gone_lines(facts)
    paid = [line for line in lines if line.quantity and line.kind in LEADING and line.total.amount]
    return tuple([line.product_id for line in paid if line.product_id and line.id not in gone])


def _gone_lines(facts: Facts) -> frozenset[str]:
    if not facts.refunds and not facts.cases:
        return frozenset()
    refunded = {line.line_id for refund in facts.refunds for line in refund.lines}
    return frozenset(refunded | {line_id for case in facts.cases if not case.closed for line_id in case.line_ids})
