"""What the planner reads and writes: the messages that exist, and the changes that it asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schedules import reasons
from schedules.lifecycle import RETURNED, State
from schedules.shop import Role

Stream = Literal["transactional", "marketing"]


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """A message that exists, as the planner sees it.

    `held_by`: `pause` when a pause keeps it, which is not the planner's to release. `sent_at`: when it really went out;
    None: not known, then `send_at` counts. `knew`: ids of the parcels that it told of, `showed`: the order's
    version that it told of; None: not kept.
    `is_elsewhere`: it is for another address than the order has now. `is_by_hand`: a person wanted it sent now.
    """

    step: str
    parcel_group: str
    occurrence: int
    state: State
    role: Role
    stream: str
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str = ""
    held_by: str = "plan"
    sent_at: datetime | None = None
    knew: frozenset[str] | None = None
    showed: datetime | None = None
    is_elsewhere: bool = False
    is_by_hand: bool = False

    @property
    def never_came(self) -> bool:
        """Whether it reached nobody at an address that was corrected since."""
        return self.is_elsewhere and (self.state in RETURNED or self.reason == reasons.NEVER_AGAIN)

    @property
    def keeps_its_time(self) -> bool:
        """Whether it goes when a person said, and not the plan. What the plan has held goes by the plan again."""
        return self.is_by_hand and (self.state is State.SCHEDULED or self.held_by == "pause")

    @property
    def key(self) -> tuple[str, str]:
        return self.step, self.parcel_group


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    step: str
    parcel_group: str
    occurrence: int
    state: State
    role: Role
    stream: Stream
    template: str
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Move:
    step: str
    parcel_group: str
    occurrence: int
    send_at: datetime
    aim_at: datetime
    offer_until: datetime | None
    expires_at: datetime
    reason: str


@dataclass(frozen=True)
class Cancel:
    step: str
    parcel_group: str
    occurrence: int
    reason: str


class Hold(Cancel):
    """Keeps a scheduled message until the reason is gone."""


class Release(Cancel):
    """Lets a held message go on."""


Change = NewMessage | Move | Cancel


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to change.

    `unsent`: step -> why nothing is planned for it; `all` speaks for the whole order, and `shipping 2026-05-14` for one
    parcel day of a step that has other messages.
    """

    schedule: tuple[NewMessage, ...] = ()
    move: tuple[Move, ...] = ()
    hold: tuple[Hold, ...] = ()
    release: tuple[Release, ...] = ()
    cancel: tuple[Cancel, ...] = ()
    unsent: dict[str, str]

    @property
    def is_empty(self) -> bool:
        return not (self.schedule or self.move or self.hold or self.release or self.cancel)
