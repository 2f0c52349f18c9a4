"""Events that providers told of messages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.store.models import DeliveryEvent, Message
from worker.store.session import insert_into
from worker.store.types import new_id


class Recipient(NamedTuple):
    """Whom a message is for. `address` is lower case; None once the person was erased."""

    message_id: UUID
    shop_id: UUID
    address: str | None
    stream: str
    step: str


class EventKey(NamedTuple):
    """What names an event: copies of one differ in everything else."""

    message_id: UUID
    attempt_id: UUID
    kind: str
    at: datetime


def keep_events(
    session: Session, events: Mapping[EventKey, Mapping[str, Any]], *, provider: str, received_at: datetime
) -> frozenset[EventKey]:
    """Keeps events with their details; those of them that were not known yet. `received_at` is database time."""
    if not events:
        return frozenset()
    once = insert_into(session, DeliveryEvent).on_conflict_do_nothing(index_elements=EventKey._fields)
    rows = [
        key._asdict() | {"id": new_id(), "provider": provider, "details": dict(details), "received_at": received_at}
        for key, details in events.items()
    ]
    columns = [getattr(DeliveryEvent, name) for name in EventKey._fields]
    return frozenset(EventKey(*row) for row in session.execute(once.returning(*columns), rows))


def events_of(session: Session, message_id: UUID) -> Sequence[DeliveryEvent]:
    """A message's events by the provider's time."""
    mine = select(DeliveryEvent).where(DeliveryEvent.message_id == message_id)
    return session.scalars(mine.order_by(DeliveryEvent.at, DeliveryEvent.id)).all()


def known_messages(session: Session, message_ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """Those of the messages that are ours. Rows are only looked at: whoever moves one reads it anew, under its lock."""
    columns = (Message.id, Message.shop_id, Message.address, Message.stream, Message.step)
    found = session.execute(select(*columns).where(Message.id.in_(sorted(set(message_ids)))))
    return {row[0]: Recipient(*row) for row in found}


def newest_of_kinds(session: Session, shop_id: UUID, address: str, kinds: Iterable[str]) -> dict[str, datetime]:
    """When a person last caused an event of each of these kinds, by the provider's time; kinds without one left out."""
    mine = (Message.shop_id == shop_id, Message.address == address, DeliveryEvent.kind.in_(list(kinds)))
    newest = select(DeliveryEvent.kind, func.max(DeliveryEvent.at)).join(
        Message, Message.id == DeliveryEvent.message_id
    )
    return {row[0]: row[1] for row in session.execute(newest.where(*mine).group_by(DeliveryEvent.kind))}


def drops_of(session: Session, shop_id: UUID, address: str) -> Sequence[tuple[datetime, Mapping[str, Any]]]:
    """When a provider dropped mails to a person, by its own time, and what it said of each."""
    mine = (Message.shop_id == shop_id, Message.address == address, DeliveryEvent.kind == "dropped")
    drops = select(DeliveryEvent.at, DeliveryEvent.details).join(Message, Message.id == DeliveryEvent.message_id)
    return [(row.at, row.details) for row in session.execute(drops.where(*mine))]
