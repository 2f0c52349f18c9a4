"""Signed Shopify webhooks of the demo shop, made at run time."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.demo.bodies import delivery_body, order_body, parcel_body

SHOP_DOMAIN = "northkettle.myshopify.com"
API_VERSION = "2026-04"


@dataclass(frozen=True)
class Webhook:
    """One delivery: what happened, and the request that tells of it."""

    topic: str
    told: str
    at: datetime
    body: bytes

    def headers(self, secret: str) -> dict[str, str]:
        """Shopify's headers, signed: base64 of HMAC-SHA256 over the raw body."""
        mac = hmac.new(secret.encode(), self.body, hashlib.sha256).digest()
        event_id = hashlib.sha256(self.topic.encode() + self.body).hexdigest()[:32]
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(mac).decode("ascii"),
            "X-Shopify-Shop-Domain": SHOP_DOMAIN,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": f"delivery-{event_id}",
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": self.at.isoformat(),
        }


def order_placed(at: datetime) -> Webhook:
    return _webhook("orders/create", "Mia orders a Dripper 02, filters and beans, and pays by card", at, order_body(at))


def order_shipped(at: datetime) -> Webhook:
    return _webhook("fulfillments/create", "The parcel leaves with DHL", at, parcel_body(at))


def order_delivered(at: datetime) -> Webhook:
    return _webhook("fulfillment_events/create", "DHL reports the parcel as delivered", at, delivery_body(at))


def _webhook(topic: str, told: str, at: datetime, body: dict[str, Any]) -> Webhook:
    return Webhook(topic=topic, told=told, at=at, body=json.dumps(body, ensure_ascii=False).encode())
