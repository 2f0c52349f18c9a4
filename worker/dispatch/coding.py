"""Discount codes of a batch of mails: who makes them, and what becomes of a mail that waits for one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from schedules.codes import CodeUse
from schedules.lifecycle import State
from schedules.segments import Segment
from schedules.shop import CodeSource
from worker.bootstrap import Installation
from worker.dispatch.gating import Gated
from worker.dispatch.returning import CHANGED
from worker.personalisation.code_requests import OUTBOX, CodeDecision, CodeRequest, Maker
from worker.personalisation.codes import reserve_code, view_of
from worker.rendering.port import Offer
from worker.store.codes import WAITS, code_of
from worker.store.many import given_among, once, rows_of
from worker.store.models import OrderRow, Source
from worker.store.transitions import transition

WAITING_SINCE = "waits_for_code_since"
MARGIN = timedelta(minutes=15)
"""A mail goes without its code this long before its window closes."""


class Makers:
    """Who makes the codes of the shops in a batch, read once."""

    def __init__(self, installation: Installation, session: Session, batch: Sequence[Gated]) -> None:
        self._is_real = installation.settings.has_provider
        wanted = {each.message.shop_id for each in batch if each.judgement.with_offer}
        rows = rows_of(session, _sources(session), {"shops": list(wanted)}).all() if wanted else ()
        self._sources: dict[tuple[UUID, str], Row[Any]] = {(row.shop_id, row.kind): row for row in rows}

    def of(self, gated: Gated) -> Maker:
        """Who makes the codes of the mail's shop, or why nobody does."""
        kind, slug = gated.truth.profile.codes, gated.truth.profile.slug
        if kind is CodeSource.POOL:
            return Maker(kind=kind.value)
        if kind is CodeSource.NONE:
            # A mail that is only kept reaches nobody who could try the code.
            why = f"nobody makes codes for this shop: see `postpurchase shop set {slug} --codes`"
            return Maker(why_not=why) if self._is_real else Maker(kind=OUTBOX)
        source = self._sources.get((gated.message.shop_id, kind.value))
        if source is None or not source.api:
            return Maker(why_not=f"the API of {kind.value} is not known: see `postpurchase source set {slug}`")
        return Maker(kind=kind.value, source_id=source.id)

    def platform_of(self, gated: Gated) -> str:
        """The platform whose links the shop's storefront understands; empty: none that we know."""
        kinds = (CodeSource.SHOPIFY.value, CodeSource.WOOCOMMERCE.value)
        return next((kind for kind in kinds if (gated.message.shop_id, kind) in self._sources), "")


@once
def _sources(session: Session) -> Select[*tuple[Any, ...]]:
    columns = (Source.shop_id, Source.kind, Source.id, Source.api)
    return select(*columns).where(given_among(session, Source.shop_id, "shops"))


def may_show_code(gated: Gated, segment: Segment) -> bool:
    """Whether the mail's step gives a code to such a customer; then it has to be reserved."""
    step = gated.edition.sequence.steps[gated.message.step]
    return gated.judgement.with_offer and step.code_for(segment).use is not CodeUse.NONE


def reserve(session: Session, gated: Gated, segment: Segment, offer: Offer | None, maker: Maker) -> CodeDecision:
    """The code that the mail shows, if it shows one; twice for one order it is the same code.

    A mail that has to wait for its shop is put back in the same unit, so that nobody wakes it too early. So is one of
    an order that has changed since it was judged: it may have ended, or its person may be erased.

    Raises:
        StaleFenceError: its claim has ended; nothing was changed.
    """
    if not _is_as_judged(session, gated):
        transition(session, gated.message, State.SCHEDULED, CHANGED, now=gated.now, claims=0)
        return CodeDecision(wait_until=gated.now)
    decision = reserve_code(session, _request(gated, segment, offer, maker))
    if decision.wait_until is not None:
        since = gated.message.details.get(WAITING_SINCE) or gated.now.isoformat()
        details = gated.message.details | {WAITING_SINCE: since}
        values: dict[str, Any] = {"send_at": decision.wait_until, "claims": 0, "details": details}
        transition(session, gated.message, State.SCHEDULED, WAITS, now=gated.now, **values)
    return decision


def _is_as_judged(session: Session, gated: Gated) -> bool:
    """Whether the order is as the gate saw it; it stays so until the unit ends."""
    order = gated.truth.order
    query = select(OrderRow.version).where(OrderRow.id == order.id).with_for_update(read=True, key_share=True)
    return session.scalar(query) == order.version


def glimpse_code(session: Session, gated: Gated, segment: Segment, offer: Offer | None, maker: Maker) -> CodeDecision:
    """The code that the mail would show once its shop has it; the caller rolls everything back."""
    decision = reserve_code(session, _request(gated, segment, offer, maker))
    code = code_of(session, gated.message.order_id) if decision.wait_until is not None else None
    return CodeDecision(view=view_of(code)) if code is not None else decision


def _request(gated: Gated, segment: Segment, offer: Offer | None, maker: Maker) -> CodeRequest:
    message, truth = gated.message, gated.truth
    since = message.details.get(WAITING_SINCE)
    ends = [message.expires_at - MARGIN, *([message.offer_until] if message.offer_until else [])]
    return CodeRequest(
        shop_id=message.shop_id,
        order_id=message.order_id,
        address=truth.address,
        step=message.step,
        stream=message.stream,
        segment=segment,
        facts=truth.facts,
        profile=truth.profile,
        sequence=gated.edition.sequence,
        offer=offer,
        maker=maker,
        now=gated.now,
        last_moment=min(ends),
        waiting_since=datetime.fromisoformat(str(since)) if since else None,
    )
