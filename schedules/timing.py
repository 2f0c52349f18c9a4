"""Delays in words, and local time: parcel days, daytime, quiet hours. Safe over daylight saving and far zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.sequence import Hours

DAY = timedelta(days=1)
NONE = timedelta(0)


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """How long to wait after so many failures: twice as long after each, up to the longest."""
    wait: timedelta = first * 2 ** min(times, 16)  # more doublings than any wait has room for
    return min(longest, wait)


def in_words(delay: timedelta) -> str:
    """A delay as people say it: 2 minutes, 36 hours, 9 days."""
    minutes = int(delay.total_seconds() // 60)
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length and minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}" + ("s" if count != 1 else "")
    return f"{minutes} minute" + ("s" if minutes != 1 else "")


def zone(name: str, fallback: str = "UTC") -> ZoneInfo:
    """The IANA zone; the fallback when the name is empty or unknown, and UTC when that is too."""
    for each in (name, fallback):
        try:
            return ZoneInfo(each)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, like "America"
            continue
    return ZoneInfo("UTC")


def local_day(moment: datetime, timezone: ZoneInfo) -> str:
    """The calendar day in a zone, as an ISO date."""
    return moment.astimezone(timezone).date().isoformat()


def at_local(moment: datetime, wall: time, timezone: ZoneInfo, *, days: int = 0) -> datetime:
    """The instant of a wall time on the moment's local day, in UTC.

    A wall time that a clock change leaves out becomes the instant just as far after the change (PEP 495, fold 0).
    """
    day = moment.astimezone(timezone).date() + timedelta(days=days)
    return datetime.combine(day, wall, tzinfo=timezone).astimezone(UTC)


def is_within(moment: datetime, hours: Hours, timezone: ZoneInfo) -> bool:
    """Whether the local time of day lies in [start, end), over midnight if start is after end."""
    return hours.contains(moment.astimezone(timezone).time())


def past_the_hour(moment: datetime, timezone: ZoneInfo) -> timedelta:
    """Minutes and seconds since the local hour began: by those of its order, what waits for a morning is spread.

    Else all of a night's mails would leave at the top of an hour, when providers are busiest (SendGrid's advice).
    """
    wall = moment.astimezone(timezone)
    return timedelta(minutes=wall.minute, seconds=wall.second)


def next_within(moment: datetime, hours: Hours, timezone: ZoneInfo, spread: timedelta = NONE) -> datetime:
    """The moment itself if its local time lies in the hours, else when they begin next, and as much later as `spread`.

    Hours that are shorter than that begin on time.
    """
    if is_within(moment, hours, timezone):
        return moment
    begins = _next_at(moment, hours.start, timezone)
    return begins + spread if is_within(begins + spread, hours, timezone) else begins


def next_outside(moment: datetime, hours: Hours, timezone: ZoneInfo, spread: timedelta = NONE) -> datetime:
    """The moment itself if its local time lies outside the hours, else when they end next, and `spread` later."""
    if not is_within(moment, hours, timezone):
        return moment
    ends = _next_at(moment, hours.end, timezone)
    return ends if is_within(ends + spread, hours, timezone) else ends + spread


def next_polite(
    moment: datetime, daytime: Hours | None, quiet: Hours, timezone: ZoneInfo, spread: timedelta = NONE
) -> datetime:
    """The first moment from this one on that lies in the daytime, if there is one, and outside the quiet hours.

    `spread`: under an hour; what has to wait leaves so long after the hours that it waits for begin.
    """
    for _ in range(3):  # each may push into the other once
        before = moment
        moment = next_outside(moment, quiet, timezone, spread)
        moment = next_within(moment, daytime, timezone, spread) if daytime else moment
        if moment == before:
            break
    return moment


def near_hour(moment: datetime, ordered: datetime, hours: Hours, timezone: ZoneInfo) -> datetime:
    """On the moment's local day, the wall time at which the order was placed, kept inside the hours.

    What was ordered outside of them goes in their first or last hour, by the minute of the order.
    """
    wall = ordered.astimezone(timezone).time().replace(second=0, microsecond=0)
    first, end = datetime.combine(date.min + DAY, hours.start), datetime.combine(date.min + DAY, hours.end)
    last, minutes = end - timedelta(minutes=1), timedelta(minutes=wall.minute)
    if wall < hours.start:
        wall = (first + minutes if first + minutes < end else first).time()
    elif wall > last.time():
        wall = (last - minutes if last - minutes >= first else last).time()
    return at_local(moment, wall, timezone)


def _next_at(moment: datetime, wall: time, timezone: ZoneInfo) -> datetime:
    today = at_local(moment, wall, timezone)
    return today if today >= moment else at_local(moment, wall, timezone, days=1)
