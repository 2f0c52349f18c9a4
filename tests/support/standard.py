"""Bodies of our own form, as middleware of Northkettle would write them."""

import json
from datetime import UTC, datetime
from typing import Any

from worker.platforms.port import Reading
from worker.platforms.standard.platform import Standard

STANDARD = Standard()
NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)


def event(type_: str, data: dict[str, Any], *, at: datetime = NOW) -> dict[str, Any]:
    return {"type": type_, "timestamp": at.isoformat(), "data": data}


def order(**changes: Any) -> dict[str, Any]:
    """A paid order of a dripper and two packs of filters, 4.90 of shipping."""
    return {
        "id": "1042",
        "number": "#NK1042",
        "placed_at": "2026-05-14T09:30:00Z",
        "currency": "EUR",
        "customer": {"id": "7", "email": "mia@example.com", "first_name": "Mia", "consent": "subscribed"},
        "lines": [
            {"id": "1", "product_id": "101", "title": "Dripper 02", "unit_price": "38.00"},
            {"id": "2", "product_id": "102", "title": "Paper filters 02", "unit_price": "6.50", "quantity": 2},
        ],
        "shipping": "4.90",
        "shipping_address": {"name": "Mia Lindqvist", "line1": "Storgatan 5", "city": "Malmö", "country": "SE"},
    } | changes


def read(body: dict[str, Any]) -> Reading:
    """What a delivery says."""
    raw = json.dumps(body).encode()
    return STANDARD.read(topic=body["type"], body=raw, headers={}, received_at=NOW, options={})
