"""Local time: parcel days, daytime near the hour of the order, quiet hours. Safe over daylight saving and far zones."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.sequence import Hours

DAY = timedelta(days=1)


def zone(name: str, fallback: str = "UTC") -> ZoneInfo:
    """The IANA zone; the fallback when the name is empty or unknown."""
    try:
        return ZoneInfo(name or fallback)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(fallback)


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
    now = moment.astimezone(timezone).time()
    if hours.start <= hours.end:
        return hours.start <= now < hours.end
    return now >= hours.start or now < hours.end


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


def near_hour(moment: datetime, ordered: datetime, hours: Hours, timezone: ZoneInfo) -> datetime:
    """On the moment's local day, the wall time at which the order was placed, kept inside the hours."""
    wall = ordered.astimezone(timezone).time().replace(second=0, microsecond=0)
    last = (datetime.combine(moment, hours.end) - timedelta(minutes=1)).time()
    return at_local(moment, min(max(wall, hours.start), last), timezone)


def _next_at(moment: datetime, wall: time, timezone: ZoneInfo) -> datetime:
    today = at_local(moment, wall, timezone)
    return today if today >= moment else at_local(moment, wall, timezone, days=1)
