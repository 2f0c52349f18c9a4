"""What marketers edit: the schema of `sequences/*.yaml`. `catalog.py` reads it and names what is wrong, by line."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from schedules.codes import NO_CODE, CodePolicy, SegmentCode, StepCodes
from schedules.offers import OfferPolicy
from schedules.segments import Segment
from schedules.shop import Role
from schedules.values import Value
from schedules.words import Duration, Hour, refused


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

    def late_from(self, aim: datetime) -> datetime:
        """When a mail that was to go at `aim` counts as late: `latest` counts from the same moment as `send`."""
        return aim - self.send + self.latest


class Cards(Value):
    """How many products a mail shows at most, and how many are aimed at."""

    aim: int = Field(ge=0, le=3)
    most: int = Field(ge=0, le=3)

    @model_validator(mode="after")
    def _is_a_range(self) -> "Cards":
        if self.aim > self.most:
            raise refused("aim is more than most", "Let aim be at most most.", "aim")
        return self


class Step(Value):
    """One mail of the sequence."""

    template: str = Field(pattern=r"^[a-z_]+$")
    enabled: bool = Field(default=True, description="false: nobody gets this mail")
    replace: Timing
    companion: Timing | None = Field(default=None, description="missing: this step has no companion form")
    always_marketing: bool = Field(default=False, description="marketing in law whatever its role")
    cards: dict[Role, Cards] = Field(default_factory=dict)
    code: StepCodes = Field(default_factory=dict, description="segment -> its code; missing: none")

    def timing(self, role: Role) -> Timing:
        return self.companion if role is Role.COMPANION and self.companion else self.replace

    def stream(self, role: Role) -> Literal["transactional", "marketing"]:
        return "marketing" if self.always_marketing or role is Role.COMPANION else "transactional"

    def code_for(self, segment: Segment) -> SegmentCode:
        """What this mail gives to a segment."""
        return self.code.get(segment, NO_CODE)


class Cap(Value):
    most: int = Field(ge=0)
    within: Duration


class Caps(Value):
    """Per person, over all orders of a shop."""

    marketing_mails: Cap = Cap(most=1, within=timedelta(days=7))
    offer_panels: Cap = Cap(most=3, within=timedelta(days=30))


STEPS = ("confirmation", "shipping", "follow_up", "replenishment")
"""In this order; the last is optional."""
TEMPLATES = dict(zip(STEPS, ("order_confirmation", "shipping_confirmation", "follow_up", "replenishment"), strict=True))
"""The folder that a step's mail is made of is part of what the step is."""
COUNTED_FROM = {
    ("confirmation", Role.REPLACE): Anchor.ORDER,
    ("confirmation", Role.COMPANION): Anchor.ORDER,
    ("shipping", Role.REPLACE): Anchor.SHIPPED,
    ("shipping", Role.COMPANION): Anchor.ORDER,
    ("follow_up", Role.REPLACE): Anchor.DELIVERED,
    ("follow_up", Role.COMPANION): Anchor.DELIVERED,
    ("replenishment", Role.REPLACE): Anchor.DELIVERED,
    ("replenishment", Role.COMPANION): Anchor.DELIVERED,
}
"""What the delays of a step count from is part of what the step is; the file says it for the reader."""
FURTHEST_COMBINED = timedelta(days=14)
"""Orders of one person are looked at together no further apart than this, whatever `combine_orders_within` says."""
ASSUME_DELIVERED_AFTER = timedelta(days=10)
"""Where no carrier tells, and no sequence says otherwise, a parcel counts as arrived this long after it left."""


class Sequence(Value):
    """The whole of it. `steps` in the order confirmation, shipping, follow_up; replenishment may come after them."""

    name: str
    quiet_hours: Hours
    caps: Caps = Caps()
    code: CodePolicy = CodePolicy()
    offers: OfferPolicy = OfferPolicy()
    wait_for_hold: Duration = timedelta(minutes=60)
    wait_for_trouble: Duration = timedelta(days=45)
    assume_delivered_after: Duration = ASSUME_DELIVERED_AFTER
    rest_after_trouble: Duration = timedelta(days=30)
    combine_orders_within: Duration = FURTHEST_COMBINED
    steps: dict[str, Step]

    @model_validator(mode="after")
    def _has_the_three(self) -> "Sequence":
        if tuple(self.steps) not in (STEPS, STEPS[:-1]):
            remedy = "Write confirmation, shipping and follow_up, in this order; replenishment may follow them."
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
