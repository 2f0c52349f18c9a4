"""Fulfilments, carriers' reports, refunds, returns, disputes and edits as neutral events."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

from schedules.events import CaseStated, OrderEdited, OrderEvent, OrderRefunded, ParcelStated, ParcelTracked
from schedules.facts import Case, CaseKind, Edit, Money, Refund, RefundReason
from schedules.parcel_facts import Box, Parcel, ParcelLine, ParcelState, Tracking, TrackingStatus
from worker.platforms.bodies import (
    Body,
    amount,
    currency,
    day,
    identifier,
    mapping,
    moment,
    needed_id,
    needed_moment,
    objects,
    text,
    web_url,
    whole,
)
from worker.platforms.shopify import tables
from worker.platforms.words import STOCK

FAILED = frozenset({"failure", "error"})
NUMBERS = ("tracking_numbers", "tracking_urls")
UNKNOWN_CURRENCY = "XXX"
"""ISO 4217: no currency. Refund webhooks without a payment name none, and what they are worth is never printed."""


def read_parcel(order_id: str, body: Body, *, is_local_pickup: bool = False) -> Iterator[OrderEvent]:
    """The parcel, and a report if the fulfilment carries its carrier's newest status.

    `is_local_pickup`: staff makes the fulfilment of such an order when it is picked up.
    """
    parcel = _parcel(body)
    yield ParcelStated(order_id=order_id, parcel=parcel)
    status, at = tables.TRACKING.get(text(body.get("shipment_status"))), parcel.updated_at
    if status is None and is_local_pickup and parcel.state is ParcelState.SHIPPED:
        status, at = TrackingStatus.DELIVERED, parcel.shipped_at
    if status is not None:
        report = Tracking(id=f"{parcel.id}:{status}", parcel_id=parcel.id, status=status, at=at)
        yield ParcelTracked(order_id=order_id, tracking=report)


def _parcel(body: Body) -> Parcel:
    return Parcel(
        id=needed_id(body, "id"),
        state=tables.PARCEL.get(text(body.get("status")), ParcelState.OPEN),
        shipped_at=needed_moment(body, "created_at", "updated_at"),
        updated_at=needed_moment(body, "updated_at", "created_at"),
        carrier=_carrier(body),
        tracking_number=_first(body, "tracking_number"),
        tracking_url=web_url(_first(body, "tracking_url")),
        boxes=_boxes(body),
        lines=tuple(
            ParcelLine(line_id=needed_id(line, "id"), quantity=whole(line.get("quantity")))
            for line in objects(body.get("line_items"))
        ),
        is_pickup=text(body.get("shipment_status")) == TrackingStatus.READY_FOR_PICKUP,
    )


def _carrier(body: Body) -> str:
    """The carrier's name; Shopify writes "Other" where the shop chose none."""
    told = text(body.get("tracking_company"))
    return "" if told.lower() == "other" else told


def _first(body: Body, name: str) -> str:
    """Several numbers of one parcel come as a list beside the first."""
    several = body.get(f"{name}s")
    told = [body.get(name), *(several if isinstance(several, list) else [])]
    return next((found for each in told if (found := text(each))), "")


def _boxes(body: Body) -> tuple[Box, ...]:
    """All numbers but the first, with their links as far as there are any."""
    numbers, urls = (_listed(body.get(name)) for name in NUMBERS)
    told = ((text(number), web_url(url)) for number, url in zip_longest(numbers, urls))
    first = _first(body, "tracking_number")
    return tuple(Box(tracking_number=number, tracking_url=url) for number, url in told if number not in ("", first))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def read_tracking(body: Body) -> ParcelTracked | None:
    """A carrier's report; None for a status we have no word for."""
    status = tables.TRACKING.get(text(body.get("status")))
    if status is None:
        return None
    return ParcelTracked(
        order_id=needed_id(body, "order_id"),
        tracking=Tracking(
            id=needed_id(body, "id"),
            parcel_id=needed_id(body, "fulfillment_id"),
            status=status,
            at=needed_moment(body, "happened_at", "created_at"),
            expected_on=day(body.get("estimated_delivery_at")),
        ),
    )


def read_refund(order_id: str, body: Body, order_currency: str) -> OrderRefunded:
    """`order_currency` holds where the refund names none; empty: unknown."""
    lines = objects(body.get("refund_line_items"))
    return OrderRefunded(
        order_id=order_id,
        refund=Refund(
            id=needed_id(body, "id"),
            at=needed_moment(body, "processed_at", "created_at"),
            amount=_refunded(body, lines, order_currency),
            reason=_refund_reason(body, lines),
            lines=tuple(
                ParcelLine(line_id=needed_id(line, "line_item_id"), quantity=whole(line.get("quantity")))
                for line in lines
            ),
        ),
    )


def _refunded(body: Body, lines: list[Body], order_currency: str) -> Money:
    """What was paid back; before any payment is told, what the refunded lines were worth."""
    tried = [each for each in objects(body.get("transactions")) if text(each.get("kind")) == "refund"]
    total = sum((amount(each.get("amount")) for each in tried if text(each.get("status")) not in FAILED), Decimal(0))
    if not tried:
        total = sum((amount(each.get("subtotal")) + amount(each.get("total_tax")) for each in lines), Decimal(0))
    told = next((each.get("currency") for each in tried if each.get("currency")), None) or order_currency
    return Money(amount=total, currency=currency(told, "the refund's") if told else UNKNOWN_CURRENCY)


def _refund_reason(body: Body, lines: list[Body]) -> RefundReason:
    if STOCK.search(text(body.get("note"))):
        return RefundReason.STOCK
    if body.get("return") or any(text(line.get("restock_type")) == "return" for line in lines):
        return RefundReason.CUSTOMER
    return RefundReason.OTHER


def read_return(body: Body, at: datetime) -> CaseStated:
    """A return as it stands; its bodies may carry no time: `at`, when it happened, is their version then."""
    order = mapping(body.get("order"))
    exchanges = objects(body.get("exchange_line_items"))
    return CaseStated(
        order_id=needed_id(order, "id"),
        case=Case(
            id=f"return:{needed_id(body, 'id')}",
            kind=CaseKind.EXCHANGE if exchanges else CaseKind.RETURN,
            opened_at=moment(body.get("created_at")) or at,
            updated_at=moment(body.get("updated_at")) or at,
            closed=text(body.get("status")).lower() in tables.CLOSED_RETURNS,
        ),
    )


def read_dispute(body: Body, at: datetime) -> CaseStated | None:
    """A dispute as it stood at that time; None for one that is about no order."""
    if identifier(body.get("order_id")) is None:
        return None
    opened = moment(body.get("initiated_at")) or at
    return CaseStated(
        order_id=needed_id(body, "order_id"),
        case=Case(
            id=f"dispute:{needed_id(body, 'id')}",
            kind=CaseKind.DISPUTE,
            opened_at=opened,
            updated_at=max(at, opened),
            closed=text(body.get("status")).lower() in tables.CLOSED_DISPUTES,
        ),
    )


def read_edit(body: Body) -> OrderEdited:
    edit = mapping(body.get("order_edit"))
    return OrderEdited(
        order_id=needed_id(edit, "order_id"),
        edit=Edit(
            id=needed_id(edit, "id"),
            at=needed_moment(edit, "committed_at", "created_at"),
            shop_mailed=edit.get("notify_customer") is True,
        ),
    )
