"""Parcels, refunds and returns out of an order body: WooCommerce has no topics of their own for them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from schedules.events import CaseStated, OrderEvent, OrderRefunded, ParcelStated, ParcelTracked
from schedules.facts import Case, CaseKind, DeliveryKind, Order, Refund, RefundReason
from schedules.parcel_facts import Parcel, ParcelLine, ParcelState, Tracking, TrackingStatus
from worker.platforms.bodies import Body, amount, identifier, moment, needed_id, text, web_url, whole
from worker.platforms.woocommerce import tables
from worker.platforms.woocommerce.carriers import carrier_of, spelled
from worker.platforms.woocommerce.values import listed, money, plain, status_of, tracking_items, version_of
from worker.platforms.words import STOCK

LATEST_ENTRY = timedelta(hours=36)
"""The date beside a tracking number is a day of the shop's calendar, as midnight UTC: by then it is over."""

HISTORY = timedelta(days=30)


def read_parcels(order: Order, body: Body) -> Iterator[OrderEvent]:
    """A parcel per tracking number; without any, one parcel once the order is completed.

    Parcels are named by their place in the list, so that a number that is corrected, or added to an order that was
    completed without one, is the same parcel. How it is known to have left is the sighting, see `Parcel.is_sighting`.
    """
    status = status_of(body)
    items = tracking_items(body)
    if order.delivery is DeliveryKind.DIGITAL:
        return
    if not items and status in tables.BEFORE:
        yield from _taken_back(order, body)
        return
    if order.delivery is DeliveryKind.PICKUP:
        yield from _pickup(order, body, status)
        return
    untracked: list[Body] = [{}] if status in tables.SHIPPED else []
    for number, item in enumerate(items or untracked, 1):
        parcel = _parcel(order, body, item, f"{order.id}-{number}")
        yield ParcelStated(order_id=order.id, parcel=parcel)
        if status == "delivered":
            yield _arrived(order.id, parcel.id, _sighted(body, status))


def read_refunds(order: Order, body: Body) -> Iterator[OrderEvent]:
    """Refunds are told inside the order, without a time and without the lines they are for."""
    for refund in listed(body.get("refunds")):
        words, paid_back = text(refund.get("reason") or refund.get("refund")), abs(amount(refund.get("total")))
        yield OrderRefunded(
            order_id=order.id,
            refund=Refund(
                id=needed_id(refund, "id"),
                at=version_of(body),
                amount=money(paid_back, order.currency),
                reason=_refund_reason(order, words, paid_back),
            ),
        )


def read_return(order: Order, body: Body) -> Iterator[OrderEvent]:
    """A return or exchange, as plugins for them tell it: by the order's status."""
    status = status_of(body)
    if tables.SENT_BACK.fullmatch(status):
        case = Case(
            id="status",
            kind=CaseKind.EXCHANGE if status.startswith("exchang") else CaseKind.RETURN,
            opened_at=order.updated_at,
            updated_at=order.updated_at,
            closed=tables.CAME_TO_NOTHING.fullmatch(status) is not None,
        )
        yield CaseStated(order_id=order.id, case=case)


def _refund_reason(order: Order, words: str, paid_back: Decimal) -> RefundReason:
    """What would pay for a piece may be for one that came back; less than the cheapest is a courtesy."""
    if STOCK.search(words):
        return RefundReason.STOCK
    cheapest = min((line.unit_price.amount for line in order.lines if line.unit_price.amount), default=None)
    return RefundReason.CUSTOMER if cheapest is not None and paid_back >= cheapest else RefundReason.OTHER


def _parcel(order: Order, body: Body, item: Body, parcel_id: str) -> Parcel:
    carrier, url = _carrier(item)
    return Parcel(
        id=parcel_id,
        state=ParcelState.SHIPPED,
        shipped_at=_left(item, _sighted(body, status_of(body))),
        is_sighting=True,
        updated_at=order.updated_at,
        carrier=carrier,
        tracking_number=text(item.get("tracking_number")),
        tracking_url=url,
        lines=_lines(item),
    )


def _taken_back(order: Order, body: Body) -> Iterator[OrderEvent]:
    """The parcel of an order that was completed and is not any more: WooCommerce keeps the time of the completion."""
    completed = moment(body.get("date_completed_gmt"))
    if completed is not None:
        parcel = _parcel(order, body, {}, f"{order.id}-1")
        gone = {"state": ParcelState.CANCELLED, "shipped_at": completed}
        yield ParcelStated(order_id=order.id, parcel=parcel.model_copy(update=gone))


def _sighted(body: Body, status: str) -> datetime:
    """When this snapshot shows it to have happened: its completion if it has one, else its own time.

    WooCommerce notes when an order is completed; an old one that is and tells no time was brought in as history.
    """
    seen = version_of(body)
    completed = moment(body.get("date_completed_gmt")) if status in tables.SHIPPED else None
    if completed is None and status == tables.COMPLETED:
        bought = moment(body.get("date_paid_gmt")) or moment(body.get("date_created_gmt")) or seen
        return bought if seen - bought > HISTORY else seen
    return completed or seen


def _left(item: Body, sighted: datetime) -> datetime:
    """The sighting, kept within the day that was entered beside the number."""
    entered = _day(item.get("date_shipped"))
    return sighted if entered is None else min(max(sighted, entered), entered + LATEST_ENTRY)


def _day(value: Any) -> datetime | None:
    """The plugin writes a Unix time; others who use its key, a date. What is neither tells nothing."""
    told = text(value)
    if re.fullmatch(r"\d{9,11}", told):
        return datetime.fromtimestamp(int(told), UTC)
    return moment(told) if re.fullmatch(r"\d{4}-\d\d-\d\d", told) else None


def _carrier(item: Body) -> tuple[str, str]:
    """Name and link: the shop's own link, else the carrier's page for the number."""
    own, word = plain(item.get("custom_tracking_provider")), plain(item.get("tracking_provider") or item.get("slug"))
    link = web_url(item.get("custom_tracking_link") or item.get("tracking_link"))
    name, template = carrier_of(own or word)
    return name or own or spelled(word), link or template.format(quote(text(item.get("tracking_number")), safe=""))


def _lines(item: Body) -> tuple[ParcelLine, ...]:
    """What is in it, where the plugin knows; a list that names no order lines means everything."""
    told = listed(item.get("products_list"))
    if not told or not all(identifier(each.get("item_id")) for each in told):
        return ()
    return tuple(ParcelLine(line_id=text(each.get("item_id")), quantity=whole(each.get("qty"))) for each in told)


def _pickup(order: Order, body: Body, status: str) -> Iterator[OrderEvent]:
    """Ready to collect by a plugin's status; `completed` means collected."""
    if status not in tables.READY | tables.COLLECTED:
        return
    parcel = _parcel(order, body, {}, f"{order.id}-1").model_copy(update={"is_pickup": True})
    yield ParcelStated(order_id=order.id, parcel=parcel)
    if status in tables.COLLECTED:
        yield _arrived(order.id, parcel.id, _sighted(body, status))


def _arrived(order_id: str, parcel_id: str, at: datetime) -> ParcelTracked:
    status = TrackingStatus.DELIVERED
    return ParcelTracked(
        order_id=order_id, tracking=Tracking(id=f"{parcel_id}:{status}", parcel_id=parcel_id, status=status, at=at)
    )
