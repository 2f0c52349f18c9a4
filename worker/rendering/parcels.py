"""What a mail says of parcels: the one it is about, how to follow it, and what is still to come."""

from collections.abc import Iterable
from datetime import date, timedelta

from schedules.facts import Facts, LineItem, LineKind, Order, RefundReason
from schedules.parcel_facts import Box, Parcel
from schedules.parcels import goes_along, parcel_groups, told_by
from schedules.records import record
from worker.rendering import formats
from worker.rendering.carriers import redirect_url
from worker.rendering.context import ParcelContext, TrackingContext
from worker.rendering.port import MailInputs

LOOKED_FOR_AFTER = timedelta(days=3)
"""After the last expected day."""


@record
class ParcelPart:
    """`parcels`: those that the mail is about; `has_left`: something of the order is on its way."""

    context: ParcelContext
    parcels: list[Parcel]
    has_left: bool

    @property
    def is_part(self) -> bool:
        return self.context.part > 0 or self.context.is_further


def parcel_part(inputs: MailInputs, order: Order, locale: str) -> ParcelPart:
    """The parcels of a mail in words and links."""
    groups = parcel_groups(inputs.facts, inputs.shop)
    parcels = told_by(groups, inputs.parcel_group)
    tracked = [parcel for parcel in parcels if parcel.tracking_number or parcel.tracking_url]
    first = tracked[0] if tracked else None
    later, days = _to_come(inputs.facts, order, groups) if groups else [], list(groups)
    to_come, promised = titles(later), [line.expected_on for line in later if line.expected_on is not None]
    day = inputs.parcel_group.partition("+")[0]
    part = days.index(day) + 1 if day in groups else 0
    is_further = part > 0 and len(parcels) < len(groups[day])  # how many mails the day had before is not known here
    is_split = part > 0 and not is_further and (len(groups) > 1 or bool(to_come))
    expected, short = inputs.expected, paid_back(inputs.facts, RefundReason.STOCK)
    context = ParcelContext(
        carrier=first.carrier if first else "",
        number=first.tracking_number if first else "",
        url=formats.web_url(first.tracking_url) if first else "",
        redirect_url=redirect_url(order, first) if first else "",
        expected=days_between(expected, locale),
        late_after=formats.day(expected[1] + LOOKED_FOR_AFTER, locale) if expected else "",
        part=part if is_split else 0,
        parts=max(len(groups), part) + (1 if to_come else 0) if is_split else 0,
        is_further=is_further,
        to_come=to_come,
        to_come_on=formats.day(max(promised), locale) if promised else "",
        missing=titles(line for line in order.lines if short.get(line.id)) if short else "",
        others=_followed(tracked)[1:],
    )
    return ParcelPart(context=context, parcels=parcels, has_left=bool(groups))


def _followed(parcels: list[Parcel]) -> list[TrackingContext]:
    """Every number there is: a parcel of several boxes has several."""
    return [
        TrackingContext(carrier=parcel.carrier, number=box.tracking_number, url=formats.web_url(box.tracking_url))
        for parcel in parcels
        for box in (Box(tracking_number=parcel.tracking_number, tracking_url=parcel.tracking_url), *parcel.boxes)
    ]


def days_between(days: tuple[date, date] | None, locale: str) -> str:
    """The first and the last day; one where they are the same; empty: none."""
    if days is None:
        return ""
    first, last = (formats.day(each, locale) for each in days)
    return first if first == last else f"{first} – {last}"


def titles(lines: Iterable[LineItem]) -> str:
    return ", ".join([line.title for line in lines])


def paid_back(facts: Facts, *reasons: RefundReason) -> dict[str, int]:
    """Pieces that were paid back for any of these reasons, by their line."""
    pieces: dict[str, int] = {}
    for refund in facts.refunds:
        for line in refund.lines if refund.reason in reasons else ():
            pieces[line.line_id] = pieces.get(line.line_id, 0) + line.quantity
    return pieces


def still_wanted(line: LineItem, back: dict[str, int]) -> int:
    """Pieces of a line that are not paid back. Some shops take such pieces off the order, others leave them on."""
    taken_off = max(line.ordered_quantity - line.quantity, 0)
    return line.quantity - min(max(back.get(line.id, 0) - taken_off, 0), line.quantity)


def _to_come(facts: Facts, order: Order, groups: dict[str, list[Parcel]]) -> list[LineItem]:
    """Lines that are in no parcel yet; none when parcels list no lines."""
    parcels = [parcel for group in groups.values() for parcel in group]
    if any(not parcel.lines for parcel in parcels):
        return []
    left: dict[str, int] = {}
    for line in (line for parcel in parcels for line in parcel.lines):
        left[line.line_id] = left.get(line.line_id, 0) + line.quantity
    goods, back = (line for line in order.lines if line.kind is LineKind.PHYSICAL), paid_back(facts, *RefundReason)
    waiting = (line for line in goods if left.get(line.id, 0) < still_wanted(line, back))
    return [line for line in waiting if not goes_along(line, order, left)]
