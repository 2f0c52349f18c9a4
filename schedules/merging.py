"""Events fold into facts, in any order and any number of times.

Each part of the facts is a register or a set of registers, keyed by the source's id: of two versions the one with the
newer `updated_at` wins, and of two with the same time the one whose canonical JSON sorts last. Platforms tell whole
seconds, and a mail about a cancelled order is worse than a late one: there the cancelled order wins. Of two reports of
a carrier with the same id the earlier counts, and of two sightings of a parcel's dispatch. So `merge` commutes and
repeating it changes nothing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from schedules.events import (
    CaseStated,
    OrderCancelled,
    OrderDeleted,
    OrderEdited,
    OrderEvent,
    OrderRefunded,
    OrderRestored,
    OrderStated,
    ParcelStated,
    ParcelTracked,
)
from schedules.facts import Facts, Order, PaymentState
from schedules.parcel_facts import WHOLE, Parcel, ParcelState, Tracking
from schedules.values import Stored

V = TypeVar("V", bound=Stored)


def merge(facts: Facts, event: OrderEvent) -> Facts:
    """The facts with one more event of the same order; equal to `facts` when it says nothing new."""
    return facts.model_copy(update=_MERGES[type(event)](facts, event))


def _order(facts: Facts, event: OrderStated) -> dict[str, Any]:
    order = event.order
    update: dict[str, Any] = {"order": order if facts.order is None else _newer(facts.order, order, _order_version)}
    if not order.payment.counts_as_order:
        return update | {"was_open": True}
    update["accepted_first_at"] = _earlier(facts.accepted_first_at, order.updated_at)
    if order.payment is PaymentState.ACCEPTED:
        return update | {"was_owed": True}
    return update | {"paid_first_at": _earlier(facts.paid_first_at, order.updated_at)}


def _earlier(known: datetime | None, at: datetime) -> datetime:
    return min(known, at) if known else at


def _deleted(facts: Facts, event: OrderDeleted) -> dict[str, Any]:
    return {"deleted_at": max(facts.deleted_at, event.at) if facts.deleted_at else event.at}


def _restored(facts: Facts, event: OrderRestored) -> dict[str, Any]:
    return {"restored_at": max(facts.restored_at, event.at) if facts.restored_at else event.at}


def _cancelled(facts: Facts, event: OrderCancelled) -> dict[str, Any]:
    return {"cancelled_at": _earlier(facts.cancelled_at, event.at)}


def _parcel(facts: Facts, event: ParcelStated) -> dict[str, Any]:
    known = {parcel.id: parcel.model_copy(update={"tracking": ()}) for parcel in facts.parcels}
    new = _as_seen(event.parcel)
    known[new.id] = _newer_parcel(known[new.id], new) if new.id in known else new
    return _with_tracking(known.values(), _reports(facts))


def _as_seen(parcel: Parcel) -> Parcel:
    """A version with what it alone tells of the way to its leaving."""
    has_left, is_back = parcel.state is ParcelState.SHIPPED, parcel.state is ParcelState.CANCELLED
    seen = {
        "was_open": parcel.state is ParcelState.OPEN,
        "seen_shipped_at": parcel.updated_at if has_left else None,
        "sightings": (parcel.shipped_at,) if has_left and parcel.is_sighting else (),
        "taken_back_at": parcel.shipped_at if is_back and parcel.is_sighting else None,
    }
    return parcel.model_copy(update={"tracking": (), **seen})


def _newer_parcel(one: Parcel, other: Parcel) -> Parcel:
    """The newer version; where it does not tell when it left, it left when it was first seen to have."""
    both = (one, other)
    seen = [each.seen_shipped_at for each in both if each.seen_shipped_at is not None]
    taken_back = max((each.taken_back_at for each in both if each.taken_back_at is not None), default=None)
    shared = {
        "was_open": one.was_open or other.was_open,
        "seen_shipped_at": min(seen, default=None),
        "sightings": tuple(sorted({*one.sightings, *other.sightings})),
        "taken_back_at": taken_back,
    }
    one, other = (_as_sighted(each.model_copy(update=shared)) for each in both)
    return _newer(one, other, _parcel_version)


def _as_sighted(parcel: Parcel) -> Parcel:
    """With the first sighting that was not taken back as when it left, where it is known by sightings."""
    standing = (at for at in parcel.sightings if parcel.taken_back_at is None or at > parcel.taken_back_at)
    first = next(standing, None)
    return parcel if first is None or not parcel.is_sighting else parcel.model_copy(update={"shipped_at": first})


def _tracked(facts: Facts, event: ParcelTracked) -> dict[str, Any]:
    return _with_tracking(facts.parcels, [*_reports(facts), event.tracking])


def _refund(facts: Facts, event: OrderRefunded) -> dict[str, Any]:
    refunds = _united([*facts.refunds, event.refund], lambda refund: refund.at)
    return {"refunds": tuple(sorted(refunds, key=lambda refund: (refund.at, refund.id)))}


def _case(facts: Facts, event: CaseStated) -> dict[str, Any]:
    cases = _united([*facts.cases, event.case], lambda case: case.updated_at)
    return {"cases": tuple(sorted(cases, key=lambda case: case.id))}


def _edit(facts: Facts, event: OrderEdited) -> dict[str, Any]:
    edits = _united([*facts.edits, event.edit], lambda edit: edit.at)
    return {"edits": tuple(sorted(edits, key=lambda edit: (edit.at, edit.id)))}


def _reports(facts: Facts) -> list[Tracking]:
    return [*facts.loose_tracking, *(report for parcel in facts.parcels for report in parcel.tracking)]


def _with_tracking(parcels: Iterable[Parcel], reports: Iterable[Tracking]) -> dict[str, Any]:
    """Every report at its parcel; those of parcels not seen yet stay loose."""
    united = sorted(_earliest(reports), key=lambda report: (report.at, report.id))
    attached = [
        parcel.model_copy(update={"tracking": tuple(each for each in united if _is_about(each, parcel))})
        for parcel in parcels
    ]
    told = {each.id for parcel in attached for each in parcel.tracking}
    return {
        "parcels": tuple(sorted(attached, key=lambda parcel: (parcel.left_at, parcel.id))),
        "loose_tracking": tuple(each for each in united if each.id not in told),
    }


def _is_about(report: Tracking, parcel: Parcel) -> bool:
    """Whether it names the parcel, or none and means all that had left by then."""
    if report.parcel_id:
        return report.parcel_id == parcel.id
    return parcel.id == WHOLE or parcel.left_at <= report.at


def _earliest(reports: Iterable[Tracking]) -> list[Tracking]:
    """One report per id: the first. A status that a later snapshot repeats did not happen again."""
    kept: dict[str, Tracking] = {}
    for report in reports:
        known = kept.get(report.id, report)
        kept[report.id] = min(known, report, key=lambda each: (each.at, each.model_dump_json()))
    return list(kept.values())


def _united(values: Iterable[V], version: Callable[[V], Any]) -> list[V]:
    """One value per id: the newest."""
    kept: dict[str, V] = {}
    for value in values:
        key: str = value.id  # type: ignore[attr-defined]  # every value kept in a set has an id
        kept[key] = _newer(kept[key], value, version) if key in kept else value
    return list(kept.values())


def _newer(one: V, other: V, version: Callable[[V], Any]) -> V:
    return max(one, other, key=lambda value: (version(value), value.model_dump_json()))


def _order_version(order: Order) -> tuple[datetime, bool]:
    return order.updated_at, order.cancelled_at is not None


def _parcel_version(parcel: Parcel) -> tuple[datetime, bool]:
    return parcel.updated_at, not parcel.is_sighting


_MERGES: dict[type, Callable[[Facts, Any], dict[str, Any]]] = {
    OrderStated: _order,
    OrderDeleted: _deleted,
    OrderRestored: _restored,
    OrderCancelled: _cancelled,
    ParcelStated: _parcel,
    ParcelTracked: _tracked,
    OrderRefunded: _refund,
    CaseStated: _case,
    OrderEdited: _edit,
}
