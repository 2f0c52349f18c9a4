"""When an order that is paid later gets paid, as far as its way of paying tells: its name, else the platform's word."""

import re

from schedules.facts import Order, PaymentState

ON_DELIVERY = re.compile(
    r"(?<![a-z])cod(?![a-z])|(cash|pay(ment)?).?(on|at).?(delivery|pick.?up|collection)|nachnahme"
    r"|contre.?remboursement|à la livraison|au retrait|contra.?re?embolso|a la entrega|al recoger"
    r"|contrassegno|alla consegna|al ritiro|rembours$|onder rembours|bij (levering|afleveren|afhalen)",
    re.IGNORECASE,
)
AFTERWARDS = re.compile(
    r"invoice|rechnung|facture|factura|fattura|factuur|op rekening|achteraf|net.?\d+|terms", re.IGNORECASE
)
BEFORE = re.compile(
    r"bank|transfer|(?<![a-z])(wire|bacs|ch[eè]que|check|assegno)(?![a-z])|deposit|überweisung|vorkasse|money.?order"
    r"|in advance|prepa(y|id|go)|virement|bonifico|overschrijving|overboeking|vooruit|anticip",
    re.IGNORECASE,
)


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
    tells = any(pattern.search(order.payment_method) for pattern in (ON_DELIVERY, AFTERWARDS, BEFORE))
    return order.payment_method if tells else order.payment_code
