"""What one transaction of planning works with."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.sequence import Sequence
from schedules.shop import ShopProfile
from worker.store.content import newest_sequence
from worker.store.models import Shop
from worker.store.settling import settle
from worker.store.shops import first_connected_at, profile_of


@dataclass(frozen=True)
class Unit:
    """One transaction over one shop. `now` is business time."""

    session: Session
    shop: Shop
    source_id: UUID | None
    now: datetime

    @classmethod
    def begin(cls, session: Session, shop_id: UUID, source_id: UUID | None, now: datetime) -> "Unit":
        """One that writes: whoever changes the shop's settings or content waits for its end."""
        settle(session, shop_id)
        return cls(session, session.get_one(Shop, shop_id, populate_existing=True), source_id, now)

    @cached_property
    def connected_at(self) -> datetime | None:
        """When the shop was connected for the first time."""
        return first_connected_at(self.session, self.shop.id)

    @cached_property
    def published(self) -> tuple[int | None, Sequence]:
        """The newest sequence with its revision; None: the packaged one."""
        return newest_sequence(self.session, self.shop.id)

    @cached_property
    def own_products(self) -> set[str]:
        """Products that nobody else changes until it ends."""
        return set()

    @cached_property
    def profile(self) -> ShopProfile:
        return profile_of(self.shop)
