"""What the facts of an order mean: whether anything is sent at all, what rules out a follow-up or an offer.

Each answer is a plain sentence that the timeline shows, or None.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules import reasons
from schedules.addresses import is_address
from schedules.facts import CaseKind, Channel, Facts, Order, PaymentState, RefundReason
from schedules.parcels import has_goods, is_in_trouble, left_late

RELAYED = re.compile(
    r"@((.+\.)?(marketplace|marktplatz)\.[^.@]+\.[^@]+"
    r"|members\.ebay\.[^@]+|relay\.walmart\.com|scs\d*\.tiktokw?\.[^@]+|reply\.etsy\.com|verkopen\.bol\.com"
    r"|(.+\.)?kaufland-marktplatz\.de)$",
    re.IGNORECASE,
)
"""Addresses that a marketplace made up for one order; its rules forbid mails of the shop's own.

Privacy relays that people choose for themselves (Apple's privaterelay, Firefox Relay) are ordinary addresses.
"""

UNPAID = {
    PaymentState.REFUNDED: reasons.REFUNDED,
    PaymentState.VOIDED: reasons.VOIDED,
    PaymentState.FAILED: reasons.PAYMENT_FAILED,
    PaymentState.OPEN: reasons.NOT_YET_PAID,
}


def why_nothing(facts: Facts) -> str | None:
    """Why no mail at all goes out for this order as it stands."""
    order = facts.order
    if order is None:
        return reasons.NOT_ARRIVED_YET
    return _why_no_order(facts, order) or _why_no_buyer(order) or _why_no_money(facts, order)


def is_bought(facts: Facts) -> bool:
    """Whether something was bought: paid or to be paid, not cancelled, no test; wherever that was."""
    order = facts.order
    return order is not None and (_why_no_order(facts, order) or _why_no_money(facts, order)) is None


def is_gone(facts: Facts) -> bool:
    """Whether the order takes no part in a follow-up for several orders of one person.

    Cancelled, unpaid and test orders don't, nor do orders that never get a follow-up, nor those without a delivery.
    """
    if facts.order is None or why_nothing(facts) is not None:
        return True
    return why_no_follow_up(facts.order) is not None or not has_goods(facts.order)


def is_own_wish(facts: Facts) -> bool:
    """Whether somebody has bought something here by themselves: no renewal, replacement, company, counter or test."""
    return facts.order is not None and (why_nothing(facts) or why_no_follow_up(facts.order)) is None


def _why_no_order(facts: Facts, order: Order) -> str | None:
    if facts.is_deleted:
        return reasons.DELETED
    if facts.is_cancelled:
        return reasons.CANCELLED
    return reasons.TEST if order.is_test else None


def _why_no_buyer(order: Order) -> str | None:
    if order.is_imported:
        return reasons.IMPORTED
    if order.channel in reasons.NOT_ONLINE:
        return reasons.NOT_ONLINE[order.channel]
    if not order.customer.email:
        return reasons.NO_ADDRESS
    if not is_address(order.customer.email.strip()):
        return reasons.UNUSABLE_ADDRESS
    if RELAYED.search(order.customer.email):
        return reasons.RELAYED
    return None


def _why_no_money(facts: Facts, order: Order) -> str | None:
    if order.payment in UNPAID:
        return UNPAID[order.payment]
    if is_refunded(facts):
        return reasons.REFUNDED
    if not any(line.quantity for line in order.lines):
        return reasons.NOTHING_LEFT
    return None


def is_refunded(facts: Facts) -> bool:
    """Whether all of it was paid back: as its snapshot says, or by refunds told apart from it, which says nothing yet.

    Of an order that was edited the sum alone tells nothing: what is paid back may be for what was taken off.
    """
    order = facts.order
    if order is None or order.payment in (PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED):
        return order is not None and order.payment is PaymentState.REFUNDED
    if facts.edits or not facts.refunds or any(line.quantity != line.ordered_quantity for line in order.lines):
        return False
    back = sum(each.amount.amount for each in facts.refunds if each.amount.currency == order.currency)
    return back >= order.totals.total.amount > 0


def is_short(order: Order) -> bool:
    """Whether only the plain facts are sent: replacements, exchanges, renewals, orders over nothing."""
    return order.channel in (Channel.REPLACEMENT, Channel.SUBSCRIPTION_RENEWAL) or not order.totals.total.amount


def is_subscription(order: Order) -> bool:
    """Whether more of the same comes by itself."""
    return order.channel in (Channel.SUBSCRIPTION_FIRST, Channel.SUBSCRIPTION_RENEWAL)


def has_open_ticket(facts: Facts) -> bool:
    return any(case.kind is CaseKind.TICKET and not case.closed for case in facts.cases)


def troubled_at(facts: Facts) -> datetime | None:
    """When the newest return, exchange, dispute, ticket or unhappy answer that stands was opened."""
    return max((case.opened_at for case in facts.cases if not case.closed), default=None)


def why_no_marketing(facts: Facts) -> str | None:
    """Trouble with this order that rules out marketing about it."""
    for case in facts.cases:
        if case.kind in reasons.TROUBLE and not case.closed:
            return reasons.TROUBLE[case.kind]
    if any(refund.reason is RefundReason.STOCK for refund in facts.refunds):
        return reasons.SHORT_OF_STOCK
    if any(refund.lines or refund.reason is RefundReason.CUSTOMER for refund in facts.refunds):
        return reasons.PARTLY_REFUNDED
    return None


def why_no_follow_up(order: Order) -> str | None:
    """Kinds of orders that get no follow-up."""
    if order.is_b2b:
        return reasons.BUSINESS
    if order.channel is Channel.SUBSCRIPTION_RENEWAL:
        return reasons.RENEWAL
    if is_short(order):
        return reasons.REPLACEMENT
    return None


def why_no_offer(facts: Facts, timezone: ZoneInfo) -> str | None:
    """What about this order rules out products and codes in its mails. `timezone`: the customer's."""
    order = facts.order
    if order is None:
        return "the order is not known"
    if order.is_b2b:
        return reasons.BUSINESS
    if is_short(order):
        return "it is a replacement, a renewal or an order over nothing"
    if has_open_ticket(facts):
        return reasons.TICKET
    if any(is_in_trouble(parcel) for parcel in facts.parcels) or left_late(facts, timezone):
        return "a parcel is late or lost"
    return why_no_marketing(facts)
