"""What marketers edit: the schema of `sequences/*.yaml`. `catalog.py` reads it and names what is wrong, by line."""

import re
from datetime import time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from schedules.facts import Value
from schedules.shop import Role

UNITS = {"minute": 1, "hour": 60, "day": 60 * 24, "week": 60 * 24 * 7}
DURATION = re.compile(r"(\d+(?:\.\d+)?) (minute|hour|day|week)s?")


def parse_duration(words: Any) -> timedelta:
    """A delay in words: `2 minutes`, `36 hours`, `9 days`.

    Raises:
        ValueError: it is none; the text says how to write one.
    """
    if isinstance(words, timedelta):
        return words
    found = DURATION.fullmatch(str(words).strip())
    if found is None:
        raise ValueError(f"'{words}' is not a delay: write a number and minutes, hours, days or weeks, like '9 days'")
    return timedelta(minutes=float(found[1]) * UNITS[found[2]])


def parse_hour(words: Any) -> time:
    """A time of day: `9:00`, `21:30`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(words, time):
        return words
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", str(words).strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"'{words}' is not a time of day: write hours and minutes in quotes, like '9:00'")
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
            raise ValueError("send must lie between earliest and latest")
        if self.give_up < self.latest:
            raise ValueError("give_up must not come before latest")
        return self


class Cards(Value):
    """How many products a mail shows at most, and how many are aimed at."""

    aim: int = Field(ge=0, le=3)
    most: int = Field(ge=0, le=3)


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


class Cap(Value):
    most: int = Field(ge=0)
    within: Duration


class Caps(Value):
    """Per person, over all orders of a shop."""

    marketing_mails: Cap = Cap(most=1, within=timedelta(days=7))
    offer_panels: Cap = Cap(most=3, within=timedelta(days=30))


class Sequence(Value):
    """The whole of it. `steps` in the order confirmation, shipping, follow_up."""

    name: str
    quiet_hours: Hours
    caps: Caps = Caps()
    code: CodePolicy = CodePolicy()
    wait_for_hold: Duration = timedelta(minutes=60)
    assume_delivered_after: Duration = timedelta(days=10)
    rest_after_trouble: Duration = timedelta(days=30)
    combine_orders_within: Duration = timedelta(days=14)
    steps: dict[str, Step]

    @model_validator(mode="after")
    def _has_the_three(self) -> "Sequence":
        if tuple(self.steps) != ("confirmation", "shipping", "follow_up"):
            raise ValueError("steps must be exactly confirmation, shipping and follow_up, in this order")
        return self
