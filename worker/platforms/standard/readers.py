"""Bodies of our own form as neutral events. Loaded with the first of them: many installations never get one."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
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
from worker.platforms.bodies import LONGEST_ID
from worker.platforms.port import Reading
from worker.platforms.sentences import sentence
from worker.platforms.standard import form
from worker.platforms.standard.orders import read_order


def fault_of(parsed: Any) -> str | None:
    """Why this is no body of the form, as a sentence; None: it is one."""
    try:
        form.FORM.validate_python(parsed)
    except ValidationError as error:
        return f"{sentence(error, skip=1)}."
    return None


def read_body(parsed: Any) -> Reading:
    """What a body tells.

    Raises:
        ValidationError: it is no body of the form.
    """
    sent = form.FORM.validate_python(parsed)
    events = tuple(_READERS[type(sent)](sent))
    ref = sent.data.id if isinstance(sent, form.OrderSent) else getattr(sent.data, "order_id", None)
    return Reading(events=events, order_ref=ref)


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
