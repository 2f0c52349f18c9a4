"""Bodies and signed deliveries of a WooCommerce shop of our own writing: Northkettle, coffee gear; its customer Mia."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

PLACED = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)

ADDRESS = {
    "first_name": "Mia",
    "last_name": "Byrne",
    "company": "",
    "address_1": "14 Harbour Lane",
    "address_2": "",
    "city": "Galway",
    "state": "G",
    "postcode": "H91 X0X0",
    "country": "IE",
}


def gmt(at: datetime) -> str:
    """A time as WooCommerce writes it: UTC, without a zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def line(number: int, name: str, subtotal: str, tax: str, **more: Any) -> dict[str, Any]:
    """One order line; amounts are without tax."""
    return {
        "id": 400 + number,
        "name": name,
        "product_id": 7000 + number,
        "variation_id": 0,
        "quantity": 1,
        "subtotal": subtotal,
        "subtotal_tax": tax,
        "total": subtotal,
        "total_tax": tax,
        "meta_data": [],
        "sku": f"NK-{number}",
        "price": float(subtotal),
        "image": {"id": number, "src": f"https://northkettle.example/images/{number}.jpg"},
        "parent_name": None,
    } | more


DRIPPER = line(1, "Dripper 02 &ndash; ceramic", "23.58", "5.42")
FILTERS = line(2, "Paper filters 02", "9.76", "2.24", quantity=2)


def order(**more: Any) -> dict[str, Any]:
    """A paid order of a dripper and two packs of filters, prices entered with tax: 29 + 12 + 5 shipping."""
    return {
        "id": 1042,
        "parent_id": 0,
        "number": "1042",
        "status": "processing",
        "currency": "EUR",
        "currency_symbol": "€",
        "created_via": "checkout",
        "prices_include_tax": True,
        "date_created": "2026-05-14T10:30:00",
        "date_created_gmt": gmt(PLACED),
        "date_modified": "2026-05-14T10:30:20",
        "date_modified_gmt": gmt(PLACED.replace(second=20)),
        "date_paid_gmt": gmt(PLACED.replace(second=20)),
        "date_completed_gmt": None,
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "4.07",
        "shipping_tax": "0.93",
        "cart_tax": "7.66",
        "total": "46.00",
        "total_tax": "8.59",
        "customer_id": 31,
        "billing": ADDRESS | {"email": "mia@example.com", "phone": ""},
        "shipping": ADDRESS | {"phone": ""},
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "pi_northkettle",
        "payment_url": "https://northkettle.example/checkout/order-pay/1042/?pay_for_order=true&key=wc_order_k",
        "line_items": [DRIPPER, FILTERS],
        "shipping_lines": [{"id": 90, "method_title": "Standard", "method_id": "flat_rate:3", "meta_data": []}],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": [{"id": 1, "key": "_order_stock_reduced", "value": "yes"}],
    } | more


def meta(**entries: Any) -> list[dict[str, Any]]:
    """Meta data with these keys."""
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(entries.items(), 1)]


def tracking(number: str, **more: Any) -> dict[str, Any]:
    """One entry of the shipment-tracking plugin."""
    return {
        "tracking_provider": "dhl",
        "custom_tracking_provider": "",
        "custom_tracking_link": "",
        "tracking_number": number,
        "date_shipped": str(int(datetime(2026, 5, 15, tzinfo=UTC).timestamp())),
        "tracking_id": hashlib.md5(number.encode()).hexdigest(),
    } | more


def product(**more: Any) -> dict[str, Any]:
    return {
        "id": 7006,
        "name": "Hand grinder",
        "permalink": "https://northkettle.example/product/hand-grinder/",
        "type": "simple",
        "status": "publish",
        "catalog_visibility": "visible",
        "date_modified_gmt": gmt(PLACED),
        "price": "64.00",
        "purchasable": True,
        "manage_stock": True,
        "stock_quantity": 12,
        "stock_status": "instock",
        "backorders_allowed": False,
        "parent_id": 0,
        "categories": [{"id": 3, "name": "Grinders &amp; scales", "slug": "grinders"}],
        "tags": [{"id": 9, "name": "manual", "slug": "manual"}],
        "images": [{"id": 5, "src": "https://northkettle.example/images/grinder.jpg"}],
        "variations": [],
    } | more


def signed(topic: str, body: dict[str, Any] | bytes, secret: str, *, delivery_id: str = "d1") -> dict[str, str]:
    """The headers of a delivery, names in lower case."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    mac = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    resource, _, event = topic.partition(".")
    return {
        "content-type": "application/json",
        "x-wc-webhook-source": "https://northkettle.example/",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": resource,
        "x-wc-webhook-event": event,
        "x-wc-webhook-signature": mac,
        "x-wc-webhook-id": "4",
        "x-wc-webhook-delivery-id": delivery_id,
    }
