"""JSON-LD for mailboxes that show orders and parcels (Gmail: Order, ParcelDelivery; registration needed)."""

from collections.abc import Sequence
from typing import Any

import orjson
from markupsafe import Markup

from schedules.facts import DeliveryKind, Order
from schedules.parcel_facts import Parcel
from schedules.shop import Role
from worker.rendering.formats import web_url
from worker.rendering.port import MailInputs, is_discreet
from worker.rendering.totals import goes_with_set


def json_ld(inputs: MailInputs, order: Order, parcels: Sequence[Parcel]) -> Markup:
    """A script element with the same values as the text; empty in companion mails, follow-ups and where prices hide."""
    if inputs.role is not Role.REPLACE or inputs.step not in ("confirmation", "shipping"):
        return Markup()
    if inputs.step == "confirmation" and order.gift is not None and order.gift.hide_prices:
        return Markup()
    data = _order(inputs, order) if inputs.step == "confirmation" else _parcel(inputs, order, parcels)
    if data is None:
        return Markup()
    text = orjson.dumps({"@context": "http://schema.org", **data}).decode()
    for char, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028")):
        text = text.replace(char, safe)
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704 - escaped above


def _order(inputs: MailInputs, order: Order) -> dict[str, Any]:
    return {
        "@type": "Order",
        "merchant": {"@type": "Organization", "name": inputs.shop.name},
        "orderNumber": order.number,
        "orderDate": order.placed_at.isoformat(),
        "priceCurrency": order.currency,
        "price": str(order.totals.total.amount),
        "url": web_url(order.status_url),
        "acceptedOffer": [
            {
                "@type": "Offer",
                "itemOffered": {"@type": "Product", "name": line.title},
                "price": str(line.unit_price.amount),
                "priceCurrency": line.unit_price.currency,
                "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
            }
            for line in order.lines
            if line.quantity and not is_discreet(line, inputs.products) and not goes_with_set(line, order)
        ],
    }


def _parcel(inputs: MailInputs, order: Order, parcels: Sequence[Parcel]) -> dict[str, Any] | None:
    parcel = next((parcel for parcel in parcels if parcel.tracking_number), None)
    if parcel is None or order.delivery is not DeliveryKind.SHIPPING:
        return None
    return {
        "@type": "ParcelDelivery",
        "trackingNumber": parcel.tracking_number,
        "trackingUrl": web_url(parcel.tracking_url),
        "carrier": {"@type": "Organization", "name": parcel.carrier},
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": order.number,
            "merchant": {"@type": "Organization", "name": inputs.shop.name},
        },
    }
