"""What the parcels of an order tell: which left on which day, what arrived and when, what is in trouble."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schedules.facts import DeliveryKind, Facts, LineItem, LineKind, Order
from schedules.parcel_facts import DeliverySource, Parcel, ParcelState
from schedules.parcel_facts import TrackingStatus as Status
from schedules.sequence import ASSUME_DELIVERED_AFTER
from schedules.shop import ShopProfile
from schedules.timing import local_day, zone

TRAVELS = (LineKind.PHYSICAL, LineKind.SAMPLE)

MOVING = (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)
TAKEN_BACK_AFTER = timedelta(hours=6)
"""So long after a delivery a report of the parcel on its way corrects it; before, it is news that came late."""


def is_shipped_goods(line: LineItem) -> bool:
    """Whether pieces of this line travel in a parcel."""
    return line.kind in TRAVELS and line.quantity > 0


def has_goods(order: Order) -> bool:
    return order.delivery is not DeliveryKind.DIGITAL and any(is_shipped_goods(line) for line in order.lines)


def sent_parcels(facts: Facts) -> tuple[Parcel, ...]:
    """Parcels that left; also those that were delivered although the shop calls them open, or told nothing of any.

    What a shop fulfils without sending it, like a gift card, is none.
    """
    if not facts.parcels and not facts.loose_tracking:
        return ()
    left = tuple(
        parcel
        for parcel in facts.parcels
        if parcel.state is ParcelState.SHIPPED or (parcel.state is ParcelState.OPEN and arrival(parcel) is not None)
        if _has_goods_in_it(facts, parcel)
    )
    return left or tuple(_unseen(facts))


def _unseen(facts: Facts) -> Iterator[Parcel]:
    """Parcels that a carrier delivered and of which nobody told that they left. What is in them is not known: it may be
    what is in one that was told of by another name."""
    for parcel_id in sorted({report.parcel_id for report in facts.loose_tracking}):
        told = tuple(report for report in facts.loose_tracking if report.parcel_id == parcel_id)
        first = told[0].at
        parcel = Parcel(id=parcel_id, state=ParcelState.SHIPPED, shipped_at=first, updated_at=first, tracking=told)
        if arrival(parcel) is not None:
            yield parcel


def _has_goods_in_it(facts: Facts, parcel: Parcel) -> bool:
    """Whether any of its lines travels; one that lists no lines, or a line that is not known, does."""
    lines = [facts.line(each.line_id) for each in parcel.lines]
    return not lines or any(line is None or line.kind in TRAVELS for line in lines)


def parcel_groups(facts: Facts, shop: ShopProfile) -> dict[str, list[Parcel]]:
    """Parcels that left, by the shop-local day on which they did, as an ISO date."""
    groups: dict[str, list[Parcel]] = {}
    for parcel in sent_parcels(facts):
        groups.setdefault(local_day(parcel.left_at, zone(shop.timezone)), []).append(parcel)
    return groups


def group_parcels(facts: Facts, shop: ShopProfile, group: str) -> list[Parcel]:
    """The parcels that a message of this group tells about."""
    return told_by(parcel_groups(facts, shop), group)


def told_by(groups: Mapping[str, list[Parcel]], group: str) -> list[Parcel]:
    """Those of a day's parcels that a message of this group tells about.

    A group is a day, or `DAY+PARCEL` for what left from that parcel on, after the day's first mail.
    """
    day, _, first = group.partition("+")
    parcels = groups.get(day, [])
    if not first:
        return parcels
    begin = next((number for number, parcel in enumerate(parcels) if parcel.id == first), len(parcels))
    return parcels[begin:]


def arrival(parcel: Parcel) -> datetime | None:
    """When the carrier reported it delivered, and did not take that back; for pick-up: collected."""
    moving = [report.at for report in parcel.tracking if report.status in MOVING]
    reports = [report.at for report in parcel.tracking if report.status is Status.DELIVERED]
    return min((at for at in reports if all(later - at < TAKEN_BACK_AFTER for later in moving)), default=None)


def trouble_since(parcel: Parcel) -> datetime | None:
    """When the carrier reported a problem, if that is its newest word; None: all is well, or it arrived after all."""
    newest = max(parcel.tracking, key=lambda report: (report.at, report.id), default=None)
    if newest is None or newest.status is not Status.EXCEPTION or arrival(parcel) is not None:
        return None
    return newest.at


def is_in_trouble(parcel: Parcel) -> bool:
    return trouble_since(parcel) is not None


def was_delayed(parcel: Parcel, timezone: ZoneInfo) -> bool:
    """Whether the carrier reported a problem on the way, or it arrived after the first promised day."""
    if any(report.status is Status.EXCEPTION for report in parcel.tracking):
        return True
    promised = next((report.expected_on for report in parcel.tracking if report.expected_on is not None), None)
    arrived = arrival(parcel)
    return promised is not None and arrived is not None and arrived.astimezone(timezone).date() > promised


def left_late(facts: Facts, timezone: ZoneInfo) -> bool:
    """Whether goods with a promised day of dispatch left after it."""
    lines = facts.order.lines if facts.order else ()
    promised = {line.id: line.expected_on for line in lines if line.expected_on is not None}
    return bool(promised) and any(
        parcel.left_at.astimezone(timezone).date() > promised[line.line_id]
        for parcel in sent_parcels(facts)
        for line in parcel.lines
        if line.line_id in promised
    )


def has_left_whole(facts: Facts) -> bool:
    """Whether every piece that travels is in a parcel that left. A parcel that lists no lines counts as everything."""
    return facts.order is not None and _is_whole(facts.order, sent_parcels(facts))


def _is_whole(order: Order, parcels: Sequence[Parcel]) -> bool:
    if any(not parcel.lines for parcel in parcels):
        return True
    left: dict[str, int] = {}
    for parcel in parcels:
        for line in parcel.lines:
            left[line.line_id] = left.get(line.line_id, 0) + line.quantity
    goods = [line for line in order.lines if is_shipped_goods(line)]
    return bool(parcels) and all(
        left.get(line.id, 0) >= line.quantity or goes_along(line, order, left) for line in goods
    )


def goes_along(line: LineItem, order: Order, left: Mapping[str, int]) -> bool:
    """Whether its set is among what left, or, of a set, a part of it: shops list one or the other."""
    return line.part_of in left or any(each.part_of == line.id and each.id in left for each in order.lines)


def delivered_at(
    facts: Facts, assume_after: timedelta = ASSUME_DELIVERED_AFTER
) -> tuple[datetime, DeliverySource] | None:
    """When the last parcel arrived, and how that is known. None: something has not left yet, or is in trouble.

    Where no carrier reports it, a parcel counts as arrived `assume_after` it left, but not before the carrier's newest
    word nor before the day for which the carrier promises it: an estimate.
    """
    parcels = sent_parcels(facts)
    if not parcels or facts.order is None or not _is_whole(facts.order, parcels) or any(map(is_in_trouble, parcels)):
        return None
    reported = [arrival(parcel) for parcel in parcels]
    times = [at or _assumed(parcel, assume_after) for at, parcel in zip(reported, parcels, strict=True)]
    return max(times), DeliverySource.ESTIMATED if None in reported else DeliverySource.REPORTED


def _assumed(parcel: Parcel, assume_after: timedelta) -> datetime:
    newest = max((report.at for report in parcel.tracking), default=parcel.left_at)
    promised = max((report.expected_on for report in parcel.tracking if report.expected_on), default=date.min)
    end_of_day = datetime.combine(promised, time(23, 59), tzinfo=UTC)
    return max(parcel.left_at + assume_after, newest, end_of_day)
