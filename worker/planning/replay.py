"""Stored events run again, for example after a fix: facts merge to the same, and old events start nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from worker.bootstrap import Installation
from worker.errors import UnreadableEventError
from worker.planning.service import plan_event, read_event
from worker.store.events import reopen_events, select_events
from worker.store.models import InboundEvent, Source


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One event and what came, or would come, of it: planned, ignored, failed, or purged (its body is gone)."""

    event_id: UUID
    topic: str
    before: str
    after: str
    note: str


def replay(
    installation: Installation,
    *,
    shop_id: UUID | None = None,
    ids: Sequence[UUID] | None = None,
    states: Sequence[str] | None = None,
    since: datetime | None = None,
    dry_run: bool = False,
    on_event: Callable[[Replayed], None] | None = None,
) -> list[Replayed]:
    """Plans every event that matches what is given once more, in the order they came.

    `dry_run` only reads the bodies and changes nothing. `on_event` is told of each as it is done.
    """
    with installation.database.read() as session:
        chosen = select_events(session, shop_id=shop_id, ids=ids, states=states, since=since)
    results = []
    for event in chosen:
        done = _rehearse(installation, event) if dry_run else _run(installation, event)
        results.append(done)
        if on_event is not None:
            on_event(done)
    return results


def _run(installation: Installation, event: InboundEvent) -> Replayed:
    with installation.database.write() as session:
        is_open = reopen_events(session, [event.id]) == 1
    if not is_open:
        return _result(event, "purged", "its body was purged")
    plan_event(installation, event.id)
    with installation.database.read() as session:
        now = session.get_one(InboundEvent, event.id)
        return _result(event, now.state, now.note)


def _rehearse(installation: Installation, event: InboundEvent) -> Replayed:
    if event.body is None:
        return _result(event, "purged", "its body was purged")
    with installation.database.read() as session:
        source = session.get_one(Source, event.source_id)
    try:
        reading = read_event(event, source)
    except UnreadableEventError as error:
        return _result(event, "failed", str(error))
    return _result(event, "planned" if reading.events else "ignored", reading.note)


def _result(event: InboundEvent, after: str, note: str) -> Replayed:
    return Replayed(event_id=event.id, topic=event.topic, before=event.state, after=after, note=note)
