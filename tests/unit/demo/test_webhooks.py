"""The demo's webhooks are as Shopify's would be."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from worker.demo.bodies import ORDER_ID
from worker.demo.story import next_morning
from worker.demo.webhooks import Webhook, order_delivered, order_placed, order_shipped
from worker.platforms.registry import PLATFORMS

AT = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
ALL = (order_placed(AT), order_shipped(AT), order_delivered(AT))


@pytest.mark.parametrize("webhook", ALL, ids=lambda webhook: webhook.topic)
def test_a_demo_webhook_passes_shopifys_signature_check(webhook: Webhook) -> None:
    headers = {name.lower(): value for name, value in webhook.headers("secret").items()}
    shopify = PLATFORMS["shopify"]
    assert shopify.verify(headers=headers, body=webhook.body, secrets=["secret"], now=AT)
    assert not shopify.verify(headers=headers, body=webhook.body + b" ", secrets=["secret"], now=AT)


@pytest.mark.parametrize("webhook", ALL, ids=lambda webhook: webhook.topic)
def test_a_demo_webhook_is_read_as_something_about_mias_order(webhook: Webhook) -> None:
    headers = {name.lower(): value for name, value in webhook.headers("secret").items()}
    reading = PLATFORMS["shopify"].read(
        topic=webhook.topic, body=webhook.body, headers=headers, received_at=AT, options={}
    )
    assert reading.order_ref == str(ORDER_ID)
    assert reading.events


def test_the_orders_lines_and_shipping_add_up_to_its_total() -> None:
    body = json.loads(order_placed(AT).body)
    lines = sum(Decimal(line["price"]) * line["quantity"] for line in body["line_items"])
    assert lines + Decimal(body["shipping_lines"][0]["price"]) == Decimal(body["total_price"]) == Decimal("64.00")


@pytest.mark.parametrize("hour", [0, 9, 15, 23])
def test_the_story_begins_in_daylight(hour: int) -> None:
    now = datetime(2026, 5, 14, hour, 30, tzinfo=UTC)
    begin = next_morning(now)
    assert begin > now
    assert (begin.hour, begin.minute) == (10, 12)
