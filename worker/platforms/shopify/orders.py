"""An order body as a neutral order.

Ids: the numeric `id` is taken, not the one in `admin_graphql_api_id`, because fulfilments and refunds name their order
by number alone; JSON integers are read exactly, also beyond 2^53.
"""

from decimal import Decimal
from typing import Any

from schedules.facts import (
    Address,
    Channel,
    ConsentState,
    Customer,
    DeliveryKind,
    Gift,
    LineItem,
    LineKind,
    Money,
    Order,
    PaymentState,
    PickupPoint,
    Totals,
)
from worker.errors import UnreadableEventError
from worker.platforms.bodies import (
    Body,
    amount,
    day,
    identifier,
    mapping,
    moment,
    needed_id,
    needed_moment,
    objects,
    text,
    whole,
)
from worker.platforms.shopify import tables


def read_order(body: Body) -> Order:
    """The whole snapshot.

    Raises:
        UnreadableEventError: it is a partial body, or a needed field is missing.
    """
    if "line_items" not in body:
        raise UnreadableEventError("line_items is missing: this is not a whole order")
    currency = text(body.get("presentment_currency") or body.get("currency")).upper()
    tags = tuple(tag.strip() for tag in text(body.get("tags")).split(",") if tag.strip())
    lines = tuple(read_line(line, currency) for line in objects(body["line_items"]))
    delivery = _delivery(body, lines)
    shipping, billing = read_address(body.get("shipping_address")), read_address(body.get("billing_address"))
    payment = _payment(body)
    return Order(
        id=needed_id(body, "id"),
        number=text(body.get("name") or body.get("order_number") or body.get("id")).lstrip("#"),
        placed_at=needed_moment(body, "processed_at", "created_at"),
        updated_at=needed_moment(body, "updated_at"),
        payment=payment,
        payment_method=_payment_method(body),
        pay_by=_pay_by(body),
        cancelled_at=moment(body.get("cancelled_at")),
        cancel_reason=text(body.get("cancel_reason")),
        totals=_totals(body, currency, payment),
        customer=read_customer(body),
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=next((text(line.get("title")) for line in objects(body.get("shipping_lines"))), ""),
        delivery=delivery,
        pickup=PickupPoint(name=_pickup_name(body)) if delivery is DeliveryKind.PICKUP else None,
        lines=lines,
        locale=text(body.get("customer_locale")),
        status_url=text(body.get("order_status_url")),
        channel=_channel(body, tags),
        is_test=body.get("test") is True,
        is_b2b=bool(body.get("company")) or bool(_attribute(body, tables.VAT_KEYS)),
        gift=_gift(body, tags, shipping, billing),
        on_hold=any(tag.lower() in tables.HELD_TAGS for tag in tags),
        discount_codes=tuple(text(code.get("code")) for code in objects(body.get("discount_codes"))),
        tags=tags,
    )


def money(body: Body, name: str, currency: str) -> Money:
    """`name`_set in the presentment currency, else the plain field."""
    shown = mapping(mapping(body.get(f"{name}_set")).get("presentment_money"))
    return Money(amount=amount(shown.get("amount", body.get(name))), currency=currency)


def read_line(line: Body, currency: str) -> LineItem:
    ordered = whole(line.get("quantity"))
    current = whole(line["current_quantity"]) if line.get("current_quantity") is not None else ordered
    price = money(line, "price", currency)
    discount = _line_discount(line, currency)
    share = discount * current / ordered if ordered else Decimal(0)
    return LineItem(
        id=needed_id(line, "id"),
        product_id=identifier(line.get("product_id")),
        variant_id=identifier(line.get("variant_id")),
        sku=text(line.get("sku")),
        title=text(line.get("title") or line.get("name")) or "Item",
        variant_title=text(line.get("variant_title")),
        quantity=current,
        ordered_quantity=ordered,
        unit_price=price,
        total=Money(amount=(price.amount * current - share).quantize(Decimal("0.01")), currency=currency),
        kind=_line_kind(line),
        vendor=text(line.get("vendor")),
        expected_on=_expected(line),
    )


def _line_discount(line: Body, currency: str) -> Decimal:
    """Order-wide discounts are spread over the lines as allocations; `total_discount` has only the line's own."""
    spread = sum(
        (money(each, "amount", currency).amount for each in objects(line.get("discount_allocations"))), Decimal(0)
    )
    return spread or money(line, "total_discount", currency).amount


def _line_kind(line: Body) -> LineKind:
    if line.get("gift_card") is True:
        return LineKind.GIFT_CARD
    title = text(line.get("title")).lower()
    for pattern, kind in tables.LINE_KIND:
        if pattern.search(title) and (kind is not LineKind.TIP or line.get("product_id") is None):
            return kind
    return LineKind.DIGITAL if line.get("requires_shipping") is False else LineKind.PHYSICAL


def _expected(line: Body) -> Any:
    for each in objects(line.get("properties")):
        if tables.EXPECTED_KEYS.match(text(each.get("name")).lstrip("_")):
            return day(each.get("value"))
    return None


def _payment(body: Body) -> PaymentState:
    state = tables.PAYMENT.get(text(body.get("financial_status")), PaymentState.OPEN)
    gateways = body.get("payment_gateway_names")
    later = any(tables.PAID_LATER.search(text(name)) for name in gateways) if isinstance(gateways, list) else False
    if state is PaymentState.OPEN and (later or body.get("payment_terms")):
        return PaymentState.ACCEPTED
    if state is PaymentState.OPEN and not amount(body.get("total_price")) and body.get("confirmed") is not False:
        return PaymentState.PAID
    return state


def _payment_method(body: Body) -> str:
    card = mapping(body.get("payment_details"))
    digits = "".join(char for char in text(card.get("credit_card_number")) if char.isdigit())[-4:]
    if digits:
        return f"{text(card.get('credit_card_company')) or 'Card'} •••• {digits}"
    gateways = body.get("payment_gateway_names")
    name = text(gateways[0]) if isinstance(gateways, list) and gateways else ""
    return {"shopify_payments": "", "bogus": "", "manual": ""}.get(name, name.replace("_", " ").strip().capitalize())


def _pay_by(body: Body) -> Any:
    schedules = objects(mapping(body.get("payment_terms")).get("payment_schedules"))
    return next((day(each.get("due_at")) for each in schedules if each.get("due_at")), None)


def _totals(body: Body, currency: str, payment: PaymentState) -> Totals:
    def current(name: str, plain: str) -> Money:
        return money(body, f"current_{name}" if f"current_{name}_set" in body else plain, currency)

    total = current("total_price", "total_price")
    outstanding = amount(body.get("total_outstanding"))
    if text(body.get("currency")).upper() != currency:  # total_outstanding is told in the shop's currency only
        outstanding = total.amount if payment in (PaymentState.ACCEPTED, PaymentState.OPEN) else Decimal(0)
    outstanding = min(max(outstanding, Decimal(0)), total.amount)
    return Totals(
        subtotal=current("subtotal_price", "subtotal_price"),
        discount=current("total_discounts", "total_discounts"),
        shipping=money(body, "total_shipping_price", currency),
        tax=current("total_tax", "total_tax"),
        total=total,
        paid=Money(amount=total.amount - outstanding, currency=currency),
        outstanding=Money(amount=outstanding, currency=currency),
        tax_included=body.get("taxes_included") is True,
    )


def _delivery(body: Body, lines: tuple[LineItem, ...]) -> DeliveryKind:
    if lines and not any(line.kind in (LineKind.PHYSICAL, LineKind.SAMPLE) for line in lines):
        return DeliveryKind.DIGITAL
    return DeliveryKind.PICKUP if _pickup_name(body) else DeliveryKind.SHIPPING


def _pickup_name(body: Body) -> str:
    for line in objects(body.get("shipping_lines")):
        words = " ".join(text(line.get(name)) for name in ("title", "code", "delivery_category"))
        if tables.PICKUP.search(words):
            return text(line.get("title")) or "Pick-up"
    return ""


def _channel(body: Body, tags: tuple[str, ...]) -> Channel:
    source = text(body.get("source_name")).lower()
    found = next((channel for pattern, channel in tables.CHANNEL if pattern.search(source)), Channel.WEB)
    for tag in tags:
        found = next((channel for pattern, channel in tables.TAGGED if pattern.search(tag.lower())), found)
    return found


def _attribute(body: Body, name: Any) -> str:
    """The value of the first note attribute whose name matches."""
    return next(
        (
            text(each.get("value"))
            for each in objects(body.get("note_attributes"))
            if name.search(text(each.get("name")))
        ),
        "",
    )


def _gift(body: Body, tags: tuple[str, ...], shipping: Address | None, billing: Address | None) -> Gift | None:
    message = _attribute(body, tables.GIFT_KEYS)
    other = bool(shipping and billing and shipping.name and billing.name and shipping.name != billing.name)
    if not (message or other or any(tag.lower() in ("gift", "geschenk") for tag in tags)):
        return None
    return Gift(message=message[:500], hide_prices=bool(message))


def read_customer(body: Body) -> Customer:
    """The buyer; `customer` may be null and `email` absent, null or empty."""
    known = mapping(body.get("customer"))
    address = text(body.get("email") or body.get("contact_email") or known.get("email"))
    consent = mapping(known.get("email_marketing_consent"))
    billing = mapping(body.get("billing_address") or body.get("shipping_address"))
    return Customer(
        id=identifier(known.get("id")),
        email=address or None,
        first_name=text(known.get("first_name") or billing.get("first_name")),
        last_name=text(known.get("last_name") or billing.get("last_name")),
        consent=read_consent(consent, body.get("buyer_accepts_marketing")),
        consent_at=moment(consent.get("consent_updated_at")),
        orders_count=whole(known["orders_count"]) if known.get("orders_count") is not None else None,
    )


def read_consent(consent: Body, accepts: Any = None) -> ConsentState:
    """Consent as the customer's record says, else as the box at checkout was ticked."""
    state = tables.CONSENT.get(text(consent.get("state")).lower())
    if state is not None:
        return state
    if accepts is True:
        return ConsentState.SUBSCRIBED
    return ConsentState.NOT_SUBSCRIBED if accepts is False else ConsentState.UNKNOWN


def read_address(value: Any) -> Address | None:
    body = mapping(value)
    if not body:
        return None
    return Address(
        name=text(body.get("name")) or f"{text(body.get('first_name'))} {text(body.get('last_name'))}".strip(),
        company=text(body.get("company")),
        line1=text(body.get("address1")),
        line2=text(body.get("address2")),
        postal_code=text(body.get("zip")),
        city=text(body.get("city")),
        region=text(body.get("province_code") or body.get("province")),
        country=text(body.get("country_code")).upper()[:2],
    )
