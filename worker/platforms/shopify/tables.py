"""Shopify's vocabulary in ours. Unknown words stay unknown: each look-up has a careful default."""

import re

from schedules.facts import Channel, ConsentState, PaymentState
from schedules.parcel_facts import ParcelState, TrackingStatus
from worker.platforms.marketplaces import MARKETPLACE

PAYMENT = {
    "pending": PaymentState.OPEN,
    "expired": PaymentState.FAILED,
    "authorized": PaymentState.AUTHORIZED,
    "partially_paid": PaymentState.PARTIALLY_PAID,
    "paid": PaymentState.PAID,
    "partially_refunded": PaymentState.PARTIALLY_REFUNDED,
    "refunded": PaymentState.REFUNDED,
    "voided": PaymentState.VOIDED,
}

TO_PAY = frozenset({PaymentState.OPEN, PaymentState.ACCEPTED, PaymentState.PARTIALLY_PAID})
"""States in which Shopify's `total_outstanding` is what the customer still has to pay."""

MANUAL = "manual"
"""The gateway of what staff entered to be paid later."""

PARCEL = {
    "pending": ParcelState.OPEN,
    "open": ParcelState.OPEN,
    "success": ParcelState.SHIPPED,
    "cancelled": ParcelState.CANCELLED,
    "error": ParcelState.FAILED,
    "failure": ParcelState.FAILED,
}

TRACKING = {
    "label_printed": TrackingStatus.LABEL_PRINTED,
    "label_purchased": TrackingStatus.LABEL_PRINTED,
    "confirmed": TrackingStatus.CONFIRMED,
    "in_transit": TrackingStatus.IN_TRANSIT,
    "carrier_picked_up": TrackingStatus.IN_TRANSIT,
    "out_for_delivery": TrackingStatus.OUT_FOR_DELIVERY,
    "attempted_delivery": TrackingStatus.ATTEMPTED,
    "ready_for_pickup": TrackingStatus.READY_FOR_PICKUP,
    "picked_up": TrackingStatus.DELIVERED,
    "delivered": TrackingStatus.DELIVERED,
    "delayed": TrackingStatus.EXCEPTION,
    "failure": TrackingStatus.EXCEPTION,
    "not_delivered": TrackingStatus.EXCEPTION,
}

CONSENT = {
    "subscribed": ConsentState.SUBSCRIBED,
    "unsubscribed": ConsentState.UNSUBSCRIBED,
    "pending": ConsentState.PENDING,
    "not_subscribed": ConsentState.NOT_SUBSCRIBED,
    "invalid": ConsentState.NOT_SUBSCRIBED,
    "redacted": ConsentState.UNSUBSCRIBED,
}

CHANNEL = (
    (re.compile(r"^pos$"), Channel.POS),
    (re.compile(r"^shopify_draft_order$"), Channel.DRAFT),
    (re.compile(r"^subscription_contract_checkout"), Channel.SUBSCRIPTION_FIRST),
    (re.compile(r"^subscription_contract"), Channel.SUBSCRIPTION_RENEWAL),
    (MARKETPLACE, Channel.MARKETPLACE),
)

TAGGED = (
    (re.compile(r"recurring.?order|renewal"), Channel.SUBSCRIPTION_RENEWAL),
    (re.compile(r"subscription.?first.?order|first.?subscription"), Channel.SUBSCRIPTION_FIRST),
    (re.compile(r"replacement(?!.?part)|exchange|reshipment|umtausch|ersatzlieferung"), Channel.REPLACEMENT),
    (re.compile(r"^(staff|employee|mitarbeiter)$"), Channel.STAFF),
    (re.compile(r"marketplace|amazon(?!.?pay)|ebay"), Channel.MARKETPLACE),
)

HELD_TAGS = frozenset({"hold", "on hold", "on_hold", "upsell pending"})
VAT_KEYS = re.compile(r"(?<![a-z])(vat(?![a-z])|vat.?(number|id)|ust.?id|tax.?id)", re.IGNORECASE)
NO = frozenset({"", "no", "0", "false"})
EXPECTED_KEYS = re.compile(r"(ships|available|expected|pre.?order).*", re.IGNORECASE)
CLOSED_RETURNS = frozenset({"declined", "canceled", "cancelled"})
"""Returns that came to nothing; a finished one keeps its effect."""
CLOSED_DISPUTES = frozenset({"won"})
