"""Delays in words, and local time: parcel days, daytime, quiet hours. Safe over daylight saving and far zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.sequence import Hours

DAY = timedelta(days=1)


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


def next_within(moment: datetime, hours: Hours, timezone: ZoneInfo) -> datetime:
    """The moment itself if its local time lies in the hours, else when they begin next."""
    if is_within(moment, hours, timezone):
        return moment
    return _next_at(moment, hours.start, timezone)


def next_outside(moment: datetime, hours: Hours, timezone: ZoneInfo) -> datetime:
    """The moment itself if its local time lies outside the hours, else when they end next."""
    if not is_within(moment, hours, timezone):
        return moment
    return _next_at(moment, hours.end, timezone)


def next_polite(moment: datetime, daytime: Hours | None, quiet: Hours, timezone: ZoneInfo) -> datetime:
    """The first moment from this one on that lies in the daytime, if there is one, and outside the quiet hours."""
    for _ in range(3):  # each may push into the other once
        moment = next_outside(moment, quiet, timezone)
        moment = next_within(moment, daytime, timezone) if daytime else moment
    return moment


def near_hour(moment: datetime, ordered: datetime, hours: Hours, timezone: ZoneInfo) -> datetime:
    """On the moment's local day, the wall time at which the order was placed, kept inside the hours."""
    wall = ordered.astimezone(timezone).time().replace(second=0, microsecond=0)
    last = (datetime.combine(date.min + DAY, hours.end) - timedelta(minutes=1)).time()
    return at_local(moment, min(max(wall, hours.start), last), timezone)


def _next_at(moment: datetime, wall: time, timezone: ZoneInfo) -> datetime:
    today = at_local(moment, wall, timezone)
    return today if today >= moment else at_local(moment, wall, timezone, days=1)
