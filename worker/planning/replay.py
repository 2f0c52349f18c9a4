"""Stored events run again, for example after a fix: facts merge to the same, and old events start nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from worker.bootstrap import Installation
from worker.errors import UnreadableEventError
from worker.planning.reading import read_event
from worker.planning.service import plan_event
from worker.store.events import Choice, chosen_until, last_chosen, reopen_events
from worker.store.models import InboundEvent, Source

AT_ONCE = 50
"""Events whose bodies are in memory together; one may have megabytes."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One event and what came, or would come, of it: planned, ignored, failed, or purged (its body is gone)."""

    event_id: UUID
    topic: str
    before: str
    after: str
    note: str


def replay(
    installation: Installation, choice: Choice | None = None, *, dry_run: bool = False, at_once: int = AT_ONCE
) -> Iterator[Replayed]:
    """Plans the chosen events once more, all by default, in the order they came; tells of each as it is done.

    It holds `at_once` bodies in memory, and leaves out what comes while it runs. `dry_run` only reads the bodies and
    changes nothing. What breaks off is gone on with by `Choice.after` the last that was told of.
    """
    choice = choice or Choice()
    with installation.database.read() as session:
        last = last_chosen(session, choice)
    while last is not None:
        with installation.database.read() as session:
            page = chosen_until(session, choice, last, at_once)
        for event in page:
            yield _rehearse(installation, event) if dry_run else _run(installation, event)
        if len(page) < at_once:
            return
        choice = replace(choice, after=page[-1].id)


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
