"""Facts of parcels: what left, and what carriers report of it. As for `schedules.facts`, in neutral words."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import AwareDatetime, Field

from schedules.values import Stored


class ParcelState(StrEnum):
    OPEN = "open"  # being prepared
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TrackingStatus(StrEnum):
    """What carriers report, in the order a parcel usually goes through it."""

    LABEL_PRINTED = "label_printed"
    CONFIRMED = "confirmed"
    IN_TRANSIT = "in_transit"
    READY_FOR_PICKUP = "ready_for_pickup"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    EXCEPTION = "exception"
    DELIVERED = "delivered"


class ParcelLine(Stored):
    line_id: str
    quantity: int = Field(ge=0)


class Tracking(Stored):
    """One report of a carrier. `id` is the source's, so that the same report counts once."""

    id: str
    parcel_id: str = Field(description="empty: it is about all that had left by then")
    status: TrackingStatus
    at: AwareDatetime
    expected_on: date | None = None


class Box(Stored):
    """A further box of a parcel, with a number of its own."""

    tracking_number: str
    tracking_url: str = ""


WHOLE = "1"
"""The id of a parcel that its source does not name: all of the order is in it."""


class Parcel(Stored):
    """One fulfilment: a parcel, or a set of goods ready to collect."""

    id: str
    state: ParcelState
    shipped_at: AwareDatetime = Field(description="when it left; for pick-up: when it was made ready")
    is_sighting: bool = Field(
        default=False,
        description="`shipped_at` is when this version is seen to have left, or, cancelled, the sighting it takes back",
    )
    sightings: tuple[AwareDatetime, ...] = Field(default=(), description="of all versions; the earliest counts")
    taken_back_at: AwareDatetime | None = Field(default=None, description="no sighting until then counts any more")
    updated_at: AwareDatetime
    was_open: bool = Field(default=False, description="some version showed it being prepared")
    seen_shipped_at: AwareDatetime | None = Field(
        default=None, description="`updated_at` of the earliest version that shows it shipped"
    )
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    boxes: tuple[Box, ...] = Field(default=(), description="beside the one whose number the parcel has")
    lines: tuple[ParcelLine, ...] = ()
    is_pickup: bool = False
    tracking: tuple[Tracking, ...] = Field(default=(), description="sorted by time, then id")

    @property
    def left_at(self) -> datetime:
        """When it left; one that was being prepared for a while not before it was first seen to have."""
        if not self.was_open or self.seen_shipped_at is None:
            return self.shipped_at
        return max(self.shipped_at, self.seen_shipped_at)


class DeliverySource(StrEnum):
    """How a delivery time is known."""

    REPORTED = "reported"
    ESTIMATED = "estimated"
