"""What /metrics tells Prometheus, counted from SQL: every process says the same, and a restart forgets nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.reports.codes import read_codes
from worker.reports.complaints import read_complaints
from worker.reports.counts import (
    MessageCount,
    click_counts,
    confirmed_orders,
    event_counts,
    message_counts,
    order_counts,
    sent,
    suppression_counts,
)
from worker.reports.lateness import lateness
from worker.reports.overdue import count_overdue, oldest_overdue
from worker.reports.providers import read_keys
from worker.reports.refusals import read_refusals
from worker.reports.silence import untold_mails
from worker.reports.status import signs_of_life
from worker.store.models import Pause, Shop

PREFIX = "postpurchase_"
KINDS = ("beat", "worker")
"""Processes that give signs of life; a web process is alive when it answers."""


def read_metrics(session: Session, *, now: datetime, real_now: datetime) -> list[Metric]:
    """All metrics. `now` is business time, `real_now` the database's."""
    counts = message_counts(session)
    return [
        *_events(session, now),
        *_messages(counts),
        *_orders(session, counts),
        _clicks(session),
        *_delays(session, now),
        _untold(session, now),
        *_complaints(session, now),
        _suppressions(session),
        _refusals(session),
        *_codes(session, now),
        _pauses(session),
        *_provider_keys(session, now),
        _processes(session, real_now),
    ]


def _gauge(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, told, labels=labels)


def _plain(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, told, value=value)


def _events(session: Session, now: datetime) -> Iterator[Metric]:
    events = _gauge("events", "Stored webhooks by state.", "shop", "source", "state")
    ages = _gauge("source_silence_seconds", "Time since a source's last webhook.", "shop", "source")
    for each in event_counts(session):
        for state, number in each.states.items():
            events.add_metric((each.shop, each.source, state), number)
        if each.newest is not None:
            ages.add_metric((each.shop, each.source), max(0.0, (now - each.newest).total_seconds()))
    yield from (events, ages)


def _messages(counts: list[MessageCount]) -> Iterator[Metric]:
    messages = _gauge("messages", "Messages by step, stream and state.", "shop", "step", "stream", "state")
    unknown = 0
    for each in counts:
        messages.add_metric((each.shop, each.step, each.stream, each.state), each.number)
        unknown += each.number if each.state == State.UNKNOWN else 0
    yield messages
    yield _plain("messages_unknown", "Messages of which nobody can tell yet whether they went out.", unknown)


def _orders(session: Session, counts: list[MessageCount]) -> Iterator[Metric]:
    """The two stand side by side: mails that silently stopped show as a gap that grows."""
    orders = _gauge("orders", "Orders known.", "shop")
    confirmed = _gauge("orders_confirmed", "Orders whose confirmation a provider has taken.", "shop")
    mails = _gauge("mails", "Mails that a provider has taken.", "shop", "step")
    steps, taken, told = sorted({each.step for each in counts}), sent(counts), confirmed_orders(session, counts)
    for each in order_counts(session):
        orders.add_metric((each.shop,), each.number)
        confirmed.add_metric((each.shop,), told[each.shop])
        for step in steps:
            mails.add_metric((each.shop, step), taken[each.shop, step])
    yield from (orders, confirmed, mails)


def _clicks(session: Session) -> Metric:
    told = (
        "Fetches of counted links: `raw` all, `human` those that people seem to have made. Kind `answer`: no link, an "
    )
    told += "answer to a mail's question."
    found = _gauge("clicks", told, "shop", "step", "kind", "count")
    for each in click_counts(session):
        found.add_metric((each.shop, each.step, each.kind, "raw"), each.raw)
        found.add_metric((each.shop, each.step, each.kind, "human"), each.human)
    return found


def _delays(session: Session, now: datetime) -> Iterator[Metric]:
    oldest, late = oldest_overdue(session, now), lateness(session, now=now)
    yield _plain(
        "messages_overdue",
        "Messages that are due, and receipts that were tried in vain and wait for their next try.",
        count_overdue(session, now),
    )
    age = oldest.seconds if oldest else 0
    yield _plain("oldest_overdue_seconds", "How long ago the oldest of them should have gone.", age)
    yield _plain("lateness_mails", "Mails taken by a provider in the last 7 days.", late.mails)
    told = "From when a mail was meant to go, or was put off to, until a provider had it, over the last 7 days."
    seconds = _gauge("lateness_seconds", told, "quantile")
    for quantile, value in (("0.5", late.p50), ("0.95", late.p95), ("0.99", late.p99), ("1", late.longest)):
        if value is not None:
            seconds.add_metric((quantile,), value)
    yield seconds


def _untold(session: Session, now: datetime) -> Metric:
    told = "Newest mails of which SendGrid should have told something, if it has told nothing of any of them."
    return _plain("mails_untold", told, untold_mails(session, now))


def _complaints(session: Session, now: datetime) -> Iterator[Metric]:
    mails = _gauge("mails_of_30_days", "Mails that a provider took in the last 30 days.", "shop", "stream")
    reported = _gauge("complaints_of_30_days", "Those of them that were reported as spam.", "shop", "stream")
    for line in read_complaints(session, now=now):
        mails.add_metric((line.shop, line.stream), line.mails)
        reported.add_metric((line.shop, line.stream), line.complaints)
    yield from (mails, reported)


def _suppressions(session: Session) -> Metric:
    found = _gauge("suppressions", "Addresses that must not get mails of a scope.", "shop", "scope")
    for each in suppression_counts(session):
        found.add_metric((each.shop, each.kind), each.number)
    return found


def _refusals(session: Session) -> Metric:
    told = "Refusals and second thoughts that shops are told of; `stuck` ones, of the waiting, met trouble."
    found = _gauge("refusals", told, "shop", "source", "state")
    for each in read_refusals(session):
        for state in ("waiting", "stuck", "told", "lost"):
            found.add_metric((each.shop, each.source, state), getattr(each, state))
    return found


def _codes(session: Session, now: datetime) -> Iterator[Metric]:
    codes = _gauge("codes", "Discount codes by state.", "shop", "state")
    others = _gauge("codes_redeemed_by_others", "Codes that somebody else than the recipient used.", "shop")
    waiting = _gauge("codes_waiting", "Codes that the shop is still to hear of.", "shop")
    left = _gauge("codes_left", "Codes left in the pool.", "shop")
    for each in read_codes(session, now):
        for state, number in each.states.items():
            codes.add_metric((each.shop, state), number)
        others.add_metric((each.shop,), each.by_others)
        waiting.add_metric((each.shop,), each.waiting)
        if each.pool is not None:
            left.add_metric((each.shop,), each.pool.left)
    yield from (codes, others, waiting, left)


def _pauses(session: Session) -> Metric:
    found = _gauge("paused", "1 for each pause; step is empty for a whole shop.", "shop", "step")
    for slug, step in session.execute(select(Shop.slug, Pause.step).join(Pause, Pause.shop_id == Shop.id)):
        found.add_metric((slug, step), 1)
    return found


def _provider_keys(session: Session, now: datetime) -> Iterator[Metric]:
    closed = _gauge("provider_closed", "1 while mails with this key wait: paused, trying or limited.", "key", "state")
    failures = _gauge("provider_failures", "Calls in a row that failed.", "key")
    remaining = _gauge("provider_limit_remaining", "Mails that the provider's limit leaves.", "key")
    for line in read_keys(session, now=now):
        for state in ("paused", "trying", "limited"):
            closed.add_metric((line.key, state), int(line.state == state))
        failures.add_metric((line.key,), line.failures)
        if line.remaining is not None:
            remaining.add_metric((line.key,), line.remaining)
    yield from (closed, failures, remaining)


def _processes(session: Session, real_now: datetime) -> Metric:
    alive = Counter(sign.kind for sign in signs_of_life(session, real_now=real_now) if sign.is_alive)
    found = _gauge("processes_alive", "Processes that gave a sign of life within a minute.", "kind")
    for kind in KINDS:
        found.add_metric((kind,), alive[kind])
    return found
