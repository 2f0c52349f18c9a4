"""Who gets a discount code, in which mail, and what it may never do: the part of a sequence that marketers edit."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from schedules.offers import Named
from schedules.segments import Segment
from schedules.values import Value
from schedules.words import Duration, refused

CodeKind = Literal["percent", "amount", "free_shipping"]
WORDS = "none, reuse, standard, or a code of its own, like {kind: free_shipping}"


class CodeUse(StrEnum):
    NONE = "none"
    REUSE = "reuse"  # the order's own code again, if it is unused
    STANDARD = "standard"  # the code described at the top of the file
    OWN = "own"  # a code of another kind or value


class SegmentCode(Value):
    """What one mail gives to one segment. `kind` and `value` count where `use` is `own`."""

    use: CodeUse = CodeUse.NONE
    kind: CodeKind = "percent"
    value: Decimal = Field(default=Decimal(0), ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, given: Any) -> Any:
        if isinstance(given, dict) and given:
            return {"use": CodeUse.OWN, **given}
        if isinstance(given, str):
            if given not in (CodeUse.NONE, CodeUse.REUSE, CodeUse.STANDARD):
                raise refused(f"'{given}' is not a way to give a code", f"Write {WORDS}.")
            return {"use": given}
        return given

    @model_validator(mode="after")
    def _is_worth_something(self) -> "SegmentCode":
        if self.use is CodeUse.OWN:
            _check_worth(self.kind, self.value, least=True)
        return self

    @property
    def issues(self) -> bool:
        """Whether it makes a code where the order has none."""
        return self.use in (CodeUse.STANDARD, CodeUse.OWN)


NO_CODE = SegmentCode()


def _by_segment(given: Any) -> Any:
    """One word for everybody: `none`, `reuse`, or `first_time` (the standard code, for first-time customers alone)."""
    if not isinstance(given, str):
        return given
    if given == "first_time":
        return {Segment.FIRST_TIME: CodeUse.STANDARD.value}
    if given not in (CodeUse.NONE, CodeUse.REUSE):
        raise refused(f"'{given}' is not a way to give a code", "Write none, reuse, or a line for each segment.")
    return dict.fromkeys(Segment, given)


StepCodes = Annotated[dict[Segment, SegmentCode], BeforeValidator(_by_segment)]
"""What one mail gives to each segment."""


class NeverOn(Named):
    """What no code takes anything off."""


class CodePolicy(Value):
    """The standard code, and the rules of every code. `margin_floor` in percent of the price that is left."""

    kind: CodeKind = "percent"
    value: Decimal = Field(default=Decimal(10), ge=0)
    valid_after_follow_up: Duration = timedelta(days=7)
    rest: Duration = Field(default=timedelta(days=60), description="no new code for a customer this long after one")
    margin_floor: Decimal = Field(default=Decimal(20), ge=0, lt=100)
    never_on: NeverOn = NeverOn()

    @model_validator(mode="after")
    def _is_a_share(self) -> "CodePolicy":
        _check_worth(self.kind, self.value)
        return self

    def depth(self, code: SegmentCode) -> tuple[CodeKind, Decimal]:
        """Kind and value of what a segment gets, before the shop's ceiling."""
        return (code.kind, code.value) if code.use is CodeUse.OWN else (self.kind, self.value)


def _check_worth(kind: CodeKind, value: Decimal, *, least: bool = False) -> None:
    if kind == "percent" and value > 100:
        raise refused(f"{value} percent is more than the price", "Write at most 100.", "value")
    if least and kind != "free_shipping" and not value:
        raise refused("a code needs a value", "Write how much it takes off, like value: 10; or none.", "value")
