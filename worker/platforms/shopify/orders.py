"""An order body as a neutral order.

Ids: the numeric `id` is taken, not the one in `admin_graphql_api_id`, because fulfilments and refunds name their order
by number alone; JSON integers are read exactly, also beyond 2^53.
"""

from datetime import timedelta
from typing import Any

from schedules.facts import Address, Channel, DeliveryKind, Gift, LineItem, LineKind, Order, PickupPoint
from worker.errors import UnreadableEventError
from worker.platforms.bodies import (
    Body,
    currency,
    mapping,
    moment,
    needed_id,
    needed_moment,
    objects,
    short,
    text,
    web_url,
)
from worker.platforms.shopify import tables
from worker.platforms.shopify.money import pay_by, payment_method, payment_of, read_lines, read_totals, shipping_lines
from worker.platforms.shopify.people import read_address, read_customer
from worker.platforms.words import COLLECTED, GIFT_MESSAGE

LATE_ENTRY = timedelta(days=3)
"""Apps that bring orders of another shop enter them with the day on which they were placed. So late no receipt goes."""


def read_order(body: Body) -> Order:
    """The whole snapshot.

    Raises:
        UnreadableEventError: it is a partial body, or a needed field is missing.
    """
    if "line_items" not in body:
        raise UnreadableEventError("line_items is missing: this is not a whole order")
    code = currency(body.get("presentment_currency") or body.get("currency"), "the order's")
    tags = read_tags(body.get("tags"))
    lines = read_lines(body, code)
    delivery = _delivery(body, lines)
    shipping, billing = read_address(body.get("shipping_address")), read_address(body.get("billing_address"))
    payment = payment_of(body)
    placed_at = needed_moment(body, "processed_at", "created_at")
    return Order(
        id=needed_id(body, "id"),
        number=short(body.get("name") or body.get("order_number") or body.get("id")).lstrip("#"),
        placed_at=placed_at,
        updated_at=needed_moment(body, "updated_at"),
        payment=payment,
        payment_method=payment_method(body),
        pay_by=pay_by(body),
        cancelled_at=moment(body.get("cancelled_at")),
        totals=read_totals(body, lines, code, payment),
        customer=read_customer(body, placed_at),
        shipping_address=shipping,
        billing_address=billing,
        shipping_method=next((text(line.get("title")) for line in shipping_lines(body)), ""),
        delivery=delivery,
        pickup=PickupPoint(name=_pickup_name(body)) if delivery is DeliveryKind.PICKUP else None,
        lines=lines,
        locale=text(body.get("customer_locale")),
        status_url=web_url(body.get("order_status_url")),
        channel=_channel(body, tags),
        is_test=body.get("test") is True,
        is_imported=needed_moment(body, "created_at", "processed_at") - placed_at > LATE_ENTRY,
        is_b2b=bool(body.get("company")) or _attribute(body, tables.VAT_KEYS).lower() not in tables.NO,
        gift=_gift(body, tags, shipping, billing),
        on_hold=any(tag.lower() in tables.HELD_TAGS for tag in tags),
        discount_codes=tuple(text(each.get("code")) for each in objects(body.get("discount_codes"))),
        tags=tags,
    )


def read_tags(value: Any) -> tuple[str, ...]:
    """Tags as webhooks write them: one text with commas."""
    return tuple(tag for each in text(value).split(",") if (tag := each.strip()))


def _delivery(body: Body, lines: tuple[LineItem, ...]) -> DeliveryKind:
    left = [line for line in lines if line.quantity] or lines
    if left and not any(line.kind in (LineKind.PHYSICAL, LineKind.SAMPLE) for line in left):
        return DeliveryKind.DIGITAL
    return DeliveryKind.PICKUP if _pickup_name(body) else DeliveryKind.SHIPPING


def _pickup_name(body: Body) -> str:
    """Where all of it is collected; empty: something of it is shipped."""
    ways = shipping_lines(body)
    if not ways or not (is_local_pickup(body) or all(_is_pickup(way) for way in ways)):
        return ""
    return text(ways[0].get("title")) or "Pick-up"


def _is_pickup(way: Body) -> bool:
    words = " ".join(text(way.get(name)) for name in ("title", "code", "delivery_category"))
    return bool(COLLECTED.search(words))


def is_local_pickup(body: Body) -> bool:
    """Whether Shopify's own local pickup was chosen, which its orders say by lacking an address to ship to alone.

    The checkout asks for one for all that it ships; staff and apps may enter an order without, with a way of shipping
    of their own. Where both addresses lack, the app that Shopify tells was not granted them. The way of shipping is
    named after the place.
    """
    is_from_checkout = _channel(body, ()) is not Channel.DRAFT and any(
        text(line.get("source")).lower() == "shopify" for line in shipping_lines(body)
    )
    return is_from_checkout and bool(mapping(body.get("billing_address"))) and not mapping(body.get("shipping_address"))


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
    message = _attribute(body, GIFT_MESSAGE)
    names = {address.name.casefold() for address in (shipping, billing) if address and address.name}
    if not (message or len(names) > 1 or any(tag.lower() in ("gift", "geschenk") for tag in tags)):
        return None
    return Gift(message=message[:500], hide_prices=bool(message))
