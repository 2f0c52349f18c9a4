"""What is asked of offers, and answered."""

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from schedules.facts import Facts
from schedules.offers import OfferPolicy
from schedules.records import record
from worker.personalisation.bought import leading_products
from worker.rendering.port import Offer


@record
class OfferRequest:
    """One mail that may carry an offer. `most`: cards at most; `hide_link`: product id -> "Not for me" URL.

    `language`: in which the reasons are written, that of the mail (empty: that of the order, else the shop's).
    `earlier`: the person's other orders, where the caller has read them already. `policy`: the sequence's; `now`:
    business time (None: nothing is due); `returns_ended`: the return window of the order has passed; `wants_sets`: the
    person gets whole sets first.
    """

    shop_id: UUID
    message_id: UUID
    address: str
    step: str
    facts: Facts
    most: int
    hide_link: Callable[[str], str]
    language: str = ""
    earlier: tuple[Facts, ...] | None = None
    policy: OfferPolicy = field(default_factory=OfferPolicy)
    timezone: str = "UTC"
    now: datetime | None = None
    returns_ended: bool = False
    wants_sets: bool = False

    @cached_property
    def leading(self) -> tuple[str, ...]:
        """Ids of what was just bought and may lead to an offer."""
        return leading_products(self.facts)


@record
class OfferDecision:
    """`why_not`: why there is no offer, for the timeline."""

    offer: Offer | None = None
    why_not: str = ""
