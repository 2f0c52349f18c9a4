"""When the customer can expect the goods: from a carrier's word, else from the shop's own table, else not at all."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.facts import DeliveryKind, Facts, Order
from schedules.parcel_facts import Parcel
from schedules.parcels import delivered_at, is_shipped_goods
from schedules.shop import Handling, ShopProfile

Span = tuple[date, date]


def expected_days(*, facts: Facts, profile: ShopProfile, parcels: Sequence[Parcel], timezone: str) -> Span | None:
    """First and last expected delivery day in the customer's zone; None when nothing is known, or nothing is shipped.

    `parcels` are those the mail is about, empty before anything has left. Days of the table are working days.
    """
    order = facts.order
    if order is None or order.delivery is not DeliveryKind.SHIPPING:
        return None
    promised = _promised(parcels)
    if promised is not None:
        return promised
    row = _row_for(profile.handling, order)
    if row is None or (not parcels and _comes_later(order)):
        return None
    shipped = max((parcel.left_at for parcel in parcels), default=None)
    start = _local_day(shipped or order.placed_at, timezone)
    first, last = row.transit_days
    if shipped is None:
        first, last = first + row.handling_days[0], last + row.handling_days[1]
    return _working_days_after(start, first), _working_days_after(start, last)


def return_ends_on(*, facts: Facts, profile: ShopProfile, timezone: str, assume_after: timedelta) -> date | None:
    """The last day of the return window; None before everything has arrived, as far as is known.

    `assume_after`: as the shop's sequence says, see `schedules.parcels.delivered_at`.
    """
    arrived = delivered_at(facts, assume_after)
    return returnable_until(arrived[0], profile, timezone) if arrived else None


def returnable_until(arrived: datetime, profile: ShopProfile, timezone: str) -> date:
    """The last day of the return window of what arrived then."""
    return _local_day(arrived, timezone) + timedelta(days=profile.return_days)


def _promised(parcels: Sequence[Parcel]) -> Span | None:
    """The days that carriers name, from each parcel's newest report that names one."""
    days = []
    for parcel in parcels:
        named = [report.expected_on for report in parcel.tracking if report.expected_on is not None]
        if not named:
            return None
        days.append(named[-1])
    return (min(days), max(days)) if days else None


def _row_for(table: Sequence[Handling], order: Order) -> Handling | None:
    """The most exact row that fits: method and country before either alone before neither."""
    country = order.shipping_address.country if order.shipping_address else ""
    fitting = [row for row in table if row.country in ("", country) and row.method in ("", order.shipping_method)]
    return max(fitting, key=lambda row: (bool(row.method) + bool(row.country), bool(row.method)), default=None)


def _comes_later(order: Order) -> bool:
    """Whether everything that travels has a day of its own, when it should leave."""
    goods = [line for line in order.lines if is_shipped_goods(line)]
    return bool(goods) and all(line.expected_on is not None for line in goods)


def _local_day(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


def _working_days_after(start: date, days: int) -> date:
    """`days` working days after `start`, Saturdays and Sundays left out; never a weekend day itself."""
    day = start
    while days > 0 or day.weekday() >= 5:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
