"""Facts of an order of the example shop, and its rows, for tests that begin after planning."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import (
    Address,
    ConsentState,
    Customer,
    Facts,
    LineItem,
    Money,
    Order,
    PaymentState,
    Totals,
)
from schedules.parcel_facts import Parcel, ParcelLine, ParcelState, Tracking, TrackingStatus
from schedules.shop import Legal, ShopProfile, Stream
from worker.store.models import OrderRow, Shop
from worker.store.siblings import keep_facts

NORTHKETTLE = ShopProfile(
    slug="northkettle",
    name="Northkettle",
    url="https://northkettle.example",
    timezone="Europe/Stockholm",
    transactional=Stream(from_address="orders@northkettle.example", reply_to="help@northkettle.example"),
    marketing=Stream(from_address="hello@news.northkettle.example", reply_to="help@northkettle.example"),
    legal=Legal(company="Northkettle AB", postal_address="Storgatan 5\n211 42 Malmö\nSweden"),
)
HOME = Address(name="Mia Lindqvist", line1="Storgatan 5", postal_code="211 42", city="Malmö", country="SE")


def eur(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_line(number: int, title: str, price: str) -> LineItem:
    """One piece of a physical product."""
    return LineItem(
        id=str(number),
        product_id=f"product-{number}",
        title=title,
        quantity=1,
        ordered_quantity=1,
        unit_price=eur(price),
        total=eur(price),
    )


def an_order(placed_at: datetime, *, number: str = "1042", email: str = "Mia@example.com", **changes: Any) -> Order:
    """A paid order of two things, first of a subscribed customer in Sweden."""
    customer = Customer(
        id="7", email=email, first_name="Mia", last_name="Lindqvist", consent=ConsentState.SUBSCRIBED, orders_count=1
    )
    fields: dict[str, Any] = {
        "id": f"order-{number}",
        "number": number,
        "placed_at": placed_at,
        "updated_at": placed_at,
        "payment": PaymentState.PAID,
        "totals": Totals(
            subtotal=eur("44.50"),
            discount=eur("0"),
            shipping=eur("4.90"),
            tax=eur("9.88"),
            total=eur("49.40"),
            paid=eur("49.40"),
            outstanding=eur("0"),
        ),
        "customer": customer,
        "shipping_address": HOME,
        "billing_address": HOME,
        "lines": (a_line(1, "Dripper 02", "38.00"), a_line(2, "Paper filters 02", "6.50")),
        "locale": "en",
        "status_url": "https://northkettle.example/orders/1042",
    }
    return Order(**(fields | changes))


def a_parcel(shipped_at: datetime, *, delivered_at: datetime | None = None) -> Parcel:
    """Everything in one parcel, delivered when told so."""
    reports = (Tracking(id="t1", parcel_id="p1", status=TrackingStatus.IN_TRANSIT, at=shipped_at + timedelta(hours=3)),)
    if delivered_at is not None:
        reports += (Tracking(id="t2", parcel_id="p1", status=TrackingStatus.DELIVERED, at=delivered_at),)
    return Parcel(
        id="p1",
        state=ParcelState.SHIPPED,
        shipped_at=shipped_at,
        updated_at=shipped_at,
        carrier="DHL",
        tracking_number="00340",
        tracking_url="https://track.example/00340",
        lines=(ParcelLine(line_id="1", quantity=1), ParcelLine(line_id="2", quantity=1)),
        tracking=reports,
    )


def keep_shop(session: Session, now: datetime, profile: ShopProfile = NORTHKETTLE) -> Shop:
    shop = Shop(slug=profile.slug, profile=profile.model_dump(mode="json"), created_at=now)
    session.add(shop)
    session.flush()
    return shop


def keep_order(session: Session, shop_id: UUID, facts: Facts, now: datetime) -> OrderRow:
    """The order's row as planning would have left it."""
    order = facts.order
    assert order is not None
    row = OrderRow(
        shop_id=shop_id,
        external_id=order.id,
        number=order.number,
        address=(order.customer.email or "").lower() or None,
        placed_at=order.placed_at,
        version=1,
        pinned={"locale": "en", "currency": order.currency, "timezone": "Europe/Stockholm"},
        created_at=now,
        updated_at=now,
    )
    keep_facts(row, facts)
    session.add(row)
    session.flush()
    return row
