"""What a mail says of parcels: the one it is about, how to follow it, and what is still to come."""

from dataclasses import dataclass
from datetime import date, timedelta

from schedules.facts import LineKind, Order, Parcel
from schedules.parcels import group_parcels, parcel_groups
from worker.rendering import formats
from worker.rendering.carriers import redirect_url
from worker.rendering.context import ParcelContext, TrackingContext
from worker.rendering.port import MailInputs

LOOKED_FOR_AFTER = timedelta(days=3)
"""After the last expected day."""


@dataclass(frozen=True, kw_only=True)
class ParcelPart:
    """`parcels`: those that the mail is about; `has_left`: something of the order is on its way."""

    context: ParcelContext
    parcels: list[Parcel]
    has_left: bool


def parcel_part(inputs: MailInputs, order: Order, locale: str) -> ParcelPart:
    """The parcels of a mail in words and links."""
    parcels = group_parcels(inputs.facts, inputs.shop, inputs.parcel_group)
    groups = parcel_groups(inputs.facts, inputs.shop)
    tracked = [parcel for parcel in parcels if parcel.tracking_number or parcel.tracking_url]
    first = tracked[0] if tracked else None
    to_come, days = _to_come(order, groups), list(groups)
    day = inputs.parcel_group.partition("+")[0]
    part = days.index(day) + 1 if day in groups else 0
    is_split = part > 0 and (len(groups) > 1 or bool(to_come))
    expected = inputs.expected
    context = ParcelContext(
        carrier=first.carrier if first else "",
        number=first.tracking_number if first else "",
        url=formats.web_url(first.tracking_url) if first else "",
        redirect_url=redirect_url(order, first) if first else "",
        expected=days_between(expected, locale),
        late_after=formats.day(expected[1] + LOOKED_FOR_AFTER, locale) if expected else "",
        part=part if is_split else 0,
        parts=max(len(groups), part) + (1 if to_come else 0) if is_split else 0,
        to_come=to_come,
        others=[
            TrackingContext(carrier=each.carrier, number=each.tracking_number, url=formats.web_url(each.tracking_url))
            for each in tracked[1:]
        ],
    )
    return ParcelPart(context=context, parcels=parcels, has_left=bool(groups))


def days_between(days: tuple[date, date] | None, locale: str) -> str:
    """The first and the last day; one where they are the same; empty: none."""
    if days is None:
        return ""
    first, last = (formats.day(each, locale) for each in days)
    return first if first == last else f"{first} – {last}"


def _to_come(order: Order, groups: dict[str, list[Parcel]]) -> str:
    """Lines that are in no parcel yet, in words; empty when nothing has left, or parcels list no lines."""
    left: dict[str, int] = {}
    for parcels in groups.values():
        for parcel in parcels:
            if not parcel.lines:
                return ""
            for line in parcel.lines:
                left[line.line_id] = left.get(line.line_id, 0) + line.quantity
    if not groups:
        return ""
    missing = (line for line in order.lines if line.kind is LineKind.PHYSICAL and left.get(line.id, 0) < line.quantity)
    return ", ".join(line.title for line in missing)
