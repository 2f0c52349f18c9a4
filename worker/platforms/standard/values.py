"""What the fields of the `standard` form may hold."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field

from schedules.facts import Address, Gift, PickupPoint
from worker.platforms.bodies import BIGGEST, FINEST, LONGEST_ID, MOST, YEARS


def _of_our_time(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"its year is not in {YEARS.start}–{YEARS.stop - 1}")
    return at


Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Reference = Annotated[Id | None, BeforeValidator(lambda value: None if value == "" else value)]
"""An id that may be absent, or empty."""
Name = Annotated[str, Field(max_length=LONGEST_ID)]
Amount = Annotated[Decimal, Field(ge=0, lt=BIGGEST, decimal_places=-FINEST)]
Email = Annotated[str, Field(max_length=320, description="RFC 5321: 64 before the @, 255 behind it")]
Count = Annotated[int, Field(ge=0, le=MOST)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Url = Annotated[str, Field(pattern=r"^(https?://.+)?$", description="empty: none")]


class Place(Address):
    """An address; more than we print may be told."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    country: str = Field(default="", pattern=r"^([A-Za-z]{2})?$", description="ISO 3166-1 alpha-2; empty: unknown")


class Collection(PickupPoint):
    model_config = ConfigDict(extra="ignore")
    address: Place = Place()


class Present(Gift):
    model_config = ConfigDict(extra="ignore")
