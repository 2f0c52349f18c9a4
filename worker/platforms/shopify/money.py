"""Money of an order: its payment, totals and lines."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from schedules import extras
from schedules.facts import LineItem, LineKind, Money, PaymentState, Totals
from schedules.ways_of_paying import is_paid_later
from worker.platforms.bodies import Body, amount, day, identifier, mapping, needed_id, objects, text, whole
from worker.platforms.properties import properties_of
from worker.platforms.shopify import tables

FINEST = Decimal("0.001")
"""Digits that sums keep: dinars have three after the point."""
PARTIAL = {"gift_card": "Gift card", "shopify_store_credit": "Store credit"}
"""Gateways that may have paid a part alone; what paid the rest is named beside them."""
NO_VARIANT = "Default Title"
"""What the one variant of a product without any is called."""


def money(body: Body, name: str, code: str) -> Money:
    """`name`_set in the presentment currency, else the plain field."""
    told = mapping(mapping(body.get(f"{name}_set")).get("presentment_money"))
    return Money(amount=amount(told.get("amount", body.get(name))), currency=code)


def read_lines(body: Body, code: str) -> tuple[LineItem, ...]:
    """All lines of an order."""
    tip = amount(body.get("total_tip_received"))
    return tuple(_line(line, code, tip) for line in objects(body.get("line_items")))


def _line(line: Body, code: str, tip: Decimal) -> LineItem:
    ordered = whole(line.get("quantity"))
    current = whole(line["current_quantity"]) if line.get("current_quantity") is not None else ordered
    price = money(line, "price", code)
    discount = _line_discount(line, code)
    share = discount * current / ordered if ordered else Decimal(0)
    return LineItem(
        id=needed_id(line, "id"),
        product_id=identifier(line.get("product_id")),
        variant_id=identifier(line.get("variant_id")),
        sku=text(line.get("sku")),
        title=text(line.get("title") or line.get("name")) or "Item",
        variant_title="" if line.get("variant_title") == NO_VARIANT else text(line.get("variant_title")),
        quantity=current,
        ordered_quantity=ordered,
        unit_price=price,
        total=Money(amount=(price.amount * current - share).quantize(FINEST), currency=code),
        kind=LineKind.TIP if _is_tip(line, tip) else _line_kind(line),
        expected_on=_expected(line),
        properties=properties_of(_properties(line)),
    )


def _line_discount(line: Body, code: str) -> Decimal:
    """Order-wide discounts are spread over the lines as allocations; `total_discount` has only the line's own."""
    spread = sum((money(each, "amount", code).amount for each in objects(line.get("discount_allocations"))), Decimal(0))
    return spread or money(line, "total_discount", code).amount


def _is_tip(line: Body, tip: Decimal) -> bool:
    """Whether it is what the order says of tips: a line of that price without a product, in whatever language."""
    is_custom = line.get("product_id") is None and line.get("requires_shipping") is False
    return bool(tip) and is_custom and amount(line.get("price")) == tip


def _line_kind(line: Body) -> LineKind:
    if line.get("gift_card") is True:
        return LineKind.GIFT_CARD
    title = text(line.get("title")).lower()
    kind = next((kind for pattern, kind in extras.LINE_KIND if pattern.search(title)), None)
    if kind is LineKind.TIP and line.get("product_id") is not None:
        kind = None
    if kind is LineKind.PROTECTION and line.get("requires_shipping") is True:
        kind = None  # a kettle with 5 years of warranty is a kettle
    return kind or (LineKind.DIGITAL if line.get("requires_shipping") is False else LineKind.PHYSICAL)


def _expected(line: Body) -> Any:
    return next((day(value) for name, value in _told(line) if _tells_when(name)), None)


def _properties(line: Body) -> Iterator[tuple[str, str]]:
    """What is told of a line, without what `expected_on` tells."""
    return ((name, value) for name, value in _told(line) if not (_tells_when(name) and day(value)))


def _told(line: Body) -> Iterator[tuple[str, str]]:
    return ((text(each.get("name")), text(each.get("value"))) for each in objects(line.get("properties")))


def _tells_when(name: str) -> bool:
    return bool(tables.EXPECTED_KEYS.match(name.lstrip("_")))


def payment_of(body: Body) -> PaymentState:
    state = tables.PAYMENT.get(text(body.get("financial_status")), PaymentState.OPEN)
    gateways = body.get("payment_gateway_names")
    named = [text(name) for name in gateways] if isinstance(gateways, list) else []
    later = any(name == tables.MANUAL or is_paid_later(name) for name in named)
    if state is PaymentState.OPEN and (later or body.get("payment_terms")):
        return PaymentState.ACCEPTED
    if state is PaymentState.OPEN and not amount(body.get("total_price")) and body.get("confirmed") is not False:
        return PaymentState.PAID
    return state


def payment_method(body: Body) -> str:
    card = mapping(body.get("payment_details"))
    digits = "".join(char for char in text(card.get("credit_card_number")) if char.isdigit())[-4:]
    if digits:
        return f"{text(card.get('credit_card_company')) or 'Card'} •••• {digits}"
    gateways = body.get("payment_gateway_names")
    named = [text(each) for each in gateways] if isinstance(gateways, list) and gateways else [""]
    printed = [_printed(each) for each in (named if PARTIAL.keys() & {*named} else named[:1])]
    return ", ".join(printed) if all(printed) else ""


def _printed(name: str) -> str:
    """A way of paying as customers know it; empty: they know it by no name."""
    words = name.replace("_", " ").strip()
    # A name that the shop wrote itself has capitals of its own.
    known = {"shopify_payments": "", "bogus": "", "manual": ""} | PARTIAL
    return known.get(name, words.capitalize() if words.islower() else words)


def pay_by(body: Body) -> Any:
    schedules = objects(mapping(body.get("payment_terms")).get("payment_schedules"))
    return next((day(each.get("due_at")) for each in schedules if each.get("due_at")), None)


def read_totals(body: Body, lines: Sequence[LineItem], code: str, payment: PaymentState) -> Totals:
    """All rows add up to the total: Shopify's subtotal has the lines' discounts taken off, ours has not, and ours has
    tips, which are lines. Duties are in the total alone.

    Of the two fields that tell shipping, only the current one is after its discount. Whether the discounts told hold
    what is off shipping, the lines' own tell.
    """

    def current(name: str, plain: str = "") -> Money:
        return money(body, _current(body, name) or plain or name, code)

    total, discount = current("total_price"), current("total_discounts").amount
    on_goods = sum(each.unit_price.amount * each.quantity - each.total.amount for each in lines)
    on_shipping = min(_shipping_discount(body, code), max(discount - on_goods, Decimal(0)))
    outstanding = _outstanding(body, total.amount, payment)
    told = Totals(
        subtotal=Money(amount=current("subtotal_price").amount + discount - on_shipping, currency=code),
        discount=Money(amount=discount - (on_shipping if _current(body, "shipping_price") else 0), currency=code),
        shipping=current("shipping_price", "total_shipping_price"),
        tax=current("total_tax"),
        total=total,
        paid=Money(amount=total.amount - outstanding, currency=code),
        outstanding=Money(amount=outstanding, currency=code),
        tax_included=body.get("taxes_included") is True,
        is_net=bool(_current(body, "total_price")),
    )
    return _with_tips(told, lines, code)


def _with_tips(told: Totals, lines: Sequence[LineItem], code: str) -> Totals:
    """With the tips in the subtotal, as far as nothing else tells them."""
    tips = sum((line.total.amount for line in lines if line.kind is LineKind.TIP), Decimal(0))
    more = min(tips, max(told.beyond_parts, Decimal(0)))
    return told.model_copy(update={"subtotal": Money(amount=told.subtotal.amount + more, currency=code)})


def shipping_lines(body: Body) -> list[Body]:
    """Those that an edit did not take away."""
    return [line for line in objects(body.get("shipping_lines")) if line.get("is_removed") is not True]


def _shipping_discount(body: Body, code: str) -> Decimal:
    """What codes took off shipping."""
    return sum(
        (
            money(line, "price", code).amount - money(line, "discounted_price", code).amount
            for line in shipping_lines(body)
            if line.get("discounted_price") is not None or line.get("discounted_price_set") is not None
        ),
        Decimal(0),
    )


def _current(body: Body, name: str) -> str:
    """The field that tells a price as it is after edits and refunds; empty: there is none."""
    field = f"current_{name}"
    return field if body.get(f"{field}_set") or body.get(field) else ""


def _outstanding(body: Body, total: Decimal, payment: PaymentState) -> Decimal:
    """What is still to be paid. Shopify tells it of reserved, voided and refunded money as well, and in the shop's
    currency alone: the same share of the total is open in both."""
    if payment not in tables.TO_PAY:
        return Decimal(0)
    if body.get("total_outstanding") in (None, ""):
        return Decimal(0) if payment is PaymentState.PARTIALLY_PAID else total
    name = _current(body, "total_price") or "total_price"
    told = mapping(mapping(body.get(f"{name}_set")).get("shop_money"))
    whole_price = amount(told.get("amount", body.get(name)))
    share = amount(body["total_outstanding"]) / whole_price if whole_price > 0 else Decimal(0)
    return (total * min(max(share, Decimal(0)), Decimal(1))).quantize(FINEST)
