"""The inbox's queries: store once, claim, finish. Claims run on the database's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from worker.store.bulk import insert_new
from worker.store.many import once, rows_of
from worker.store.models import InboundEvent
from worker.store.session import database_clock, database_now
from worker.store.types import new_id

LEASE = timedelta(seconds=60)
"""Of a first claim; each further one lasts twice as long, so that a storm of crashes passes before the last."""
LONGEST_LEASES = 32
MAX_CLAIMS = 8
"""An event whose planning died this often without an outcome ends as failed."""

_STORED = InboundEvent.state == literal_column("'stored'")


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """A verified webhook, about to be stored. `note` set: it is stored as ignored, for this reason."""

    shop_id: UUID
    source_id: UUID
    kind: str
    topic: str
    dedupe_key: str
    delivery_id: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    id: UUID = field(default_factory=new_id)


def store_events(session: Session, events: Sequence[NewEvent]) -> set[UUID]:
    """Stores those not known yet; the ids of the rows that were really made."""
    # In one order everywhere, so that two groups with events in common never wait for each other.
    in_order = sorted(events, key=lambda event: (event.source_id, event.topic, event.dedupe_key))
    return insert_new(session, InboundEvent, [_row(event) for event in in_order])


def _row(event: NewEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "shop_id": event.shop_id,
        "source_id": event.source_id,
        "kind": event.kind,
        "topic": event.topic,
        "dedupe_key": event.dedupe_key,
        "delivery_id": event.delivery_id,
        "headers": dict(event.headers),
        "body": event.body,
        "received_at": event.received_at,
        "state": "ignored" if event.note else "stored",
        "note": event.note,
        "handled_at": event.received_at if event.note else None,
        "claims": 0,
    }


def claim_event(session: Session, event_id: UUID) -> int | None:
    """Takes a stored event until the lease ends; the number of this claim, or None when somebody has it or had it."""
    now = database_now(session)
    free = or_(InboundEvent.claimed_until.is_(None), InboundEvent.claimed_until < now)
    claim = (
        update(InboundEvent)
        .where(InboundEvent.id == event_id, _STORED, free)
        .values(claims=InboundEvent.claims + 1, claimed_until=now + LEASE)
        .returning(InboundEvent.claims)
    )
    claims = session.scalar(claim)
    if claims is not None and claims > 1:
        longer = now + LEASE * min(2 ** (claims - 1), LONGEST_LEASES)
        session.execute(update(InboundEvent).where(InboundEvent.id == event_id).values(claimed_until=longer))
    return claims


def forgive_claim(session: Session, event_id: UUID) -> None:
    """The last claim ended through no fault of the event's: it does not count. Its lease stays."""
    mine = update(InboundEvent).where(InboundEvent.id == event_id, _STORED, InboundEvent.claims > 0)
    session.execute(mine.values(claims=InboundEvent.claims - 1))


def lock_event(session: Session, event_id: UUID) -> InboundEvent | None:
    """The event, locked until the unit ends, if it still waits to be planned."""
    return session.scalars(select(InboundEvent).where(InboundEvent.id == event_id, _STORED).with_for_update()).first()


def finish_event(event: InboundEvent, state: str, *, note: str, now: datetime) -> None:
    """Marks a locked event `planned`, `ignored` or `failed`."""
    event.state, event.note, event.handled_at, event.claimed_until = state, note, now, None


def waiting_events(session: Session, limit: int) -> list[UUID]:
    """Stored events that nobody has claimed, oldest first: what a lost hint left behind."""
    return list(rows_of(session, _waiting(session), {"most": limit}).scalars())


@once
def _waiting(session: Session) -> Select[UUID]:
    free = or_(InboundEvent.claimed_until.is_(None), InboundEvent.claimed_until < database_clock(session))
    oldest = select(InboundEvent.id).where(_STORED, free).order_by(InboundEvent.received_at)
    return oldest.limit(bindparam("most", type_=Integer()))


def count_stored(session: Session) -> int:
    """How many events wait to be planned."""
    return session.scalar(select(func.count()).select_from(InboundEvent).where(_STORED)) or 0


def reopen_events(session: Session, event_ids: Sequence[UUID]) -> int:
    """Puts handled events back to `stored`, with their claims forgotten; those whose body was purged stay."""
    reopened = (
        update(InboundEvent)
        .where(InboundEvent.id.in_(event_ids), InboundEvent.body.is_not(None))
        .values(state="stored", claims=0, claimed_until=None, handled_at=None)
        .returning(InboundEvent.id)
    )
    return len(session.scalars(reopened).all())


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which stored events: those that match everything given. `after`: those that came after the event of this id."""

    shop_id: UUID | None = None
    states: Sequence[str] | None = None
    since: datetime | None = None
    after: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        told: list[ColumnElement[bool]] = []
        if self.shop_id is not None:
            told.append(InboundEvent.shop_id == self.shop_id)
        if self.states is not None:
            told.append(InboundEvent.state.in_(self.states))
        if self.since is not None:
            told.append(InboundEvent.received_at >= self.since)
        if self.after is not None:
            told.append(InboundEvent.id > self.after)
        return told


def count_chosen(session: Session, choice: Choice) -> int:
    return session.scalar(select(func.count()).select_from(InboundEvent).where(*choice.conditions())) or 0


def last_chosen(session: Session, choice: Choice) -> UUID | None:
    """The newest of them."""
    newest = select(InboundEvent.id).where(*choice.conditions()).order_by(InboundEvent.id.desc())
    return session.scalar(newest.limit(1))


def chosen_until(session: Session, choice: Choice, last: UUID, limit: int) -> Sequence[InboundEvent]:
    """The first of them up to the last, in the order of their ids, which is that in which they came."""
    page = select(InboundEvent).where(*choice.conditions(), InboundEvent.id <= last)
    return session.scalars(page.order_by(InboundEvent.id).limit(limit)).all()
