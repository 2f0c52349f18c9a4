"""Reads a record: the witnesses' journals, and the database."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.proof.record import (
    Accepted,
    AttemptSeen,
    EventSeen,
    MessageSeen,
    Moved,
    Posted,
    Record,
    Refused,
    righted,
)
from tests.support.journal import read_journal
from worker.bootstrap import Installation
from worker.store.models import Attempt, InboundEvent, Message, OrderRow, Shop, Transition

PROOF_LOG = "proof.jsonl"
SENDGRID_LOG = "sendgrid.jsonl"


def record_of(folder: Path, installation: Installation) -> Record:
    """Reads the journals in `folder` and the database."""
    proof, sendgrid = folder / PROOF_LOG, folder / SENDGRID_LOG
    # The journals first: what they hold by now was committed before, and the database may only know more.
    posted, accepted = read_journal(proof, "posted"), read_journal(sendgrid, "accepted")
    now, own = installation.clock.real_now().timestamp(), {"kind", "at"}
    clocks = [(0.0, 0.0), *((line["at"], line["off_s"]) for line in read_journal(proof, "clock"))]
    with installation.database.read() as session:
        slugs = {shop.id: shop.slug for shop in session.scalars(select(Shop))}
        orders = {order.id: order.external_id for order in session.scalars(select(OrderRow))}
        events = [_event(slugs, event) for event in session.scalars(select(InboundEvent))]
        messages = [_message(slugs, orders, message) for message in session.scalars(select(Message))]
        attempts = [_attempt(attempt, clocks) for attempt in session.scalars(select(Attempt))]
        history = [_moved(line) for line in session.scalars(select(Transition).order_by(Transition.id))]
    return Record(
        accepted=[Accepted(message=line["message"], attempt=line["attempt"], at=line["at"]) for line in accepted],
        refused=[str(line["faults"]) for line in read_journal(sendgrid, "refused")],
        posted=[Posted(at=line["at"], **_without(line, own)) for line in posted],
        turned_away=[Refused(**_without(line, own)) for line in read_journal(proof, "turned_away")],
        hits=read_journal(proof, "hit"),
        offsets=[(0.0, 0.0), *((line["at"], line["offset_s"]) for line in read_journal(proof, "moved"))],
        clocks=clocks,
        days=[(line["began"], line["ended"]) for line in read_journal(proof, "missed")],
        events=events,
        messages=messages,
        attempts=attempts,
        history=history,
        ended_at=now,
    )


def _without(line: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in names}


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _event(slugs: dict[Any, str], event: InboundEvent) -> EventSeen:
    return EventSeen(
        shop=slugs[event.shop_id],
        topic=event.topic,
        dedupe_key=event.dedupe_key,
        state=event.state,
        order=event.order_ref or "",
        handled_at=_stamp(event.handled_at),
    )


def _message(slugs: dict[Any, str], orders: dict[Any, str], message: Message) -> MessageSeen:
    order = orders[message.order_id]
    return MessageSeen(
        id=str(message.id),
        shop=slugs[message.shop_id],
        order=order,
        key=(order, message.sequence, message.step, message.parcel_group, str(message.occurrence)),
        step=message.step,
        stream=message.stream,
        state=message.state,
        reason=message.reason,
        send_at=_stamp(message.send_at),
        aim_at=_stamp(message.aim_at),
        resolve_at=_stamp(message.resolve_at) if message.resolve_at else None,
        fence=message.fence,
    )


def _attempt(attempt: Attempt, clocks: Sequence[tuple[float, float]]) -> AttemptSeen:
    return AttemptSeen(
        id=str(attempt.id),
        message=str(attempt.message_id),
        number=attempt.number,
        fence=attempt.fence,
        outcome=attempt.outcome,
        started_at=righted(_stamp(attempt.started_at), clocks),
    )


def _moved(line: Transition) -> Moved:
    return Moved(
        message=str(line.message_id),
        before=line.before,
        after=line.after,
        reason=line.reason,
        real_at=_stamp(line.real_at),
    )
