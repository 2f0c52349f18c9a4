"""What the facts of an order mean: whether anything is sent at all, what arrived, what stops an offer.

Each answer is a plain sentence that the timeline shows, or None.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from schedules.facts import (
    Case,
    CaseKind,
    Channel,
    DeliveryKind,
    DeliverySource,
    Facts,
    LineItem,
    LineKind,
    Order,
    Parcel,
    ParcelState,
    PaymentState,
    RefundReason,
    TrackingStatus,
)

ASSUME_DELIVERED_AFTER = timedelta(days=10)

RELAYED = re.compile(
    r"@(marketplace\.amazon\.|members\.ebay\.|.*\.ebay\.|relay\.|.*tiktok.*\.|reply\.etsy|.*\.etsy\.|"
    r"orders?\.walmart|.*marketplace\.)",
    re.IGNORECASE,
)
"""Addresses that a marketplace made up for one order; its rules forbid mails of the shop's own."""

CHANNELS = {
    Channel.POS: "it was bought in the store",
    Channel.MARKETPLACE: "it came from a marketplace, which writes to its customers itself",
    Channel.STAFF: "it is an order of the staff",
}
TROUBLE = {
    CaseKind.RETURN: "a return was opened",
    CaseKind.EXCHANGE: "an exchange was asked for",
    CaseKind.DISPUTE: "the payment is disputed",
    CaseKind.UNHAPPY: "the customer told us that something is wrong",
}
NOT_YET_PAID = "it is not paid yet"


def why_nothing(facts: Facts) -> str | None:
    """Why no mail at all goes out for this order as it stands."""
    order = facts.order
    if order is None:
        return "the order itself has not arrived yet"
    if facts.deleted_at is not None:
        return "the order was deleted"
    if order.cancelled_at is not None or facts.cancelled_at is not None:
        return "the order was cancelled"
    if order.is_test:
        return "it is a test order"
    return _why_no_buyer(order) or _why_no_money(order)


def is_gone(facts: Facts) -> bool:
    """Whether the order was cancelled or deleted."""
    snapshot = facts.order is not None and facts.order.cancelled_at is not None
    return snapshot or facts.cancelled_at is not None or facts.deleted_at is not None


def _why_no_buyer(order: Order) -> str | None:
    if order.channel in CHANNELS:
        return CHANNELS[order.channel]
    if not order.customer.email:
        return "the order has no email address"
    if RELAYED.search(order.customer.email):
        return "the address belongs to a marketplace, which writes to its customers itself"
    return None


def _why_no_money(order: Order) -> str | None:
    if order.payment is PaymentState.REFUNDED:
        return "the order was refunded in full"
    if order.payment is PaymentState.VOIDED:
        return "the payment was voided"
    if order.payment is PaymentState.FAILED:
        return "the payment failed"
    if not order.payment.counts_as_order:
        return NOT_YET_PAID
    if not any(line.quantity for line in order.lines):
        return "nothing is left on the order"
    return None


def is_short(order: Order) -> bool:
    """Whether only the plain facts are sent: replacements, exchanges, renewals, orders over nothing."""
    return order.channel in (Channel.REPLACEMENT, Channel.SUBSCRIPTION_RENEWAL) or not order.totals.total.amount


def is_shipped_goods(line: LineItem) -> bool:
    """Whether pieces of this line travel in a parcel."""
    return line.kind in (LineKind.PHYSICAL, LineKind.SAMPLE) and line.quantity > 0


def has_goods(order: Order) -> bool:
    return order.delivery is not DeliveryKind.DIGITAL and any(is_shipped_goods(line) for line in order.lines)


def hero_line(facts: Facts, discreet: Callable[[LineItem], bool] = lambda line: False) -> LineItem | None:
    """The dearest physical line that was kept; None: say "your order"."""
    if facts.order is None:
        return None
    gone = {line.line_id for refund in facts.refunds for line in refund.lines}
    gone |= {line_id for case in facts.cases for line_id in case.line_ids}
    kept = [
        line
        for line in facts.order.lines
        if line.kind is LineKind.PHYSICAL and line.quantity and line.id not in gone and not discreet(line)
    ]
    return max(kept, key=lambda line: (line.unit_price.amount, line.total.amount, line.id), default=None)


def sent_parcels(facts: Facts) -> tuple[Parcel, ...]:
    return tuple(parcel for parcel in facts.parcels if parcel.state is ParcelState.SHIPPED)


def arrival(parcel: Parcel) -> datetime | None:
    """When the carrier reported it delivered; for pick-up: collected."""
    reports = [report.at for report in parcel.tracking if report.status is TrackingStatus.DELIVERED]
    return min(reports, default=None)


def is_in_trouble(parcel: Parcel) -> bool:
    """Whether the newest report is an exception."""
    newest = max(parcel.tracking, key=lambda report: (report.at, report.id), default=None)
    return newest is not None and newest.status is TrackingStatus.EXCEPTION and arrival(parcel) is None


def has_left_whole(facts: Facts) -> bool:
    """Whether every piece that travels is in a parcel that left. A parcel that lists no lines counts as everything."""
    if facts.order is None:
        return False
    parcels = sent_parcels(facts)
    if any(not parcel.lines for parcel in parcels):
        return True
    left: dict[str, int] = {}
    for parcel in parcels:
        for line in parcel.lines:
            left[line.line_id] = left.get(line.line_id, 0) + line.quantity
    return bool(parcels) and all(
        left.get(line.id, 0) >= line.quantity for line in facts.order.lines if is_shipped_goods(line)
    )


def delivered_at(
    facts: Facts, assume_after: timedelta = ASSUME_DELIVERED_AFTER
) -> tuple[datetime, DeliverySource] | None:
    """When the last parcel arrived, and how that is known. None: something has not left yet, or is in trouble.

    Where no carrier reports, a parcel counts as arrived `assume_after` it left: an estimate.
    """
    parcels = sent_parcels(facts)
    if not parcels or not has_left_whole(facts) or any(is_in_trouble(parcel) for parcel in parcels):
        return None
    reported = [arrival(parcel) for parcel in parcels]
    known = [at for at in reported if at is not None]
    if len(known) == len(parcels):
        return max(known), DeliverySource.REPORTED
    guessed = [parcel.shipped_at + assume_after for parcel in parcels if arrival(parcel) is None]
    return max(*known, *guessed) if known else max(guessed), DeliverySource.ESTIMATED


def open_ticket(facts: Facts) -> Case | None:
    return next((case for case in facts.cases if case.kind is CaseKind.TICKET and not case.closed), None)


def why_no_marketing(facts: Facts) -> str | None:
    """Trouble with this order that rules out the follow-up for good."""
    if (case := _first(facts.cases, TROUBLE)) is not None:
        return TROUBLE[case.kind]
    if any(refund.reason is RefundReason.STOCK for refund in facts.refunds):
        return "something could not be delivered and was refunded"
    if any(refund.lines for refund in facts.refunds):
        return "part of the order was refunded"
    return None


def why_no_follow_up(order: Order) -> str | None:
    """Kinds of orders that get no follow-up."""
    if order.is_b2b:
        return "it is a business order"
    if order.channel is Channel.SUBSCRIPTION_RENEWAL:
        return "it renews a subscription; only the first order gets a follow-up"
    if order.channel is Channel.REPLACEMENT or not order.totals.total.amount:
        return "it is a replacement, or an order over nothing"
    return None


def why_no_offer(facts: Facts) -> str | None:
    """What about this order rules out products and codes in its mails."""
    order = facts.order
    if order is None:
        return "the order is not known"
    if order.is_b2b:
        return "it is a business order"
    if is_short(order):
        return "it is a replacement, a renewal or an order over nothing"
    if open_ticket(facts) is not None:
        return "support is talking to the customer"
    if any(is_in_trouble(parcel) for parcel in facts.parcels):
        return "a parcel is late or lost"
    return why_no_marketing(facts)


def _first(cases: Iterable[Case], kinds: dict[CaseKind, str]) -> Case | None:
    return next((case for case in cases if case.kind in kinds and not case.closed), None)
