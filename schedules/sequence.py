"""What marketers edit: the schema of `sequences/*.yaml`. `catalog.py` reads it and names what is wrong, by line."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schedules.facts import Value
from schedules.shop import Role

UNITS = {"minute": 1, "hour": 60, "day": 60 * 24, "week": 60 * 24 * 7}
DURATION = re.compile(r"(\d{1,7}(?:\.\d+)?) *(minute|hour|day|week)s?", re.ASCII)
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
    delay = timedelta(minutes=float(found[1]) * UNITS[found[2]])
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


class Anchor(StrEnum):
    """What a delay counts from."""

    ORDER = "order"  # the moment it was accepted: paid, authorised, or paid later by agreement
    SHIPPED = "shipped"  # the parcel left, or is ready to collect
    DELIVERED = "delivered"  # the last parcel arrived


class Hours(Value):
    """A span of local time of day; `start` may lie after `end` (over midnight)."""

    start: Hour
    end: Hour

    @model_validator(mode="after")
    def _is_a_span(self) -> "Hours":
        if self.start == self.end:
            raise refused("start and end are the same hour", "Write two different hours.")
        return self

    def contains(self, wall: time) -> bool:
        """Whether a time of day lies in [start, end), over midnight if start is after end."""
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


class Timing(Value):
    """When a step's mail goes, for one role. All delays count from `counts_from`."""

    counts_from: Anchor
    send: Duration
    earliest: Duration = timedelta(0)
    latest: Duration
    give_up: Duration = Field(description="after this it is not sent any more")
    offer_until: Duration | None = Field(default=None, description="after this it goes without its offer")
    daytime: Hours | None = Field(default=None, description="local hours in which it may go; None: any hour")

    @model_validator(mode="after")
    def _is_ordered(self) -> "Timing":
        if not self.earliest <= self.send <= self.latest:
            raise refused(
                "send lies outside its window", "Let earliest be at most send, and send at most latest.", "send"
            )
        if self.give_up < self.latest:
            raise refused(
                "give_up comes before latest", "Write a give_up that is at least as long as latest.", "give_up"
            )
        if self.offer_until is not None and self.offer_until > self.give_up:
            raise refused(
                "offer_until comes after give_up", "Write an offer_until that is at most give_up.", "offer_until"
            )
        if self.daytime is not None and self.daytime.start > self.daytime.end:
            raise refused(
                "daytime ends before it starts", "Write the earlier hour as start, like 9:00 to 20:00.", "daytime"
            )
        return self


class Cards(Value):
    """How many products a mail shows at most, and how many are aimed at."""

    aim: int = Field(ge=0, le=3)
    most: int = Field(ge=0, le=3)

    @model_validator(mode="after")
    def _is_a_range(self) -> "Cards":
        if self.aim > self.most:
            raise refused("aim is more than most", "Let aim be at most most.", "aim")
        return self


class CodeUse(StrEnum):
    NONE = "none"
    FIRST_TIME = "first_time"  # issued to first-time customers
    REUSE = "reuse"  # the one issued before, if it is unused


class Step(Value):
    """One mail of the sequence."""

    template: str = Field(pattern=r"^[a-z_]+$")
    replace: Timing
    companion: Timing | None = Field(default=None, description="missing: this step has no companion form")
    always_marketing: bool = Field(default=False, description="marketing in law whatever its role")
    cards: dict[Role, Cards] = Field(default_factory=dict)
    code: CodeUse = CodeUse.NONE

    def timing(self, role: Role) -> Timing:
        return self.companion if role is Role.COMPANION and self.companion else self.replace

    def stream(self, role: Role) -> Literal["transactional", "marketing"]:
        return "marketing" if self.always_marketing or role is Role.COMPANION else "transactional"


class CodePolicy(Value):
    """The one discount code of an order."""

    kind: Literal["percent", "amount", "free_shipping"] = "percent"
    value: Decimal = Field(default=Decimal(10), ge=0)
    valid_after_follow_up: Duration = timedelta(days=7)
    rest: Duration = Field(default=timedelta(days=60), description="no new code for a customer this long after one")

    @model_validator(mode="after")
    def _is_a_share(self) -> "CodePolicy":
        if self.kind == "percent" and self.value > 100:
            raise refused(f"{self.value} percent is more than the price", "Write at most 100.", "value")
        return self


class Cap(Value):
    most: int = Field(ge=0)
    within: Duration


class Caps(Value):
    """Per person, over all orders of a shop."""

    marketing_mails: Cap = Cap(most=1, within=timedelta(days=7))
    offer_panels: Cap = Cap(most=3, within=timedelta(days=30))


COUNTED_FROM = {
    ("confirmation", Role.REPLACE): Anchor.ORDER,
    ("confirmation", Role.COMPANION): Anchor.ORDER,
    ("shipping", Role.REPLACE): Anchor.SHIPPED,
    ("shipping", Role.COMPANION): Anchor.ORDER,
    ("follow_up", Role.REPLACE): Anchor.DELIVERED,
    ("follow_up", Role.COMPANION): Anchor.DELIVERED,
}
"""What the delays of a step count from is part of what the step is; the file says it for the reader."""


class Sequence(Value):
    """The whole of it. `steps` in the order confirmation, shipping, follow_up."""

    name: str
    quiet_hours: Hours
    caps: Caps = Caps()
    code: CodePolicy = CodePolicy()
    wait_for_hold: Duration = timedelta(minutes=60)
    wait_for_trouble: Duration = timedelta(days=45)
    assume_delivered_after: Duration = timedelta(days=10)
    rest_after_trouble: Duration = timedelta(days=30)
    combine_orders_within: Duration = timedelta(days=14)
    steps: dict[str, Step]

    @model_validator(mode="after")
    def _has_the_three(self) -> "Sequence":
        if tuple(self.steps) != ("confirmation", "shipping", "follow_up"):
            remedy = "Write exactly confirmation, shipping and follow_up, in this order."
            raise refused(f"the steps are {', '.join(self.steps) or 'none'}", remedy, "steps")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "Sequence":
        for name, role, timing in self._timings():
            right, place = COUNTED_FROM[name, role], f"steps.{name}.{role.value}"
            if timing.counts_from is not right:
                problem = f"this timing cannot count from {timing.counts_from.value}"
                raise refused(problem, f"Write counts_from: {right.value}.", f"{place}.counts_from")
            if timing.daytime is not None and not self._has_free_minute(timing.daytime):
                problem = "it lies wholly in the quiet hours, so nothing would ever be sent"
                raise refused(problem, "Change daytime or quiet_hours.", f"{place}.daytime")
        return self

    def _timings(self) -> list[tuple[str, Role, Timing]]:
        both = [(name, role, step) for name, step in self.steps.items() for role in (Role.REPLACE, Role.COMPANION)]
        return [(name, role, step.timing(role)) for name, role, step in both if role is Role.REPLACE or step.companion]

    def _has_free_minute(self, hours: Hours) -> bool:
        minute, end = (datetime.combine(date.min, each) for each in (hours.start, hours.end))
        while minute < end:
            if not self.quiet_hours.contains(minute.time()):
                return True
            minute += timedelta(minutes=1)
        return False
