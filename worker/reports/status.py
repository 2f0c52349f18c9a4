"""How an installation stands, from SQL alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.heartbeats import ALIVE
from worker.reports.codes import CodesLine, read_codes
from worker.reports.complaints import ComplaintLine, read_complaints
from worker.reports.counts import (
    ALL,
    MessageCount,
    click_counts,
    confirmed_orders,
    confirmed_since,
    event_counts,
    mails_since,
    message_counts,
    order_counts,
    sent,
)
from worker.reports.lateness import Lateness, lateness
from worker.reports.overdue import Overdue, count_overdue, oldest_overdue
from worker.reports.providers import KeyLine, read_keys
from worker.reports.refusals import RefusalsLine, read_refusals
from worker.reports.rhythm import SourceLine, read_rhythms
from worker.store.models import Heartbeat, InboundEvent, Pause, Shop, Source
from worker.store.models.feedback import ANSWER

RECENT = timedelta(days=1)
SHOWN_FAILURES = 5


class ShopCounts(BaseModel):
    """Orders in against mails out: a confirmation that silently stopped shows as a gap between the two.

    `confirmations`: of how many orders it went out; mails about edits are none. Of orders the last day has those that
    were placed in it.
    `clicks_raw`: fetches of counted links; `clicks_human`: those that people seem to have made. `answers`: to a mail's
    question, which are no clicks.
    """

    shop: str
    orders: int
    orders_last_day: int
    confirmations: int
    confirmations_last_day: int
    mails: int
    mails_last_day: int
    clicks_raw: int
    clicks_human: int
    answers: int


class PauseLine(BaseModel):
    """`step` empty: the whole shop."""

    shop: str
    step: str
    reason: str
    since: datetime


class GoneLine(BaseModel):
    """A shop that has cut the connection: nothing is sent for it."""

    shop: str
    since: datetime


class Failure(BaseModel):
    shop: str
    topic: str
    note: str
    received_at: datetime


class Sign(BaseModel):
    """A process's sign of life, or of its clean end; ages are real seconds."""

    name: str
    kind: str
    seconds_ago: int
    is_alive: bool
    has_ended: bool


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
    complaints: list[ComplaintLine]
    unknown: int
    failed_events: int
    failures: list[Failure]
    pauses: list[PauseLine]
    gone: list[GoneLine]
    sources: list[SourceLine]
    codes: list[CodesLine]
    refusals: list[RefusalsLine]
    processes: list[Sign]
    provider_keys: list[KeyLine]


def read_status(session: Session, *, now: datetime, real_now: datetime) -> Status:
    """Counts, delays and signs of life. `now` is business time, `real_now` the database's."""
    counts = message_counts(session)
    events = _added(pair for each in event_counts(session) for pair in each.states.items() if pair[1])
    messages = _added((each.state, each.number) for each in counts)
    return Status(
        now=now,
        events=events,
        messages=messages,
        messages_by_step=_by_step(counts),
        shops=_shops(session, counts, now),
        oldest_overdue=oldest_overdue(session, now),
        overdue=count_overdue(session, now),
        lateness=lateness(session, now=now),
        complaints=read_complaints(session, now=now),
        unknown=messages.get(State.UNKNOWN, 0),
        failed_events=events.get("failed", 0),
        failures=_failures(session),
        pauses=_pauses(session),
        gone=_gone(session),
        sources=read_rhythms(session, now=now),
        codes=read_codes(session, now),
        refusals=read_refusals(session),
        processes=signs_of_life(session, real_now=real_now),
        provider_keys=read_keys(session, now=now),
    )


def signs_of_life(session: Session, *, real_now: datetime) -> list[Sign]:
    """Every process that ever reported within the last day, newest first."""
    query = select(Heartbeat).where(Heartbeat.at > real_now - RECENT).order_by(Heartbeat.at.desc())
    return [
        Sign(
            name=row.name,
            kind=row.kind,
            seconds_ago=max(0, int((real_now - (row.ended_at or row.at)).total_seconds())),
            is_alive=row.ended_at is None and real_now - row.at < ALIVE,
            has_ended=row.ended_at is not None,
        )
        for row in session.scalars(query)
    ]


def _added(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for state, count in pairs:
        counts[state] += count
    return dict(sorted(counts.items()))


def _by_step(counts: Sequence[MessageCount]) -> dict[str, dict[str, int]]:
    steps = sorted({each.step for each in counts})
    return {step: _added((each.state, each.number) for each in counts if each.step == step) for step in steps}


def _shops(session: Session, counts: Sequence[MessageCount], now: datetime) -> list[ShopCounts]:
    since = now - RECENT
    orders_last_day = {each.shop: each.number for each in order_counts(session, since=since)}
    mails, recent, clicks = sent(counts), mails_since(session, since), _clicks(session)
    confirmed, lately = confirmed_orders(session, counts), confirmed_since(session, recent, since)
    return [
        ShopCounts(
            shop=each.shop,
            orders=each.number,
            orders_last_day=orders_last_day[each.shop],
            confirmations=confirmed[each.shop],
            confirmations_last_day=lately[each.shop],
            mails=mails[each.shop, ALL],
            mails_last_day=recent[each.shop, ALL],
            clicks_raw=clicks[each.shop, "raw"],
            clicks_human=clicks[each.shop, "human"],
            answers=clicks[each.shop, "answers"],
        )
        for each in order_counts(session)
    ]


def _clicks(session: Session) -> Counter[tuple[str, str]]:
    """Of each shop, `raw` and `human` clicks, and `answers`, which are no clicks."""
    found: Counter[tuple[str, str]] = Counter()
    for each in click_counts(session):
        told = {"answers": each.human} if each.kind == ANSWER else {"raw": each.raw, "human": each.human}
        found.update({(each.shop, name): number for name, number in told.items()})
    return found


def _failures(session: Session) -> list[Failure]:
    query = (
        select(InboundEvent, Shop.slug)
        .join(Shop, Shop.id == InboundEvent.shop_id)
        .where(InboundEvent.source_id.in_(select(Source.id)), InboundEvent.state == "failed")  # its index begins so
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


def _gone(session: Session) -> list[GoneLine]:
    query = select(Shop.slug, Shop.uninstalled_at).where(Shop.uninstalled_at.is_not(None)).order_by(Shop.slug)
    return [GoneLine(shop=slug, since=since) for slug, since in session.execute(query) if since is not None]
