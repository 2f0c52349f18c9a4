"""WooCommerce's vocabulary in ours. Unknown words stay unknown: each look-up has a careful default."""

import re

from schedules import extras, gift_cards
from schedules.facts import Channel, LineKind, PaymentState
from worker.platforms.marketplaces import MARKETPLACE

PAYMENT = {
    "auto-draft": PaymentState.OPEN,
    "checkout-draft": PaymentState.OPEN,
    "draft": PaymentState.OPEN,
    "new": PaymentState.OPEN,
    "pending": PaymentState.OPEN,
    "scheduled-payment": PaymentState.OPEN,  # a part of a deposit order that falls due later
    "failed": PaymentState.FAILED,
    "partial-paid": PaymentState.PARTIALLY_PAID,
    "partial-payment": PaymentState.PARTIALLY_PAID,
    "partially-paid": PaymentState.PARTIALLY_PAID,
    "processing": PaymentState.PAID,
    "completed": PaymentState.PAID,
    "refunded": PaymentState.REFUNDED,
}
"""Payment by status, where the status alone tells it. The rest needs a look at the payment: see `money.payment_of`."""

DRAFTS = frozenset({"auto-draft", "checkout-draft", "draft", "new"})
GONE = frozenset({"cancelled", "trash"})
COMPLETED = "completed"
SHIPPED = frozenset({COMPLETED, "shipped", "dispatched", "in-transit", "out-for-delivery", "delivered"})
"""`completed` is core's last status; the others are what shipping plugins add."""
BEFORE = frozenset({"pending", "on-hold", "processing"})
"""Core's statuses of what has not left; other words may be of any time."""
READY = frozenset({"ready-for-pickup", "ready-pickup", "ready-to-pickup", "pickup-ready"})
COLLECTED = frozenset({"completed", "delivered", "picked-up", "pickup"})

RANK = {"pending": 1, "failed": 2, "on-hold": 3, "processing": 4, "shipped": 5, "delivered": 6, "completed": 6}
RANK |= {"cancelled": 7, "trash": 7, "refunded": 8}
"""Versions tell whole seconds only. Of two snapshots of one second the one that is further along counts."""

CHANNEL = (
    (re.compile(r"^(admin|bookings-admin)$"), Channel.DRAFT),
    (re.compile(r"^pos|\bpos\b"), Channel.POS),
    (re.compile(r"^subscription"), Channel.SUBSCRIPTION_RENEWAL),
    (MARKETPLACE, Channel.MARKETPLACE),
)
RENEWAL_KEY = "_subscription_renewal"

LINE_KIND = ((gift_cards.NAME, LineKind.GIFT_CARD), *extras.LINE_KIND)

SENT_BACK = re.compile(r"(return|refund|exchange)-.+|(return|exchang)ed")
"""Statuses by which plugins tell that something goes back; core's `refunded` says nothing of goods."""
CAME_TO_NOTHING = re.compile(r".+-(cancel|reject|declin|den|refus).*")
PICKUP = frozenset({"local_pickup", "pickup_location", "local_pickup_plus"})
"""Ways of shipping (ids) that are none: core's, the block checkout's, and that of Local Pickup Plus."""
PICKUP_PLACE = ("pickup_location", "_pickup_location_name")
PLUS_ADDRESS = "_pickup_location_address"
VAT_KEYS = re.compile(r"^_?(billing_)?(eu_)?(vat_?(number|id)?|ust_?id|tax_?id)$|^is_vat_exempt$", re.IGNORECASE)
LOCALE_KEYS = ("wpml_language", "_locale", "trp_language", "_order_language", "lang")
"""Where translation plugins note the language of an order; core does not."""
CONSENT_VALUES = frozenset({"1", "yes", "true", "on", "y", "subscribed", "ja", "oui", "si", "sí"})

SYMBOLS = {"€": "EUR", "£": "GBP", "zł": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON", "₹": "INR", "₺": "TRY"}
"""Symbols that mean one currency alone; `$`, `kr` and `¥` do not."""

TRACKING_KEYS = ("_wc_shipment_tracking_items", "_aftership_tracking_items")
"""Of Shipment Tracking and plugins that keep to its form, and of AfterShip."""
BLOCKS = "store-api"
"""How orders of the block checkout say that they were made."""
