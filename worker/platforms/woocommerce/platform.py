"""The adapter: topics to readers, by one table.

Sources: WooCommerce's webhook documentation and its `WC_Webhook` class. It tries a failed delivery never again, signs
no time, and sends the state at the time of delivery.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schedules.events import CustomerStated, Event, OrderDeleted, OrderRestored, OrderStated, ProductDeleted
from schedules.facts import ConsentState
from worker.platforms.bodies import Body, identifier, moment, needed_id, parse, reading, text
from worker.platforms.port import Delivery, Reading
from worker.platforms.signing import is_signed
from worker.platforms.woocommerce.orders import is_empty_draft, read_consent, read_order
from worker.platforms.woocommerce.parcels import read_parcels, read_refunds, read_return
from worker.platforms.woocommerce.products import read_product

KEPT = ("topic", "resource", "event", "id", "delivery-id", "source")
PING = re.compile(rb"\s*webhook_id=\d+\s*")


@dataclass(frozen=True)
class _Sheet:
    """One body with what came beside it."""

    body: Body
    received_at: datetime
    options: Mapping[str, Any]


def _order(sheet: _Sheet) -> Iterator[Event]:
    """The order, and the parcels, refunds and returns it tells of."""
    if is_empty_draft(sheet.body):
        return
    order = read_order(sheet.body, sheet.options)
    yield OrderStated(order=order)
    yield from read_parcels(order, sheet.body)
    yield from read_refunds(order, sheet.body)
    yield from read_return(order, sheet.body)


def _order_deleted(sheet: _Sheet) -> Iterator[Event]:
    """The body holds the id alone."""
    yield OrderDeleted(order_id=needed_id(sheet.body, "id"), at=sheet.received_at)


def _order_restored(sheet: _Sheet) -> Iterator[Event]:
    """Taken back out of the bin; putting it there was told as a deletion."""
    yield from _order(sheet)
    yield OrderRestored(order_id=needed_id(sheet.body, "id"), at=sheet.received_at)


def _product(sheet: _Sheet) -> Iterator[Event]:
    product = read_product(sheet.body, sheet.options)
    if product is not None:
        yield product


def _product_deleted(sheet: _Sheet) -> Iterator[Event]:
    yield ProductDeleted(product_id=needed_id(sheet.body, "id"), is_either=True)


def _customer(sheet: _Sheet) -> Iterator[Event]:
    """An account's consent, where the mapped key tells it."""
    consent = read_consent(sheet.body, sheet.options)
    if consent is ConsentState.UNKNOWN:
        return
    yield CustomerStated(
        customer_id=identifier(sheet.body.get("id")),
        email=text(sheet.body.get("email")) or None,
        consent=consent,
        at=moment(sheet.body.get("date_modified_gmt")) or sheet.received_at,
    )


READERS: Mapping[str, Callable[[_Sheet], Iterator[Event]]] = {
    "order.created": _order,
    "order.updated": _order,
    "order.restored": _order_restored,
    "order.deleted": _order_deleted,
    "product.created": _product,
    "product.updated": _product,
    "product.restored": _product,
    "product.deleted": _product_deleted,
    "customer.created": _customer,
    "customer.updated": _customer,
}
SILENT = {
    "order": "a draft that holds no order yet",
    "product": "a variation that does not tell its product",
    "customer": "it tells no consent: map the newsletter plugin's meta key as consent_meta_key",
}


class WooCommerce:
    """Signature, names and reading of WooCommerce's deliveries."""

    kind = "woocommerce"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        return is_signed(headers.get("x-wc-webhook-signature", ""), body, secrets)

    def identify(self, *, headers: Mapping[str, str], body: bytes) -> Delivery:
        """The delivery id is a hash of webhook and second: two orders of one second share it, so the body counts too.

        Saving a webhook first posts the unsigned form `webhook_id=N`, to be answered 200.
        """
        delivery_id = headers.get("x-wc-webhook-delivery-id", "")
        topic = headers.get("x-wc-webhook-topic", "").strip().lower()
        is_signed_at_all = "x-wc-webhook-signature" in headers
        return Delivery(
            topic=topic or "unknown",
            dedupe_key=f"{delivery_id}:{hashlib.sha256(body).hexdigest()}",
            delivery_id=delivery_id,
            headers_to_keep={name: headers[name] for name in map("x-wc-webhook-{}".format, KEPT) if name in headers},
            is_ping=not is_signed_at_all and PING.fullmatch(body) is not None,
        )

    def check(self, body: bytes) -> str | None:
        return None

    def is_known(self, topic: str) -> bool:
        return topic in READERS

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
            return Reading(note=f"nothing here reads {topic}")
        with reading():
            sheet = _Sheet(body=parse(body), received_at=received_at, options=options)
            events = tuple(reader(sheet))
            is_order = topic.startswith("order.")
            return Reading(
                events=events,
                order_ref=identifier(sheet.body.get("id")) if is_order else None,
                note="" if events else SILENT[topic.partition(".")[0]],
            )
