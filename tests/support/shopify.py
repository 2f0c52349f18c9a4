"""Signed webhooks of a Shopify shop of our own writing: Northkettle, coffee gear; its customer Mia."""

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

ADDRESS = {
    "name": "Mia Lindqvist",
    "first_name": "Mia",
    "last_name": "Lindqvist",
    "address1": "Storgatan 5",
    "address2": None,
    "zip": "211 42",
    "city": "Malmö",
    "province": None,
    "province_code": None,
    "country": "Sweden",
    "country_code": "SE",
    "company": None,
}


def money(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """Shopify's pair of shop and presentment money."""
    one = {"amount": amount, "currency_code": currency}
    return {"shop_money": one, "presentment_money": one}


def line(number: int, title: str, price: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """One physical order line."""
    return {
        "id": 9000 + number,
        "product_id": 100 + number,
        "variant_id": 1000 + number,
        "title": title,
        "name": title,
        "variant_title": None,
        "sku": f"NK-{number}",
        "vendor": "Northkettle",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "price": price,
        "price_set": money(price),
        "total_discount": "0.00",
        "total_discount_set": money("0.00"),
        "requires_shipping": True,
        "gift_card": False,
        "product_exists": True,
        "properties": [],
        "discount_allocations": [],
    } | more


DRIPPER = line(1, "Dripper 02, matte white ceramic", "38.00")
FILTERS = line(2, "Paper filters 02, 100 pieces", "6.50", quantity=2)


@dataclass
class ShopifyShop:
    """A shop that signs and posts webhooks to `base_url`, as Shopify does."""

    base_url: str
    secret: str
    slug: str = "northkettle"
    answers: list[int] = field(default_factory=list)

    def post(self, topic: str, body: dict[str, Any], *, event_id: str | None = None, secret: str | None = None) -> int:
        """The status of one delivery; with the same `event_id` it is a redelivery."""
        raw = json.dumps(body).encode()
        mac = base64.b64encode(hmac.new((secret or self.secret).encode(), raw, hashlib.sha256).digest()).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": mac,
            "X-Shopify-Shop-Domain": f"{self.slug}.myshopify.com",
            "X-Shopify-Webhook-Id": uuid4().hex,
            "X-Shopify-Event-Id": event_id or uuid4().hex,
            "X-Shopify-API-Version": "2026-04",
        }
        request = urllib.request.Request(f"{self.base_url}/webhooks/{self.slug}/shopify", raw, headers)
        try:
            with urllib.request.urlopen(request, timeout=15) as reply:
                self.answers.append(reply.status)
        except urllib.error.HTTPError as error:
            self.answers.append(error.code)
        return self.answers[-1]


def order(order_id: int, placed_at: datetime, *, email: str = "mia@example.com", **more: Any) -> dict[str, Any]:
    """A paid order of a dripper and filters, first of a subscribed customer."""
    stamp = placed_at.isoformat()
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "order_number": order_id,
        "number": order_id,
        "email": email,
        "created_at": stamp,
        "processed_at": stamp,
        "updated_at": stamp,
        "cancelled_at": None,
        "cancel_reason": None,
        "test": False,
        "currency": "EUR",
        "presentment_currency": "EUR",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "customer_locale": "en",
        "source_name": "web",
        "order_status_url": f"https://northkettle.example/orders/{order_id}",
        "subtotal_price_set": money("51.00"),
        "total_discounts_set": money("0.00"),
        "total_shipping_price_set": money("4.90"),
        "total_tax_set": money("11.18"),
        "total_price_set": money("55.90"),
        "current_total_price_set": money("55.90"),
        "total_outstanding": "0.00",
        "total_price": "55.90",
        "taxes_included": True,
        "tags": "",
        "note_attributes": [],
        "discount_codes": [],
        "line_items": [DRIPPER, FILTERS],
        "shipping_lines": [{"title": "Standard", "code": "standard", "price": "4.90"}],
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "customer": {
            "id": 700_000 + order_id,
            "email": email,
            "first_name": "Mia",
            "last_name": "Lindqvist",
            "orders_count": 1,
            "email_marketing_consent": {"state": "subscribed", "consent_updated_at": stamp},
        },
        "fulfillments": [],
        "refunds": [],
    } | more


def fulfillment(order_id: int, shipped_at: datetime, *, number: int = 1, **more: Any) -> dict[str, Any]:
    """A parcel that left with everything in it."""
    stamp = shipped_at.isoformat()
    return {
        "id": order_id * 10 + number,
        "order_id": order_id,
        "status": "success",
        "created_at": stamp,
        "updated_at": stamp,
        "shipment_status": None,
        "tracking_company": "DHL",
        "tracking_number": f"JD{order_id}{number}",
        "tracking_url": f"https://dhl.example/track/JD{order_id}{number}",
        "line_items": [DRIPPER, FILTERS],
    } | more


def tracking(order_id: int, status: str, at: datetime, *, number: int = 1) -> dict[str, Any]:
    """A carrier's report on a parcel."""
    stamp = at.isoformat()
    return {
        "id": int((at - datetime.min.replace(tzinfo=at.tzinfo)) / timedelta(seconds=1)),
        "fulfillment_id": order_id * 10 + number,
        "order_id": order_id,
        "status": status,
        "happened_at": stamp,
        "created_at": stamp,
        "updated_at": stamp,
        "estimated_delivery_at": None,
    }
