"""When an order that is paid later gets paid, as far as its way of paying tells: its name, else the platform's word."""

from schedules.facts import Order, PaymentState
from schedules.ways_of_paying import AFTERWARDS, BEFORE, ON_DELIVERY, is_paid_later


def pays_on_delivery(order: Order) -> bool:
    """Whether the money is taken when the goods are handed over."""
    return order.payment is PaymentState.ACCEPTED and bool(ON_DELIVERY.search(_told(order)))


def pays_first(order: Order) -> bool:
    """Whether the shop waits for the money before it packs. Of a way of paying that is not known, nothing is said."""
    if order.payment is not PaymentState.ACCEPTED or pays_on_delivery(order):
        return False
    told = _told(order)
    return bool(BEFORE.search(told)) and not AFTERWARDS.search(told)


def _told(order: Order) -> str:
    """The name where it tells when: shops sell on invoice by a way that is called `cod`. Else the platform's word."""
    return order.payment_method if is_paid_later(order.payment_method) else order.payment_code
