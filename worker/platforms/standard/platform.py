"""The adapter of our own form.

Signature per Standard Webhooks: `v1,` + base64 HMAC-SHA256 over `id.timestamp.body` with the base64-decoded secret
after `whsec_`; several signatures, separated by spaces, for rotation; timestamps more than 5 minutes off are refused.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schedules.events import (
    CaseStated,
    CustomerRedacted,
    CustomerStated,
    Event,
    OrderCancelled,
    OrderRefunded,
    OrderStated,
    ParcelStated,
    ParcelTracked,
    ProductDeleted,
    ProductStated,
)
from schedules.facts import Case, Money, Refund
from schedules.parcel_facts import WHOLE, Parcel, ParcelLine, ParcelState, Tracking
from worker.errors import UnreadableEventError
from worker.platforms.bodies import LONGEST_ID, parse, reading, text
from worker.platforms.port import Delivery, Reading
from worker.platforms.sentences import sentence
from worker.platforms.signing import is_signed_bytes
from worker.platforms.standard import form
from worker.platforms.standard.orders import read_order

TOLERANCE_S = 300
STAMP = re.compile(r"[0-9]{1,12}")
PREFIX = "whsec_"
TYPES = (
    "order.placed",
    "order.updated",
    "order.shipped",
    "order.delivered",
    "order.cancelled",
    "order.refunded",
    "order.hold",
    "order.release",
    "customer.updated",
    "customer.redacted",
    "product.upserted",
)


def _order(sent: form.OrderSent) -> Iterable[Event]:
    yield OrderStated(order=read_order(sent.data, sent.timestamp))


def _shipped(sent: form.Shipped) -> Iterable[Event]:
    data = sent.data
    yield ParcelStated(
        order_id=data.order_id,
        parcel=Parcel(
            id=data.parcel_id or _unnamed(data.lines),
            state=ParcelState.SHIPPED,
            shipped_at=data.shipped_at or sent.timestamp,
            is_sighting=data.shipped_at is None,
            updated_at=sent.timestamp,
            carrier=data.carrier,
            tracking_number=data.tracking_number,
            tracking_url=data.tracking_url,
            lines=_parcel_lines(data.lines),
            is_pickup=data.is_pickup,
        ),
    )


def _unnamed(lines: Iterable[form.ParcelLineData]) -> str:
    """The id of a parcel that has none: parcels with other lines are others."""
    told = ",".join(sorted({line.line_id for line in lines}))
    found = f"lines:{told}" if told else WHOLE
    return found if len(found) <= LONGEST_ID else f"lines:{hashlib.sha256(told.encode()).hexdigest()}"


def _parcel_lines(lines: Iterable[form.ParcelLineData]) -> tuple[ParcelLine, ...]:
    return tuple(ParcelLine(line_id=line.line_id, quantity=line.quantity) for line in lines)


def _delivered(sent: form.Delivered) -> Iterable[Event]:
    data = sent.data
    at = data.at or sent.timestamp
    report = Tracking(
        id=f"{data.parcel_id or ''}:{data.status}:{at.isoformat()}",
        parcel_id=data.parcel_id or "",
        status=data.status,
        at=at,
        expected_on=data.expected_on,
    )
    yield ParcelTracked(order_id=data.order_id, tracking=report)


def _cancelled(sent: form.Cancelled) -> Iterable[Event]:
    yield OrderCancelled(order_id=sent.data.order_id, at=sent.data.at or sent.timestamp)


def _refunded(sent: form.Refunded) -> Iterable[Event]:
    data = sent.data
    refund = Refund(
        id=data.refund_id,
        at=data.at or sent.timestamp,
        amount=Money(amount=data.amount, currency=data.currency),
        reason=data.reason,
        lines=_parcel_lines(data.lines),
    )
    yield OrderRefunded(order_id=data.order_id, refund=refund)


def _held(sent: form.Held) -> Iterable[Event]:
    data = sent.data
    at = data.at or sent.timestamp
    case = Case(
        id=f"{data.kind}:{data.case_id}",
        kind=data.kind,
        opened_at=at,
        updated_at=at,
        closed=sent.type == "order.release",
    )
    yield CaseStated(order_id=data.order_id, case=case)


def _customer(sent: form.CustomerUpdated) -> Iterable[Event]:
    data = sent.data
    yield CustomerStated(
        customer_id=data.id,
        email=data.email,
        consent=data.consent,
        at=data.at or sent.timestamp,
        orders_count=data.orders_count,
    )


def _redacted(sent: form.CustomerErased) -> Iterable[Event]:
    yield CustomerRedacted(customer_id=sent.data.id, email=sent.data.email, order_ids=tuple(sent.data.order_ids))


def _product(sent: form.ProductUpserted) -> Iterable[Event]:
    data = sent.data
    at = data.updated_at or sent.timestamp
    if data.deleted:
        yield ProductDeleted(product_id=data.product_id, variant_id=data.variant_id, at=at)
        return
    yield ProductStated(
        **data.model_dump(exclude={"deleted", "tags", "updated_at", "price"}),
        price=None if data.price is None else str(data.price),
        tags=tuple(data.tags),
        updated_at=at,
    )


_READERS: Mapping[type, Callable[[Any], Iterable[Event]]] = {
    form.OrderSent: _order,
    form.Shipped: _shipped,
    form.Delivered: _delivered,
    form.Cancelled: _cancelled,
    form.Refunded: _refunded,
    form.Held: _held,
    form.CustomerUpdated: _customer,
    form.CustomerErased: _redacted,
    form.ProductUpserted: _product,
}


class Standard:
    """Signature, names and reading of our own form."""

    kind = "standard"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        stamp = headers.get("webhook-timestamp", "")
        if not STAMP.fullmatch(stamp) or abs(int(stamp) - now.timestamp()) > TOLERANCE_S:
            return False
        signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
        given = [each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split() if each[:3] == "v1,"]
        keys = [key for secret in secrets for key in _keys(secret)]
        return any(is_signed_bytes(signature, signed, keys) for signature in given)

    def identify(self, *, headers: Mapping[str, str], body: bytes) -> Delivery:
        try:
            topic = text(parse(body).get("type"))
        except UnreadableEventError:
            topic = ""
        delivery_id = headers.get("webhook-id", "")
        return Delivery(
            topic=topic or "unknown",
            dedupe_key=delivery_id or hashlib.sha256(body).hexdigest(),
            delivery_id=delivery_id,
            headers_to_keep={name: headers[name] for name in ("webhook-id", "webhook-timestamp") if name in headers},
        )

    def check(self, body: bytes) -> str | None:
        try:
            parsed = parse(body)
            if parsed.get("type") in TYPES:
                form.FORM.validate_python(parsed)
            elif not isinstance(parsed.get("type"), str):
                return "type is missing: it says what happened, like order.placed."
        except UnreadableEventError as error:
            return f"{error}."
        except ValidationError as error:
            return f"{sentence(error, skip=1)}."
        return None

    def is_known(self, topic: str) -> bool:
        return topic in TYPES

    def read(
        self,
        *,
        topic: str,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        options: Mapping[str, Any],
    ) -> Reading:
        if topic not in TYPES:
            return Reading(note=f"nothing here reads {topic}")
        with reading():
            sent = form.FORM.validate_python(parse(body))
            events = tuple(_READERS[type(sent)](sent))
            ref = sent.data.id if isinstance(sent, form.OrderSent) else getattr(sent.data, "order_id", None)
            return Reading(events=events, order_ref=ref)


def _keys(secret: str) -> list[bytes]:
    """What a secret may mean: the key in base64, or, where it has no prefix that says so, the key itself."""
    told = secret.strip()
    plain = [] if told.startswith(PREFIX) else [told.encode()]
    try:
        decoded = base64.b64decode(told.removeprefix(PREFIX), validate=True)
        return [key for key in (decoded, *plain) if key]  # with an empty key anybody could sign
    except (binascii.Error, ValueError):
        return plain or [told.encode()]
