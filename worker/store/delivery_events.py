"""Events that providers told of messages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from worker.store.models import DeliveryEvent, Message
from worker.store.types import new_id


class Recipient(NamedTuple):
    """Whom a message is for. `address` is lower case; None once the person was erased."""

    message_id: UUID
    shop_id: UUID
    address: str | None
    stream: str
    step: str


def keep_event(
    session: Session,
    *,
    message_id: UUID,
    attempt_id: UUID,
    provider: str,
    kind: str,
    at: datetime,
    details: Mapping[str, Any],
    received_at: datetime,
) -> bool:
    """Keeps an event; False when it is known already. `at` is the provider's time, `received_at` the database's."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(DeliveryEvent).values(
        id=new_id(),
        message_id=message_id,
        attempt_id=attempt_id,
        provider=provider,
        kind=kind,
        at=at,
        details=dict(details),
        received_at=received_at,
    )
    once = row.on_conflict_do_nothing(index_elements=["message_id", "attempt_id", "kind", "at"])
    return session.execute(once.returning(DeliveryEvent.id)).scalar() is not None


def events_of(session: Session, message_id: UUID) -> Sequence[DeliveryEvent]:
    """A message's events by the provider's time."""
    mine = select(DeliveryEvent).where(DeliveryEvent.message_id == message_id)
    return session.scalars(mine.order_by(DeliveryEvent.at, DeliveryEvent.id)).all()


def known_messages(session: Session, message_ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """Those of the messages that are ours. Rows are only looked at: whoever moves one reads it anew, under its lock."""
    columns = (Message.id, Message.shop_id, Message.address, Message.stream, Message.step)
    found = session.execute(select(*columns).where(Message.id.in_(sorted(set(message_ids)))))
    return {row[0]: Recipient(*row) for row in found}
