"""Shopify bodies read by the adapter alone."""

import json
from datetime import UTC, datetime
from typing import Any

from schedules.events import Event, OrderStated
from schedules.facts import Order
from tests.support.shopify import order
from worker.platforms.port import Reading
from worker.platforms.shopify.platform import Shopify

SHOPIFY = Shopify()
PLACED = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)


def read(topic: str, body: Any, **headers: str) -> Reading:
    """What a delivery says. `headers`: names without `x-shopify-`, with underscores."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"shop_domain": "northkettle.myshopify.com"} | headers
    named = {f"x-shopify-{name.replace('_', '-')}": value for name, value in told.items()}
    return SHOPIFY.read(topic=topic, body=raw, headers=named, received_at=NOW, options={})


def only(topic: str, body: Any, **headers: str) -> Event:
    """The one event of a delivery."""
    (event,) = read(topic, body, **headers).events
    return event


def order_of(**changes: Any) -> Order:
    """The snapshot in an order's body with these changes."""
    event = read("orders/updated", order(1042, PLACED) | changes).events[0]
    assert isinstance(event, OrderStated)
    return event.order
