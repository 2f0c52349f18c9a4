"""Bodies of the demo shop's webhooks: Mia's order, its parcel and the delivery.

They have the shape of Shopify's Admin REST resources (https://shopify.dev/docs/api/admin-rest).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

CUSTOMER = "mia@example.com"
ORDER_ID = 6122450911427
NUMBER = 1042
PARCEL_ID = 5540028170435
SHIPPING = Decimal("5.00")
VAT = Decimal("0.23")


@dataclass(frozen=True)
class Line:
    """One line of Mia's order."""

    id: int
    product_id: int
    variant_id: int
    title: str
    sku: str
    quantity: int
    price: Decimal
    grams: int


LINES = (
    Line(15480011, 7101, 81011, "Dripper 02, ceramic pour-over cone for 1–4 cups", "NK-D02", 1, Decimal("29.00"), 480),
    Line(15480012, 7102, 81021, "Paper filters 02, unbleached, 100 pieces", "NK-F02", 1, Decimal("6.00"), 160),
    Line(15480013, 7103, 81031, "House espresso beans, medium roast, 500 g", "NK-B500", 1, Decimal("24.00"), 520),
)
SUBTOTAL = sum((line.price * line.quantity for line in LINES), Decimal(0))
TOTAL = SUBTOTAL + SHIPPING

ADDRESS = {
    "first_name": "Mia",
    "last_name": "Byrne",
    "name": "Mia Byrne",
    "company": None,
    "address1": "14 Harbour Lane",
    "address2": None,
    "city": "Galway",
    "zip": "H91 X0X0",
    "province": "Galway",
    "province_code": "G",
    "country": "Ireland",
    "country_code": "IE",
    "phone": None,
}


def _stamp(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()


def _money(amount: Decimal) -> dict[str, Any]:
    money = {"amount": f"{amount:.2f}", "currency_code": "EUR"}
    return {"shop_money": money, "presentment_money": money}


def _amounts(**amounts: Decimal) -> dict[str, Any]:
    """Each amount as Shopify gives it: as text, and as a set in both currencies."""
    return {key: f"{value:.2f}" for key, value in amounts.items()} | {
        f"{key}_set": _money(value) for key, value in amounts.items()
    }


def _tax(gross: Decimal) -> Decimal:
    """The VAT within a gross amount."""
    return (gross - gross / (1 + VAT)).quantize(Decimal("0.01"))


def order_body(placed_at: datetime) -> dict[str, Any]:
    """`orders/create`, paid by card."""
    return (
        _identity(placed_at)
        | _totals()
        | _people(placed_at)
        | {
            "line_items": [_line(line) for line in LINES],
            "shipping_lines": [{"id": 4471, "title": "DHL Standard", "code": "standard"} | _amounts(price=SHIPPING)],
            "fulfillments": [],
            "refunds": [],
            "discount_codes": [],
            "discount_applications": [],
            "note": None,
            "note_attributes": [],
            "tags": "",
        }
    )


def _identity(placed_at: datetime) -> dict[str, Any]:
    stamp = _stamp(placed_at)
    return {
        "id": ORDER_ID,
        "admin_graphql_api_id": f"gid://shopify/Order/{ORDER_ID}",
        "name": f"#{NUMBER}",
        "number": NUMBER - 1000,
        "order_number": NUMBER,
        "created_at": stamp,
        "processed_at": stamp,
        "updated_at": stamp,
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "confirmed": True,
        "test": False,
        "source_name": "web",
        "customer_locale": "en-IE",
        "order_status_url": f"https://northkettle.example/orders/{NUMBER}",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "payment_details": {"credit_card_company": "Visa", "credit_card_number": "•••• •••• •••• 4242"},
    }


def _totals() -> dict[str, Any]:
    amounts = _amounts(
        subtotal_price=SUBTOTAL,
        total_price=TOTAL,
        total_tax=_tax(TOTAL),
        total_discounts=Decimal(0),
        total_line_items_price=SUBTOTAL,
        current_subtotal_price=SUBTOTAL,
        current_total_price=TOTAL,
        current_total_tax=_tax(TOTAL),
        current_total_discounts=Decimal(0),
    )
    return amounts | {
        "currency": "EUR",
        "presentment_currency": "EUR",
        "taxes_included": True,
        "total_shipping_price_set": _money(SHIPPING),
        "total_outstanding": "0.00",
    }


def _people(placed_at: datetime) -> dict[str, Any]:
    return {
        "email": CUSTOMER,
        "contact_email": CUSTOMER,
        "buyer_accepts_marketing": True,
        "customer": _customer(placed_at),
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
    }


def _customer(placed_at: datetime) -> dict[str, Any]:
    opted_in_at = _stamp(placed_at - timedelta(minutes=3))
    return {
        "id": 7420011338,
        "email": CUSTOMER,
        "first_name": "Mia",
        "last_name": "Byrne",
        "orders_count": 1,
        "state": "disabled",
        "verified_email": True,
        "email_marketing_consent": {
            "state": "subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": opted_in_at,
        },
        "default_address": ADDRESS,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "product_exists": True,
        "title": line.title,
        "name": line.title,
        "variant_title": None,
        "sku": line.sku,
        "vendor": "Northkettle",
        "quantity": line.quantity,
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_status": None,
        "gift_card": False,
        "requires_shipping": True,
        "taxable": True,
        "grams": line.grams,
        "properties": [],
        "discount_allocations": [],
        "tax_lines": [],
    } | _amounts(price=line.price, total_discount=Decimal(0))


def parcel_body(at: datetime) -> dict[str, Any]:
    """`fulfillments/create`: all lines in one parcel."""
    tracking = "JJD000390012345678"
    return {
        "id": PARCEL_ID,
        "order_id": ORDER_ID,
        "name": f"#{NUMBER}.1",
        "status": "success",
        "shipment_status": None,
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "service": "manual",
        "tracking_company": "DHL",
        "tracking_number": tracking,
        "tracking_numbers": [tracking],
        "tracking_url": f"https://track.example/dhl/{tracking}",
        "tracking_urls": [f"https://track.example/dhl/{tracking}"],
        "email": CUSTOMER,
        "destination": ADDRESS,
        "line_items": [_line(line) for line in LINES],
    }


def delivery_body(at: datetime) -> dict[str, Any]:
    """`fulfillment_events/create` with the status delivered."""
    return {
        "id": 36401188,
        "fulfillment_id": PARCEL_ID,
        "order_id": ORDER_ID,
        "status": "delivered",
        "message": "Delivered to the front door",
        "happened_at": _stamp(at),
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "city": "Galway",
        "country": "IE",
        "estimated_delivery_at": None,
        "shop_id": 548380009,
    }
