"""Stored bodies read by their platforms."""

from worker.errors import UnreadableEventError
from worker.platforms.port import Reading
from worker.platforms.registry import PLATFORMS
from worker.store.models import InboundEvent, Source


def read_event(event: InboundEvent, source: Source) -> Reading:
    """What the platform's adapter makes of a stored body.

    Raises:
        UnreadableEventError: the body is not what its topic says, or was purged.
    """
    if event.body is None:
        raise UnreadableEventError("its body was purged")
    return PLATFORMS[event.kind].read(
        topic=event.topic,
        body=event.body,
        headers=event.headers,
        received_at=event.received_at,
        options=source.options,
    )
