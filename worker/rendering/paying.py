"""How an order is paid, and when, as far as its way of paying tells: its name, else the platform's word."""

from collections.abc import Mapping

from schedules.facts import Order, PaymentState
from schedules.ways_of_paying import AFTERWARDS, BEFORE, ON_DELIVERY, is_paid_later

COMMON = frozenset({"gift card", "store credit", "bank transfer", "cash on delivery"})
"""Ways that have a name in the mail's language; any other is printed as the shop calls it."""


def printed_method(order: Order, labels: Mapping[str, str]) -> str:
    """The ways of paying, as the mail names them. `labels`: `label_gift_card` and the like -> word."""
    return ", ".join([_named(way, labels) for way in order.payment_method.split(", ")])


def pays_on_delivery(order: Order) -> bool:
    """Whether the money is taken when the goods are handed over."""
    return order.payment is PaymentState.ACCEPTED and bool(ON_DELIVERY.search(_told(order)))


def pays_first(order: Order) -> bool:
    """Whether the shop waits for the money before it packs. Of a way of paying that is not known, nothing is said."""
    if order.payment is not PaymentState.ACCEPTED or pays_on_delivery(order):
        return False
    told = _told(order)
    return bool(BEFORE.search(told)) and not AFTERWARDS.search(told)


def _named(way: str, labels: Mapping[str, str]) -> str:
    return labels.get(f"label_{way.lower().replace(' ', '_')}", way) if way.lower() in COMMON else way


def _told(order: Order) -> str:
    """The name where it tells when: shops sell on invoice by a way that is called `cod`. Else the platform's word."""
    return order.payment_method if is_paid_later(order.payment_method) else order.payment_code
