"""What a shop platform is to intake and planning: a verifier, a namer and a reader of webhook bodies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from schedules.events import Event

LONGEST_NAME = 200
"""Names longer than this no database could index."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How one webhook delivery is named. `dedupe_key` is equal for redeliveries of one event, unique per topic.

    Names that are too long are cut, or, where they tell events apart, replaced by their hash.
    """

    topic: str
    dedupe_key: str
    delivery_id: str = ""
    headers_to_keep: dict[str, str] = field(default_factory=dict)
    is_ping: bool = False  # the platform only tries the address: answered 200, nothing is stored

    def __post_init__(self) -> None:
        if len(self.dedupe_key) > LONGEST_NAME:
            object.__setattr__(self, "dedupe_key", sha256(self.dedupe_key.encode()).hexdigest())
        object.__setattr__(self, "topic", self.topic[:LONGEST_NAME])
        object.__setattr__(self, "delivery_id", self.delivery_id[:LONGEST_NAME])


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a body says. Without events it is ignored, and `note` says why.

    `is_for_people`: somebody must do what `note` says.
    """

    events: tuple[Event, ...] = ()
    order_ref: str | None = None
    note: str = ""
    is_for_people: bool = False


class Platform(Protocol):
    """One kind of source. Stateless; headers come with lower-case names."""

    kind: str

    def verify(self, *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        """Whether one of the secrets signed these raw bytes. Constant time. `now` is real time."""
        ...

    def identify(self, *, headers: Mapping[str, str], body: bytes) -> Delivery: ...

    def check(self, body: bytes) -> str | None:
        """The sentence of a 422 for a body that its sender should mend; None: store it."""
        ...

    def is_known(self, topic: str) -> bool:
        """Whether `read` has something to say of such bodies, be it only why they are ignored."""
        ...

    def read(
        self,
        *,
        topic: str,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        options: Mapping[str, Any],
    ) -> Reading:
        """Neutral events.

        Raises:
            UnreadableEventError: the body is not what its topic says; nothing else is ever raised.
        """
        ...
