"""What planning looks at, and what it asks for. Values alone; `wanted` says what follows from what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from schedules.facts import Facts, Order
from schedules.following import Sibling
from schedules.refills import Prospect
from schedules.sequence import Sequence
from schedules.shop import Role, ShopProfile
from schedules.timing import past_the_hour, zone

Key = tuple[str, str]
"""A step and a parcel group."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""By so much clocks may, and nobody need mind."""


@dataclass(frozen=True)
class Sent:
    """A mail that went out. `at`: when, or as of when it showed the order.

    `knew`: ids of the parcels that it told of; None: not kept, then its time tells.
    """

    at: datetime
    knew: frozenset[str] | None = None

    def told_of(self, name: str, at: datetime) -> bool:
        """Whether it told of this, which happened then.

        What it knew it told, also if the shop says later that it happened later; what it did not know it did not tell.
        """
        return at <= self.at if self.knew is None else name in self.knew


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that planning looks at. `sent`: the mails that went out."""

    now: datetime
    facts: Facts
    sequence: Sequence
    shop: ShopProfile
    hold: str | None = None
    imported: bool = False
    connected_at: datetime | None = None
    siblings: tuple[Sibling, ...] = ()
    prospect: Prospect = field(default_factory=Prospect)
    sent: Mapping[Key, Sent] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        assert self.facts.order is not None, "checked before"
        return self.facts.order

    @property
    def accepted_at(self) -> datetime:
        """When it became an order; a time that lies in the future, as clocks that are ahead write it, means now."""
        accepted = self.facts.accepted_at or self.order.placed_at
        is_ahead = not self.facts.was_open and accepted > self.now + CLOCKS_DIFFER
        return self.now if is_ahead else accepted

    @property
    def timezone(self) -> ZoneInfo:
        return zone(self.order.timezone, self.shop.timezone)

    @property
    def spread(self) -> timedelta:
        """How far into an hour a mail goes that waits for the morning."""
        return past_the_hour(self.order.placed_at, self.timezone)

    def told(self, step: str, prefix: str = "") -> list[Sent]:
        """The mails of a step, about groups that begin so, that went out."""
        return [mail for (name, group), mail in self.sent.items() if name == step and group.startswith(prefix)]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One message the facts ask for. `held`: why it must wait, if it must."""

    step: str
    parcel_group: str
    role: Role
    stream: Literal["transactional", "marketing"]
    template: str
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str
    held: str = ""

    @property
    def key(self) -> Key:
        return self.step, self.parcel_group


@dataclass
class Demand:
    """`reasons`: why there is no message; an empty group speaks for the step, the step `all` for the whole order."""

    messages: list[Wanted] = field(default_factory=list)
    reasons: dict[Key, str] = field(default_factory=dict)
