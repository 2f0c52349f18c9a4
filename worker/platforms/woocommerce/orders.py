"""An order body as a neutral order.

Its `date_*_gmt` are UTC and name no zone. The plain dates are in the shop's zone, which no body tells: they go unread.
"""

from collections.abc import Mapping
from datetime import datetime
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
    Order,
    PickupPoint,
)
from worker.errors import UnreadableEventError
from worker.platforms.bodies import Body, identifier, mapping, needed_id, needed_moment, short, text, web_url
from worker.platforms.woocommerce import tables
from worker.platforms.woocommerce.money import payment_of, read_lines, read_totals
from worker.platforms.woocommerce.prices import shows_tax
from worker.platforms.woocommerce.values import (
    currency_of,
    first_meta,
    listed,
    meta,
    meta_like,
    plain,
    status_of,
    tracking_items,
    version_of,
)
from worker.platforms.words import GIFT_MESSAGE

ORDER_PAY, ORDER_RECEIVED = "/order-pay/", "/order-received/"


def is_empty_draft(body: Body) -> bool:
    """Whether nothing was ordered yet: the editor and the checkout save orders that have no dates and no lines."""
    is_draft = status_of(body) in tables.DRAFTS
    return is_draft and (body.get("date_created_gmt") in (None, "") or not listed(body.get("line_items")))


def read_order(body: Body, options: Mapping[str, Any]) -> Order:
    """The whole snapshot.

    Raises:
        UnreadableEventError: it is no order of the REST API v3, or a needed field is missing.
    """
    _check_shape(body)
    currency, payment, version = currency_of(body, options), payment_of(body), version_of(body)
    with_tax = shows_tax(body, options)
    lines = read_lines(body, currency, with_tax=with_tax)
    shipping, billing = read_address(body.get("shipping")), read_address(body.get("billing"))
    delivery = delivery_of(body, shipping)
    placed_at = needed_moment(body, "date_created_gmt")
    return Order(
        id=needed_id(body, "id"),
        number=short(body.get("number") or body.get("id")).lstrip("#"),
        placed_at=placed_at,
        updated_at=version,
        payment=payment,
        payment_method=plain(body.get("payment_method_title")),
        payment_code=text(body.get("payment_method")),
        cancelled_at=version if status_of(body) in tables.GONE else None,
        totals=read_totals(body, currency, payment, with_tax=with_tax),
        customer=_customer(body, options, placed_at),
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=next((plain(line.get("method_title")) for line in listed(body.get("shipping_lines"))), ""),
        delivery=delivery,
        pickup=_pickup(body) if delivery is DeliveryKind.PICKUP else None,
        lines=_as_delivered(lines, delivery),
        locale=first_meta(body, tables.LOCALE_KEYS).replace("_", "-"),
        status_url=_status_url(body),
        channel=_channel(body),
        is_b2b=meta_like(body, tables.VAT_KEYS).lower() not in ("", "no", "0", "false"),
        gift=_gift(body, shipping, billing),
        discount_codes=tuple(code for each in listed(body.get("coupon_lines")) if (code := text(each.get("code")))),
    )


def _check_shape(body: Body) -> None:
    if isinstance(body.get("order"), dict):
        raise UnreadableEventError(
            "it is a legacy payload: set the webhook's API version to WP REST API Integration v3"
        )
    if "line_items" not in body or "status" not in body:
        raise UnreadableEventError("line_items or status is missing: this is not a whole order")


def delivery_of(body: Body, shipping: Address | None) -> DeliveryKind:
    """Only orders with something to ship have shipping lines or an address; a parcel proves it as well.

    The block checkout asks for a way of shipping wherever there is something to ship, and writes the billing address
    into all other orders too. Of what is collected in part the rest is shipped.
    """
    methods = {text(line.get("method_id")).partition(":")[0] for line in listed(body.get("shipping_lines"))}
    if methods and methods <= tables.PICKUP:
        return DeliveryKind.PICKUP
    is_placed = bool(shipping and shipping.line1) and text(body.get("created_via")).lower() != tables.BLOCKS
    travels = methods or is_placed or tracking_items(body)
    return DeliveryKind.SHIPPING if travels else DeliveryKind.DIGITAL


def _as_delivered(lines: tuple[LineItem, ...], delivery: DeliveryKind) -> tuple[LineItem, ...]:
    """Lines do not tell whether they are virtual: in an order that nothing is shipped for, they all are."""
    if delivery is not DeliveryKind.DIGITAL:
        return lines
    return tuple(
        line.model_copy(update={"kind": LineKind.DIGITAL}) if line.kind is LineKind.PHYSICAL else line for line in lines
    )


def _pickup(body: Body) -> PickupPoint:
    line = listed(body.get("shipping_lines"))[0]
    name = plain(first_meta(line, tables.PICKUP_PLACE)) or plain(line.get("method_title"))
    return PickupPoint(
        name=name,
        address=read_address(meta(line, tables.PLUS_ADDRESS)) or Address(line1=plain(meta(line, "pickup_address"))),
        hours=plain(meta(line, "pickup_details")),
    )


def _customer(body: Body, options: Mapping[str, Any], placed_at: datetime) -> Customer:
    """The buyer; guests have the id 0, and orders made by staff may have no address."""
    billing = mapping(body.get("billing"))
    known = identifier(body.get("customer_id"))
    return Customer(
        id=None if known == "0" else known,
        email=text(billing.get("email")) or None,
        first_name=plain(billing.get("first_name")),
        last_name=plain(billing.get("last_name")),
        consent=read_consent(body, options),
        consent_at=placed_at,
    )


def read_consent(body: Body, options: Mapping[str, Any]) -> ConsentState:
    """Consent by the meta key that the source's options map as `consent_meta_key`; core has no such field.

    `consent_values` replaces the values that mean yes. Without a mapping nothing is known, which counts as no. Nor does
    a body without the key tell anything: plugins write none where the box stayed empty, also for subscribers.
    """
    key = text(options.get("consent_meta_key"))
    if not key:
        return ConsentState.UNKNOWN
    value = meta(body, key)
    if value is None:
        return ConsentState.UNKNOWN
    told = "1" if value is True else text(value).lower()
    own = options.get("consent_values")
    yes = {text(each).lower() for each in own} if isinstance(own, list) else tables.CONSENT_VALUES
    return ConsentState.SUBSCRIBED if told in yes else ConsentState.NOT_SUBSCRIBED


def _channel(body: Body) -> Channel:
    if meta(body, tables.RENEWAL_KEY):
        return Channel.SUBSCRIPTION_RENEWAL
    made_by = text(body.get("created_via")).lower()
    return next((channel for pattern, channel in tables.CHANNEL if pattern.search(made_by)), Channel.WEB)


def _gift(body: Body, shipping: Address | None, billing: Address | None) -> Gift | None:
    message = meta_like(body, GIFT_MESSAGE)
    names = {address.name.casefold() for address in (shipping, billing) if address and address.name}
    if not message and len(names) < 2:
        return None
    return Gift(message=plain(message)[:500], hide_prices=bool(message))


def _status_url(body: Body) -> str:
    """The page of the order, which the address of its payment page leads to; it opens for guests as well."""
    page, _, query = web_url(body.get("payment_url")).partition("?")
    if ORDER_PAY not in page:
        return ""
    kept = "&".join(part for part in query.split("&") if part.startswith("key="))
    return page.replace(ORDER_PAY, ORDER_RECEIVED) + (f"?{kept}" if kept else "")


def read_address(value: Any) -> Address | None:
    """An address; None when every field that places it is empty."""
    body = mapping(value)
    address = Address(
        name=f"{plain(body.get('first_name'))} {plain(body.get('last_name'))}".strip(),
        company=plain(body.get("company")),
        line1=plain(body.get("address_1")),
        line2=plain(body.get("address_2")),
        postal_code=text(body.get("postcode")),
        city=plain(body.get("city")),
        region=text(body.get("state")),
        country=text(body.get("country")).upper()[:2],
    )
    return address if address.name or address.line1 or address.city or address.country else None
