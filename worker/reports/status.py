"""How an installation stands, from SQL alone."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.lifecycle import SENT, State
from worker.reports.lateness import Lateness, lateness
from worker.store.models import Heartbeat, InboundEvent, Message, OrderRow, Pause, Shop

RECENT = timedelta(days=1)
ALIVE = timedelta(seconds=60)
"""Beat and workers write each second or few; this long without a sign they count as gone."""
SHOWN_FAILURES = 5


class ShopCounts(BaseModel):
    """Orders in against mails out: a confirmation that silently stopped shows as a gap between the two."""

    shop: str
    orders: int
    orders_last_day: int
    confirmations: int
    confirmations_last_day: int
    mails: int
    mails_last_day: int


class Overdue(BaseModel):
    """The scheduled message that has been due the longest. `seconds` of business time."""

    shop: str
    order: str
    step: str
    send_at: datetime
    seconds: int


class PauseLine(BaseModel):
    """`step` empty: the whole shop."""

    shop: str
    step: str
    reason: str
    since: datetime


class Failure(BaseModel):
    shop: str
    topic: str
    note: str
    received_at: datetime


class Sign(BaseModel):
    """A process's sign of life; ages are real seconds."""

    name: str
    kind: str
    seconds_ago: int
    is_alive: bool


class Status(BaseModel):
    """`now` is business time. Counts by state leave out states without rows."""

    now: datetime
    events: dict[str, int]
    messages: dict[str, int]
    messages_by_step: dict[str, dict[str, int]]
    shops: list[ShopCounts]
    oldest_overdue: Overdue | None
    overdue: int
    lateness: Lateness
    unknown: int
    failed_events: int
    failures: list[Failure]
    pauses: list[PauseLine]
    processes: list[Sign]


def read_status(session: Session, *, now: datetime, real_now: datetime) -> Status:
    """Counts, delays and signs of life. `now` is business time, `real_now` the database's."""
    events = _by_state(session, InboundEvent)
    messages = _by_state(session, Message)
    return Status(
        now=now,
        events=events,
        messages=messages,
        messages_by_step=_by_step(session),
        shops=_shops(session, now),
        oldest_overdue=_oldest_overdue(session, now),
        overdue=_count_overdue(session, now),
        lateness=lateness(session, now=now),
        unknown=messages.get(State.UNKNOWN, 0),
        failed_events=events.get("failed", 0),
        failures=_failures(session),
        pauses=_pauses(session),
        processes=signs_of_life(session, real_now=real_now),
    )


def signs_of_life(session: Session, *, real_now: datetime) -> list[Sign]:
    """Every process that ever reported within the last day, newest first."""
    query = select(Heartbeat).where(Heartbeat.at > real_now - RECENT).order_by(Heartbeat.at.desc())
    return [
        Sign(
            name=row.name,
            kind=row.kind,
            seconds_ago=max(0, int((real_now - row.at).total_seconds())),
            is_alive=real_now - row.at < ALIVE,
        )
        for row in session.scalars(query)
    ]


def _by_state(session: Session, table: type[InboundEvent] | type[Message]) -> dict[str, int]:
    rows = session.execute(select(table.state, func.count()).group_by(table.state).order_by(table.state))
    return {row[0]: row[1] for row in rows}


def _by_step(session: Session) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    query = select(Message.step, Message.state, func.count()).group_by(Message.step, Message.state)
    for step, state, count in session.execute(query.order_by(Message.step, Message.state)):
        counts.setdefault(step, {})[state] = count
    return counts


def _shops(session: Session, now: datetime) -> list[ShopCounts]:
    since = now - RECENT
    return [
        ShopCounts(
            shop=shop.slug,
            orders=_count_orders(session, shop, None),
            orders_last_day=_count_orders(session, shop, since),
            confirmations=_count_mails(session, shop, None, "confirmation"),
            confirmations_last_day=_count_mails(session, shop, since, "confirmation"),
            mails=_count_mails(session, shop, None, None),
            mails_last_day=_count_mails(session, shop, since, None),
        )
        for shop in session.scalars(select(Shop).order_by(Shop.slug))
    ]


def _count_orders(session: Session, shop: Shop, since: datetime | None) -> int:
    query = select(func.count()).select_from(OrderRow).where(OrderRow.shop_id == shop.id)
    if since is not None:
        query = query.where(OrderRow.created_at > since)
    return session.scalar(query) or 0


def _count_mails(session: Session, shop: Shop, since: datetime | None, step: str | None) -> int:
    query = select(func.count()).select_from(Message).where(Message.shop_id == shop.id, Message.state.in_(SENT))
    if since is not None:
        query = query.where(Message.accepted_at > since)
    if step is not None:
        query = query.where(Message.step == step)
    return session.scalar(query) or 0


def _oldest_overdue(session: Session, now: datetime) -> Overdue | None:
    query = (
        select(Message, Shop.slug, OrderRow.number, OrderRow.external_id)
        .join(Shop, Shop.id == Message.shop_id)
        .join(OrderRow, OrderRow.id == Message.order_id)
        .where(Message.state == State.SCHEDULED, Message.send_at < now)
        .order_by(Message.send_at, Message.id)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    message, slug, number, external_id = row
    late = int((now - message.send_at).total_seconds())
    return Overdue(shop=slug, order=number or external_id, step=message.step, send_at=message.send_at, seconds=late)


def _count_overdue(session: Session, now: datetime) -> int:
    query = select(func.count()).select_from(Message)
    return session.scalar(query.where(Message.state == State.SCHEDULED, Message.send_at < now)) or 0


def _failures(session: Session) -> list[Failure]:
    query = (
        select(InboundEvent, Shop.slug)
        .join(Shop, Shop.id == InboundEvent.shop_id)
        .where(InboundEvent.state == "failed")
        .order_by(InboundEvent.received_at.desc())
        .limit(SHOWN_FAILURES)
    )
    return [
        Failure(shop=slug, topic=event.topic, note=event.note, received_at=event.received_at)
        for event, slug in session.execute(query)
    ]


def _pauses(session: Session) -> list[PauseLine]:
    query = select(Pause, Shop.slug).join(Shop, Shop.id == Pause.shop_id).order_by(Shop.slug, Pause.step)
    return [
        PauseLine(shop=slug, step=pause.step, reason=pause.reason, since=pause.created_at)
        for pause, slug in session.execute(query)
    ]
