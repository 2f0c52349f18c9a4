"""Sources that fell silent: webhooks that stopped coming, judged by the source's own rhythm.

Shopify deletes a subscription whose deliveries failed for 4 hours; WooCommerce switches a webhook off after more than 5
failures in a row and sends nothing again. The shop then goes on selling, and no mail goes out.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.store.models import InboundEvent, Shop, Source
from worker.store.session import seconds_between

LOOKED_AT = 100
"""Newest webhooks of a source that make up its rhythm."""
FEWEST = 10
"""Fewer webhooks may have come close together by chance."""
PATIENCE = 3
"""A pause counts as silence once it is this much longer than the longest one before."""
LEAST = timedelta(hours=6)
WITHOUT_RHYTHM = timedelta(days=3)
LONG_RUN = timedelta(days=15)
"""The newest webhooks of a busy source are all of one evening: its nights and weekends show over two weeks."""
PATIENCE_IN_THE_LONG_RUN = 2


class SourceLine(BaseModel):
    """`last_at`: when the newest webhook came, business time; None: none ever did. `silent_after`: in seconds."""

    shop: str
    kind: str
    last_at: datetime | None
    seconds_ago: int | None
    silent_after: int
    is_silent: bool


def read_rhythms(session: Session, *, now: datetime) -> list[SourceLine]:
    """How long ago each source was heard, and whether that is longer than it should be."""
    sources = select(Shop.slug, Source).join(Source, Source.shop_id == Shop.id).where(Shop.uninstalled_at.is_(None))
    return [
        _line(session, slug, source, now) for slug, source in session.execute(sources.order_by(Shop.slug, Source.kind))
    ]


def remedy(kind: str) -> str:
    """What to do about a source of this kind that fell silent."""
    if kind == "woocommerce":
        return (
            "In WooCommerce → Settings → Advanced → Webhooks set each to Active again: it switches them off after "
            "failed deliveries. Orders placed meanwhile are not sent again; save each of them once to have them sent."
        )
    if kind == "shopify":
        return (
            "In Shopify → Settings → Notifications → Webhooks (or your app) subscribe again: after 4 hours of failed "
            "deliveries Shopify deletes a subscription."
        )
    return "See whether its sender still runs and still has the right address and secret."


def _line(session: Session, slug: str, source: Source, now: datetime) -> SourceLine:
    mine = select(InboundEvent.received_at).where(InboundEvent.source_id == source.id)
    times = session.scalars(mine.order_by(InboundEvent.received_at.desc()).limit(LOOKED_AT)).all()
    allowed = silence_of(times)
    ago = now - times[0] if times else None
    if ago is not None and ago > allowed and len(times) == LOOKED_AT:
        allowed = max(allowed, PATIENCE_IN_THE_LONG_RUN * _longest_pause(session, source, times[0] - LONG_RUN))
    return SourceLine(
        shop=slug,
        kind=source.kind,
        last_at=times[0] if times else None,
        seconds_ago=None if ago is None else max(0, int(ago.total_seconds())),
        silent_after=int(allowed.total_seconds()),
        is_silent=ago is not None and ago > allowed,
    )


def silence_of(times: Sequence[datetime]) -> timedelta:
    """How long a source may say nothing. `times`: when its webhooks came, newest first."""
    longest = max((later - earlier for later, earlier in itertools.pairwise(times)), default=timedelta(0))
    return max(PATIENCE * longest, LEAST if len(times) >= FEWEST else WITHOUT_RHYTHM)


def _longest_pause(session: Session, source: Source, since: datetime) -> timedelta:
    """Between two webhooks of a source. Reads thousands of them: only for what looks silent."""
    before = func.lag(InboundEvent.received_at).over(order_by=InboundEvent.received_at)
    mine = (InboundEvent.source_id == source.id, InboundEvent.received_at >= since)
    pairs = select(InboundEvent.received_at.label("later"), before.label("earlier")).where(*mine).subquery()
    longest = session.scalar(select(func.max(seconds_between(session, pairs.c.later, pairs.c.earlier))))
    return timedelta(seconds=float(longest or 0))
