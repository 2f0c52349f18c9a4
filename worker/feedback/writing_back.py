"""Refusals written back to the shop, so that its own newsletter stops too.

A refusal is a row in the database first; a sweep writes it to every source whose API key is known, and tries again for
30 days. It waits a quarter of an hour, in which "I changed my mind" leaves no trace at the shop.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.facts import ConsentState
from schedules.timing import doubled
from worker.bootstrap import Installation
from worker.errors import SettingsError
from worker.platforms.registry import WRITERS
from worker.platforms.writing import UNOPENED, Person, Result, Written
from worker.store.models import CustomerRow, Pause, Shop, Source, WriteBack
from worker.store.pauses import RESTORED
from worker.store.shops import list_sources, open_access
from worker.store.suppressions import is_refused
from worker.store.write_backs import (
    Wish,
    claim_write_back,
    find_write_back,
    finish_write_back,
    note_success,
    platform_ids,
    postpone_source,
    wish,
)

SECOND_THOUGHTS = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=12)
GIVE_UP_AFTER = timedelta(days=30)
WRITES_FOR_S = 20.0

log = structlog.get_logger()


def tell_refusal(session: Session, shop_id: UUID, address: str, now: datetime) -> None:
    """Notes that the shop is to hear of a refusal, unless it was the shop that told of it."""
    told, at = _consent(session, shop_id, address)
    due_at, refusal = now + SECOND_THOUGHTS, ConsentState.UNSUBSCRIBED
    wanted = Wish(shop_id=shop_id, address=address, wanted=refusal, now=now, due_at=due_at)
    for source in _writable(session, shop_id):
        row = find_write_back(session, source.id, address)
        was = told
        if row is not None and row.wanted == ConsentState.SUBSCRIBED and (at is None or at <= row.wanted_at):
            was = ConsentState.SUBSCRIBED  # by ourselves, and the shop has not told it yet
        is_waiting = row is not None and row.state == "pending" and row.wanted == refusal
        if was is not refusal and not is_waiting:
            wish(session, source, wanted, was=was)


def tell_second_thought(session: Session, shop_id: UUID, address: str, now: datetime) -> None:
    """Takes back a refusal that the shop has not heard of; of one it may have heard of, subscribers are restored.

    Who never subscribed is not subscribed by this: that would say more than they did. Nor is anybody who is refused
    marketing here for another reason too.
    """
    if is_refused(session, shop_id, address):
        return
    again = Wish(shop_id=shop_id, address=address, wanted=ConsentState.SUBSCRIBED, now=now, due_at=now)
    for source in _writable(session, shop_id):
        row = find_write_back(session, source.id, address)
        if row is None or row.wanted != ConsentState.UNSUBSCRIBED:
            continue
        if row.was == ConsentState.SUBSCRIBED and row.claims:
            wish(session, source, again, was=ConsentState.SUBSCRIBED)
        elif row.state == "pending":
            session.delete(row)


def tells_shop(session: Session, shop_id: UUID, address: str) -> bool:
    """Whether a refusal of this person has reached their shop's own newsletter, or will by itself."""
    mine = (WriteBack.shop_id == shop_id, WriteBack.address == address, WriteBack.wanted == ConsentState.UNSUBSCRIBED)
    found = session.scalars(select(WriteBack).where(*mine, WriteBack.state != "failed")).all()
    ready = {source.id for source, _ in _ready(session)} if found else set()
    return any(row.state == "done" or row.source_id in ready for row in found)


def write_back_due(installation: Installation) -> int:
    """Writes what is due, for some seconds; how many were tried. Doubled or cut short at any point it ends the same."""
    until, tried = time.monotonic() + WRITES_FOR_S, 0
    while time.monotonic() < until:
        claimed = _claim(installation)
        if claimed is None:
            break
        _settle(installation, claimed, claimed.overtaken or _written(installation, claimed))
        tried += 1
    return tried


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    row: WriteBack
    source: Source
    shop: str
    person: Person
    overtaken: Written | None


def _claim(installation: Installation) -> _Claimed | None:
    now = installation.clock.now()
    with installation.database.read() as session:
        ready = {source.id: (source, slug) for source, slug in _ready(session)}
    if not ready:
        return None
    with installation.database.write() as session:
        row = claim_write_back(session, list(ready), now)
        if row is None:
            return None
        customer_id, order_ids = platform_ids(session, row)
        overtaken = _overtaken(session, row)
    source, slug = ready[row.source_id]
    person = Person(customer_id=customer_id, order_ids=order_ids)
    return _Claimed(row=row, source=source, shop=slug, person=person, overtaken=overtaken)


def _overtaken(session: Session, row: WriteBack) -> Written | None:
    """A second thought is void when the person refused anew at the shop; a refusal is told whatever was said later."""
    told, at = _consent(session, row.shop_id, row.address)
    is_newer = at is not None and at > row.wanted_at
    if row.wanted == ConsentState.SUBSCRIBED and told is ConsentState.UNSUBSCRIBED and is_newer:
        return Written(result=Result.NEVER, note="they refused at the shop meanwhile")
    return None


def _written(installation: Installation, claimed: _Claimed) -> Written:
    row = claimed.row
    try:
        access = open_access(claimed.source, installation.sealer)
    except SettingsError:
        return UNOPENED
    return WRITERS[claimed.source.kind].write(access, claimed.person, ConsentState(row.wanted), row.wanted_at)


def _settle(installation: Installation, claimed: _Claimed, written: Written) -> None:
    now, row = installation.clock.now(), claimed.row
    is_over = row.first_tried_at is not None and now - row.first_tried_at > GIVE_UP_AFTER
    with installation.database.write() as session:
        if written.result is Result.WRITTEN:
            finish_write_back(session, row, state="done", note="", done_at=now, tries=row.tries + 1)
            note_success(session, row.source_id)
        elif written.result is Result.NEVER or is_over:
            finish_write_back(session, row, state="failed", note=written.note, done_at=now, tries=row.tries + 1)
        else:
            own = max(written.retry_after or _wait(row.tries), _wait(row.setbacks))
            finish_write_back(session, row, note=written.note, due_at=now + own, tries=row.tries + 1)
            postpone_source(session, row.source_id, until=now + (written.retry_after or _wait(row.setbacks)))
    _report(claimed, written, is_over=is_over)


def _report(claimed: _Claimed, written: Written, *, is_over: bool) -> None:
    told = {"shop": claimed.shop, "source": claimed.source.kind, "tries": claimed.row.tries + 1}
    if written.result is Result.WRITTEN:
        log.info("feedback.refusal.written", wanted=claimed.row.wanted, **told)
    elif written.result is Result.NEVER or is_over:
        log.error("feedback.refusal.lost", alarm=is_over, reason=written.note, **told)
    else:
        log.warning("feedback.refusal.postponed", alarm=written.needs_person, reason=written.note, **told)


def _wait(failures: int) -> timedelta:
    return doubled(FIRST_WAIT, failures, LONGEST_WAIT)


def _ready(session: Session) -> Sequence[tuple[Source, str]]:
    """Sources of connected shops that can be written to; what a backup brought waits until somebody resumes it."""
    restored = select(Pause.id).where(Pause.shop_id == Shop.id, Pause.step == "", Pause.reason.startswith(RESTORED))
    connected = (
        select(Source, Shop.slug)
        .join(Shop, Shop.id == Source.shop_id)
        .where(Shop.uninstalled_at.is_(None), ~restored.exists())
    )
    writable = session.execute(connected.where(Source.kind.in_(list(WRITERS))))
    return [
        (source, slug) for source, slug in writable if source.api and not WRITERS[source.kind].missing(source.options)
    ]


def _writable(session: Session, shop_id: UUID) -> list[Source]:
    return [source for source in list_sources(session, shop_id) if source.kind in WRITERS]


def _consent(session: Session, shop_id: UUID, address: str) -> tuple[ConsentState, datetime | None]:
    """What the shop told last, and of when."""
    mine = (CustomerRow.shop_id == shop_id, CustomerRow.address == address)
    row = session.execute(select(CustomerRow.consent, CustomerRow.consent_at).where(*mine)).one_or_none()
    return (ConsentState(row.consent), row.consent_at) if row else (ConsentState.UNKNOWN, None)
