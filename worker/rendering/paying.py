"""When an order that is paid later gets paid, as far as the name of its way of paying tells."""

import re

from schedules.facts import Order, PaymentState

ON_DELIVERY = re.compile(
    r"(?<![a-z])cod(?![a-z])|(cash|pay(ment)?).?(on|at).?(delivery|pick.?up|collection)|nachnahme", re.IGNORECASE
)
AFTERWARDS = re.compile(r"invoice|rechnung|net.?\d+|terms", re.IGNORECASE)
BEFORE = re.compile(
    r"bank|transfer|(?<![a-z])(wire|bacs|cheque|check)(?![a-z])|deposit|überweisung|vorkasse|money.?order|in advance"
    r"|prepa(y|id)",
    re.IGNORECASE,
)


def pays_on_delivery(order: Order) -> bool:
    """Whether the money is taken when the goods are handed over."""
    return order.payment is PaymentState.ACCEPTED and bool(ON_DELIVERY.search(order.payment_method))


def pays_first(order: Order) -> bool:
    """Whether the shop waits for the money before it packs. Of a way of paying that is not known, nothing is said."""
    if order.payment is not PaymentState.ACCEPTED or pays_on_delivery(order):
        return False
    return bool(BEFORE.search(order.payment_method)) and not AFTERWARDS.search(order.payment_method)
