"""The adapter: topics to readers, by one table."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schedules.events import (
    AppUninstalled,
    CustomerRedacted,
    CustomerStated,
    Event,
    OrderDeleted,
    OrderStated,
    ProductDeleted,
    ShopRedacted,
)
from worker.errors import UnreadableEventError
from worker.platforms.bodies import (
    Body,
    identifier,
    mapping,
    moment,
    needed_id,
    objects,
    parse,
    reading,
    text,
    whole,
)
from worker.platforms.port import Delivery, Reading
from worker.platforms.shopify.orders import is_local_pickup, read_order
from worker.platforms.shopify.parcels import (
    read_dispute,
    read_edit,
    read_parcel,
    read_refund,
    read_return,
    read_tracking,
)
from worker.platforms.shopify.people import read_consent
from worker.platforms.shopify.products import read_product
from worker.platforms.signing import is_signed

REST_OF_SECOND = timedelta(microseconds=999_999)
KEPT = ("topic", "shop-domain", "api-version", "triggered-at", "event-id", "webhook-id")


@dataclass(frozen=True)
class _Sheet:
    """One body with what came beside it. `at`: when what it tells happened; `triggered`: as its header says."""

    body: Body
    at: datetime
    triggered: datetime | None
    domain: str


def _order(sheet: _Sheet) -> Iterator[Event]:
    """The order, and the parcels and refunds it embeds."""
    order = read_order(sheet.body)
    yield OrderStated(order=order.model_copy(update={"updated_at": _version(order.updated_at, sheet.triggered)}))
    for parcel in objects(sheet.body.get("fulfillments")):
        yield from read_parcel(order.id, parcel, is_local_pickup=is_local_pickup(sheet.body))
    for refund in objects(sheet.body.get("refunds")):
        yield read_refund(order.id, refund, order.currency)


def _version(updated_at: datetime, triggered: datetime | None) -> datetime:
    """Orders tell whole seconds: of two versions of one second the one that was triggered later is the newer."""
    return updated_at if triggered is None else max(updated_at, min(triggered, updated_at + REST_OF_SECOND))


def _order_deleted(sheet: _Sheet) -> Iterator[Event]:
    yield OrderDeleted(order_id=needed_id(sheet.body, "id"), at=sheet.at)


def _edit(sheet: _Sheet) -> Iterator[Event]:
    yield read_edit(sheet.body)


def _parcel(sheet: _Sheet) -> Iterator[Event]:
    yield from read_parcel(needed_id(sheet.body, "order_id"), sheet.body)


def _tracking(sheet: _Sheet) -> Iterator[Event]:
    report = read_tracking(sheet.body)
    if report is not None:
        yield report


def _refund(sheet: _Sheet) -> Iterator[Event]:
    yield read_refund(needed_id(sheet.body, "order_id"), sheet.body, "")


def _return(sheet: _Sheet) -> Iterator[Event]:
    yield read_return(sheet.body, sheet.at)


def _dispute(sheet: _Sheet) -> Iterator[Event]:
    dispute = read_dispute(sheet.body, sheet.at)
    if dispute is not None:
        yield dispute


def _customer(sheet: _Sheet) -> Iterator[Event]:
    consent = mapping(sheet.body.get("email_marketing_consent"))
    count = sheet.body.get("orders_count")
    yield CustomerStated(
        customer_id=identifier(sheet.body.get("id") or sheet.body.get("customer_id")),
        email=text(sheet.body.get("email") or sheet.body.get("email_address")) or None,
        consent=read_consent(consent, sheet.body.get("accepts_marketing")),
        at=moment(consent.get("consent_updated_at")) or moment(sheet.body.get("updated_at")) or sheet.at,
        orders_count=whole(count) if count is not None else None,
    )


def _redacted(sheet: _Sheet) -> Iterator[Event]:
    customer = mapping(sheet.body.get("customer"))
    orders = sheet.body.get("orders_to_redact")
    yield CustomerRedacted(
        customer_id=identifier(customer.get("id")),
        email=text(customer.get("email")) or None,
        order_ids=tuple(text(each) for each in orders) if isinstance(orders, list) else (),
    )


def _shop_redacted(_sheet: _Sheet) -> Iterator[Event]:
    yield ShopRedacted()


def _uninstalled(sheet: _Sheet) -> Iterator[Event]:
    yield AppUninstalled(at=sheet.at)


def _product(sheet: _Sheet) -> Iterator[Event]:
    yield from read_product(sheet.body, sheet.domain)


def _product_deleted(sheet: _Sheet) -> Iterator[Event]:
    yield ProductDeleted(product_id=needed_id(sheet.body, "id"), at=sheet.at)


READERS: Mapping[str, Callable[[_Sheet], Iterator[Event]]] = {
    **{
        f"orders/{name}": _order
        for name in ("create", "paid", "updated", "cancelled", "fulfilled", "partially_fulfilled")
    },
    "orders/delete": _order_deleted,
    "orders/edited": _edit,
    "fulfillments/create": _parcel,
    "fulfillments/update": _parcel,
    "fulfillment_events/create": _tracking,
    "refunds/create": _refund,
    **{
        f"returns/{name}": _return
        for name in ("request", "approve", "cancel", "close", "decline", "reopen", "process", "update")
    },
    "disputes/create": _dispute,
    "disputes/update": _dispute,
    "customers/create": _customer,
    "customers/update": _customer,
    "customers_email_marketing_consent/update": _customer,
    "customers/redact": _redacted,
    "shop/redact": _shop_redacted,
    "app/uninstalled": _uninstalled,
    "products/create": _product,
    "products/update": _product,
    "products/delete": _product_deleted,
}
SILENT = {
    "fulfillment_events/create": "its status means nothing here",
    "disputes/create": "it is about no order",
    "disputes/update": "it is about no order",
}
"""Why a body that is read may tell nothing."""
NOTES = {
    "fulfillment_events/delete": "a carrier's report was withdrawn: it counts until a newer one tells otherwise",
    "customers/data_request": "asks for a person's data within 30 days: `postpurchase person SHOP ADDRESS` gives it",
}

FOR_PEOPLE = frozenset({"customers/data_request"})
"""Topics that ask something of the shop's people."""


class Shopify:
    """Signature, names and reading of Shopify's deliveries."""

    kind = "shopify"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        return is_signed(headers.get("x-shopify-hmac-sha256", ""), body, secrets)

    def identify(self, *, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Event-Id is equal across the deliveries of one event, Webhook-Id is the delivery's own."""
        event_id, webhook_id = headers.get("x-shopify-event-id", ""), headers.get("x-shopify-webhook-id", "")
        return Delivery(
            topic=headers.get("x-shopify-topic", "").strip().lower() or "unknown",
            dedupe_key=event_id or webhook_id or hashlib.sha256(body).hexdigest(),
            delivery_id=webhook_id,
            headers_to_keep={name: headers[name] for name in (f"x-shopify-{word}" for word in KEPT) if name in headers},
        )

    def check(self, body: bytes) -> str | None:
        return None

    def is_known(self, topic: str) -> bool:
        return topic in READERS or topic in NOTES

    def read(
        self,
        *,
        topic: str,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        options: Mapping[str, Any],
    ) -> Reading:
        reader = READERS.get(topic)
        if reader is None:
            note = NOTES.get(topic, f"nothing here reads {topic}")
            return Reading(note=note, is_for_people=topic in FOR_PEOPLE)
        with reading():
            domain = headers.get("x-shopify-shop-domain", "")
            triggered = triggered_at(headers, received_at)
            sheet = _Sheet(body=parse(body), at=triggered or received_at, triggered=triggered, domain=domain)
            events = tuple(reader(sheet))
            return Reading(
                events=events, order_ref=order_ref(events), note="" if events else SILENT.get(topic, "it tells nothing")
            )


def triggered_at(headers: Mapping[str, str], received_at: datetime) -> datetime | None:
    """When it happened: bodies that carry no time come out of order, and hours late when they are tried again.

    The header is outside of the signature, so that it is taken only where it can be true. None: it tells nothing.
    """
    try:
        told = moment(headers.get("x-shopify-triggered-at", ""))
    except UnreadableEventError:
        return None
    return None if told is None else min(told, received_at)


def order_ref(events: Sequence[Event]) -> str | None:
    """The order that the events are about."""
    for event in events:
        if isinstance(event, OrderStated):
            return event.order.id
        found = getattr(event, "order_id", None)
        if found is not None:
            return str(found)
    return None
