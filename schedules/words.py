"""Delays, times of day and refusals in the words of `sequences/*.yaml`."""

import re
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

UNITS = {"minute": 1, "hour": 60, "day": 60 * 24, "week": 60 * 24 * 7}
DURATION = re.compile(r"(\d{1,7}(?:\.\d+)?) *(minute|hour|day|week)s?", re.ASCII | re.IGNORECASE)
HOUR = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
LONGEST = timedelta(days=365)


def refused(problem: str, remedy: str, at: str = "") -> PydanticCustomError:
    """A setting that is refused, with what to do about it. `at`: where below the checked part, dotted."""
    return PydanticCustomError("setting", "{problem}", {"problem": problem, "remedy": remedy, "at": at})


def parse_duration(words: Any) -> timedelta:
    """A delay in words, up to a year: `2 minutes`, `36 hours`, `9 days`.

    Raises:
        PydanticCustomError: it is none; it says how to write one.
    """
    if isinstance(words, timedelta):
        return words
    found = DURATION.fullmatch(str(words).strip())
    if found is None:
        remedy = "Write a number and minutes, hours, days or weeks, like '36 hours' or '9 days'."
        raise refused(f"'{words}' is not a delay", remedy)
    delay = timedelta(minutes=float(found[1]) * UNITS[found[2].lower()])
    if delay > LONGEST:
        raise refused(f"'{words}' is longer than a year", "Write a shorter delay.")
    return delay


def parse_hour(words: Any) -> time:
    """A time of day: `9:00`, `21:30`.

    Raises:
        PydanticCustomError: it is none; it says how to write one.
    """
    if isinstance(words, time):
        return words
    found = HOUR.fullmatch(str(words).strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise refused(f"'{words}' is not a time of day", "Write hours and minutes, from 0:00 to 23:59, like '9:00'.")
    return time(int(found[1]), int(found[2]))


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Hour = Annotated[time, BeforeValidator(parse_hour)]
