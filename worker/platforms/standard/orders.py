"""An order of the standard form as a neutral order; missing totals are counted from the lines."""

from datetime import datetime
from decimal import Decimal

from schedules.facts import Address, Customer, Gift, LineItem, Money, Order, PaymentState, PickupPoint, Totals
from worker.platforms.properties import properties_of
from worker.platforms.standard.form import Line, OrderData
from worker.platforms.standard.values import Place


def read_order(data: OrderData, timestamp: datetime) -> Order:
    """The snapshot; `timestamp` is its version where it names none."""
    shared = data.model_dump(
        include={"id", "placed_at", "payment", "payment_method", "pay_by", "shipping_method", "delivery", "locale"}
        | {"timezone", "status_url", "channel", "is_test", "is_b2b", "on_hold"}
    )
    return Order(
        **shared,
        number=data.number.lstrip("#") or data.id,
        updated_at=data.updated_at or timestamp,
        totals=_totals(data),
        customer=Customer(**{**data.customer.model_dump(), "email": (data.customer.email or "").strip() or None}),
        shipping_address=_address(data.shipping_address),
        billing_address=_address(data.billing_address),
        pickup=PickupPoint.model_validate(data.pickup.model_dump()) if data.pickup else None,
        lines=tuple(_line(line, data.currency) for line in data.lines),
        gift=Gift.model_validate(data.gift.model_dump()) if data.gift else None,
        discount_codes=tuple(data.discount_codes),
        tags=tuple(data.tags),
    )


def _address(place: Place | None) -> Address | None:
    return Address(**place.model_dump(exclude={"country"}), country=place.country.upper()) if place else None


def _line(line: Line, currency: str) -> LineItem:
    return LineItem(
        **line.model_dump(exclude={"unit_price", "discount", "quantity", "properties"}),
        quantity=line.quantity,
        ordered_quantity=line.quantity,
        unit_price=Money(amount=line.unit_price, currency=currency),
        total=Money(amount=line.unit_price * line.quantity - line.discount, currency=currency),
        properties=properties_of((each.name, each.value) for each in line.properties),
    )


def _totals(data: OrderData) -> Totals:
    subtotal = sum((line.unit_price * line.quantity - line.discount for line in data.lines), Decimal(0))
    added_tax = Decimal(0) if data.tax_included else data.tax
    total = data.total if data.total is not None else subtotal - data.discount + data.shipping + added_tax
    is_open = data.payment in (PaymentState.ACCEPTED, PaymentState.OPEN, PaymentState.FAILED)
    paid = data.paid if data.paid is not None else (Decimal(0) if is_open else total)

    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=data.currency)

    return Totals(
        subtotal=money(subtotal),
        discount=money(data.discount),
        shipping=money(data.shipping),
        tax=money(data.tax),
        total=money(total),
        paid=money(paid),
        outstanding=money(max(total - paid, Decimal(0))),
        tax_included=data.tax_included,
    )
