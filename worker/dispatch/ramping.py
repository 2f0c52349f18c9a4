"""How much a new marketing stream has left of its day."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from schedules.ramp import daily_limit
from schedules.shop import ShopProfile
from schedules.timing import at_local, zone
from worker.store.models import Message

STARTED = (State.ATTEMPTING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.DROPPED)


SHARE_SENT = "the marketing sender is new and has sent its share of this day"


def is_ramping(profile: ShopProfile, stream: str, now: datetime) -> bool:
    """Whether a mail of this stream counts towards a day's share."""
    return stream == "marketing" and _limit(profile, now) is not None


def _limit(profile: ShopProfile, now: datetime) -> int | None:
    return daily_limit(profile.marketing.ramp_since, now.astimezone(zone(profile.timezone)).date())


@dataclass
class Ramps:
    """Counts for one unit. Other batches may take of the share meanwhile, unless the shops' rows are locked."""

    session: Session
    now: datetime
    _left: dict[UUID, int | None] = field(default_factory=dict)

    def resumes_at(self, shop_id: UUID, profile: ShopProfile) -> datetime | None:
        """When the shop's marketing may go on; None: now, and one mail of its day is taken."""
        if shop_id not in self._left:
            self._left[shop_id] = self._read(shop_id, profile)
        left = self._left[shop_id]
        if left is None:
            return None
        if left > 0:
            self._left[shop_id] = left - 1
            return None
        return at_local(self.now, time(), zone(profile.timezone), days=1)

    def _read(self, shop_id: UUID, profile: ShopProfile) -> int | None:
        limit = _limit(profile, self.now)
        if limit is None:
            return None
        midnight = at_local(self.now, time(), zone(profile.timezone)).astimezone(UTC)
        at = func.coalesce(Message.accepted_at, Message.updated_at, type_=Message.updated_at.type)
        mine = (Message.shop_id == shop_id, Message.stream == "marketing", Message.state.in_(STARTED), at >= midnight)
        return limit - (self.session.scalar(select(func.count()).select_from(Message).where(*mine)) or 0)
