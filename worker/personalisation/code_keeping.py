"""Keeps what shops know of codes like what is written here: made, extended, taken back.

A code is a row first; a sweep tells its shop and tries again until it is told. It runs apart from sending, so that no
mail waits for a shop's API but those that carry a code.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.timing import doubled
from worker.bootstrap import Installation
from worker.errors import SettingsError
from worker.personalisation.code_issuing import TRIES, draw_text
from worker.personalisation.code_terms import wanted_terms
from worker.personalisation.exclusions import Exclusions
from worker.platforms.codes import CodeTerms, Told, as_told
from worker.platforms.registry import CODE_MAKERS
from worker.platforms.writing import UNOPENED, Result
from worker.store.codes import (
    LIVE,
    claim_code,
    count_due_codes,
    end_code,
    expire_codes,
    has_code_work,
    has_ended_code,
    is_free_text,
    locked_code,
    postpone_source,
    wake_messages,
)
from worker.store.models import DiscountCode, OrderRow, Shop, Source
from worker.store.shops import open_access, profile_of

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=30)
"""After this long a revoked code is left to the shop's staff."""
TELLS_FOR_S = 20.0
MOST_EXPIRED = 500
"""Codes that one sweep marks as expired; the next takes the rest."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    """A code whose shop is to hear of it. `terms`: those it had when it was claimed."""

    code: DiscountCode
    shop: Shop
    source: Source
    terms: CodeTerms
    is_revoked: bool


def keep_codes(installation: Installation) -> int:
    """Tells shops what is due, for some seconds; how many were tried. Doubled or cut short it ends the same."""
    now = installation.clock.now()
    with installation.database.read() as session:
        if not has_code_work(session, now):
            return 0
    _expire(installation)
    until, tried, exclusions = time.monotonic() + TELLS_FOR_S, 0, Exclusions(installation.database)
    while time.monotonic() < until:
        claimed = _claim(installation, exclusions)
        if claimed is None:
            break
        _settle(installation, claimed, _told(installation, claimed))
        tried += 1
    return tried


def _expire(installation: Installation) -> None:
    """Looks before it writes: most sweeps find nothing, and on SQLite a writer keeps others waiting."""
    now = installation.clock.now()
    with installation.database.read() as session:
        if not has_ended_code(session, now):
            return
    with installation.database.write() as session:
        expire_codes(session, now, MOST_EXPIRED)


def _claim(installation: Installation, exclusions: Exclusions) -> _Claimed | None:
    now = installation.clock.now()
    with installation.database.read() as session:
        ready = _ready(session) if count_due_codes(session, now) else {}
    if not ready:
        return None
    with installation.database.write() as session:
        code = claim_code(session, list(ready), now)
        if code is None:
            return None
        assert code.source_id is not None, "only codes of these sources are claimed"
        source, shop = ready[code.source_id]
        number = session.scalar(select(OrderRow.number).where(OrderRow.id == code.order_id))
    excluded = exclusions.of(shop.id, code.never_on) if CODE_MAKERS[source.kind].takes_exclusions else ()
    terms = _terms(shop, code, number, excluded)
    return _Claimed(code=code, shop=shop, source=source, terms=terms, is_revoked=code.state not in LIVE)


def _ready(session: Session) -> Mapping[UUID, tuple[Source, Shop]]:
    """Sources of connected shops whose API can be called."""
    connected = select(Source, Shop).join(Shop, Shop.id == Source.shop_id).where(Shop.uninstalled_at.is_(None))
    found = session.execute(connected.where(Source.kind.in_(list(CODE_MAKERS))))
    return {source.id: (source, shop) for source, shop in found if source.api}


def _terms(shop: Shop, code: DiscountCode, number: str | None, excluded: tuple[str, ...]) -> CodeTerms:
    return CodeTerms(
        code=code.code,
        title=f"Postpurchase, order {number or code.order_id}",
        kind=code.kind,  # type: ignore[arg-type]  # rows keep it as text, made of this type alone
        value=code.value,
        currency=code.currency,
        minimum=code.minimum_spend,
        starts_at=code.starts_at,
        ends_at=code.ends_at,
        email=code.address,
        only=tuple(code.only),
        collection=profile_of(shop).code_collection,
        excluded=excluded,
    )


def _told(installation: Installation, claimed: _Claimed) -> Told:
    try:
        access = open_access(claimed.source, installation.sealer)
    except SettingsError:
        return as_told(UNOPENED)
    maker = CODE_MAKERS[claimed.source.kind]
    if claimed.is_revoked:
        return maker.take_back(access, claimed.terms)
    return maker.put(access, claimed.terms, claimed.code.told)


def _settle(installation: Installation, claimed: _Claimed, told: Told) -> None:
    now = installation.clock.now()
    with installation.database.write() as session:
        code = locked_code(session, claimed.code.id)
        if code.claims != claimed.code.claims:
            return  # the lease ended meanwhile, and somebody else has taken it up
        code.claimed_until = None
        is_same = (
            wanted_terms(code) == wanted_terms(claimed.code)
            and code.address == claimed.code.address
            and (code.state not in LIVE) == claimed.is_revoked
        )
        if told.result is Result.LATER:
            _later(session, code, told, now)
        elif claimed.is_revoked:
            code.note = told.note or "taken back in the shop"
            code.due_at = code.wanted_at = None
        else:
            _put(session, claimed, code, told, now, is_same=is_same)
        session.flush()
    _report(claimed, told)


def _later(session: Session, code: DiscountCode, told: Told, now: datetime) -> None:
    wait = told.retry_after or doubled(FIRST_WAIT, code.tries, LONGEST_WAIT)
    code.tries, code.note = code.tries + 1, told.note
    since = code.wanted_at or now
    if code.state not in LIVE and now - since > GIVE_UP_AFTER:
        code.due_at = code.wanted_at = None
        log.error("codes.code.abandoned", alarm=True, code_id=str(code.id), reason=told.note)
        return
    code.due_at = now + wait
    if code.source_id is not None:
        session.flush()
        postpone_source(session, code.source_id, until=now + wait)


def _put(session: Session, claimed: _Claimed, code: DiscountCode, told: Told, now: datetime, *, is_same: bool) -> None:
    """Writes down what the shop said of a code that was to be put there."""
    if told.result is Result.WRITTEN and not told.is_used:
        code.told, code.told_at, code.tries, code.note = wanted_terms(claimed.code), now, 0, ""
        if is_same:
            code.state = "created"
            code.due_at = code.wanted_at = None
            wake_messages(session, code.order_id, "its discount code is in the shop", now)
        return
    if code.state not in LIVE:
        return  # revoked meanwhile: the next round looks at what the shop has
    if told.is_taken and not code.told:
        code.code = _another_text(session, claimed.shop)
        code.due_at = now
        return
    if told.is_used:
        end_code(session, code, "redeemed", "the shop counts it as used", told_at=now)
    else:
        end_code(session, code, "revoked", told.note, note=told.note)
    wake_messages(session, code.order_id, "it goes without its discount code", now)


def _another_text(session: Session, shop: Shop) -> str:
    """A text for a code that nobody has seen yet."""
    for _ in range(TRIES):
        text = draw_text(profile_of(shop))
        if is_free_text(session, shop.id, text):
            return text
    raise RuntimeError(f"{TRIES} codes in a row were issued before")


def _report(claimed: _Claimed, told: Told) -> None:
    code = claimed.code
    said = {"shop": claimed.shop.slug, "code_id": str(code.id), "is_revoked": claimed.is_revoked}
    if told.result is Result.LATER:
        log.warning("codes.code.postponed", alarm=told.needs_person, reason=told.note, tries=code.tries + 1, **said)
    elif told.result is Result.NEVER and not told.is_taken:
        log.error("codes.code.refused", alarm=not told.is_gone, reason=told.note, **said)
    else:
        log.info("codes.code.told", **said)
