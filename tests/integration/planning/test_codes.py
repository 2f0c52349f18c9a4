"""A code ends with the order that it was promised for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.support.intake import Connected
from tests.support.shopify import order
from worker.store.models import DiscountCode


def promise(shop: Connected, order_id: object) -> None:
    """A live code of an order, as the shipping mail reserves it."""
    row = shop.order(order_id)
    now = shop.installation.clock.now()
    with shop.installation.database.write() as session:
        session.add(
            DiscountCode(
                shop_id=row.shop_id,
                order_id=row.id,
                address="mia@example.com",
                code="NRTK7M2PXQD",
                kind="percent",
                value=Decimal(10),
                starts_at=now,
                ends_at=now + timedelta(days=30),
                created_at=now,
            )
        )


def state(shop: Connected) -> tuple[str, str]:
    with shop.installation.database.read() as session:
        code = session.scalars(select(DiscountCode)).one()
        return code.state, code.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cancelled_at": "2026-11-24T10:00:00+00:00"}, "the order was cancelled"),
        ({"financial_status": "refunded"}, "the order was refunded"),
    ],
)
def test_a_cancelled_or_refunded_order_takes_its_code_along(
    shop: Connected, change: dict[str, str], reason: str
) -> None:
    placed = shop.installation.clock.now()
    shop.plan("orders/create", order(3001, placed))
    promise(shop, 3001)
    later = (placed + timedelta(minutes=1)).isoformat()
    shop.plan("orders/updated", order(3001, placed, updated_at=later, **change))
    assert state(shop)[0] == "revoked"
    assert reason in state(shop)[1]


def test_an_order_that_only_changed_keeps_its_code(shop: Connected) -> None:
    placed = shop.installation.clock.now()
    shop.plan("orders/create", order(3002, placed))
    promise(shop, 3002)
    later = (placed + timedelta(minutes=1)).isoformat()
    shop.plan("orders/updated", order(3002, placed, updated_at=later, tags="vip"))
    assert state(shop)[0] == "reserved"
