"""The last look and the mark, in one transaction: after it the call to the provider may have happened."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.dispatch.flight import Flight, Ready
from worker.dispatch.naming import ids
from worker.dispatch.personalising import Personal
from worker.dispatch.policies import ATTEMPT_LEASE
from worker.errors import StaleFenceError
from worker.personalisation.offers import record_offer
from worker.rendering.port import Offer
from worker.store.models import Attempt, Message
from worker.store.session import database_now
from worker.store.transitions import transition
from worker.store.truth import lock_person, read_witness
from worker.store.types import new_id

log = structlog.get_logger()

LATE = timedelta(hours=2)
CHANGED = "something changed while it was being prepared; it is looked at again"


def mark_attempting(installation: Installation, chunk: Sequence[Ready]) -> list[Flight]:
    """Marks those of the chunk that may still go, and returns them with the ids of their attempts.

    What changed since the gate looked goes back to be claimed again at once; what somebody else has taken over is left
    alone. Commits before it returns, so that a crash from here on leaves `attempting` behind and never a silent copy.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        for shop_id, address in sorted({(ready.message.shop_id, ready.address) for ready in chunk}):
            lock_person(session, shop_id, address)
        real_at = database_now(session)
        marked = (_mark(session, installation.provider.name, ready, now, real_at) for ready in chunk)
        return [flight for flight in marked if flight is not None]


def _mark(session: Session, provider: str, ready: Ready, now: datetime, real_at: datetime) -> Flight | None:
    message = ready.message
    try:
        if read_witness(session, message, ready.judged_at) != ready.witness:
            transition(session, message, State.SCHEDULED, CHANGED, now=now, real_at=real_at, claims=0)
            return None
        return _fly(session, provider, ready, now, real_at)
    except StaleFenceError:
        log.info("dispatch.message.left", **ids(message), reason="its claim has ended")
        return None


def _fly(session: Session, provider: str, ready: Ready, now: datetime, real_at: datetime) -> Flight:
    message = ready.message
    attempt_id = new_id()
    values = {
        "lease_until": real_at + ATTEMPT_LEASE,
        "attempted_at": real_at,
        "provider": provider,
        "revision": ready.revision,
        "variant": ready.variant,
        "subject": ready.mail.subject,
        "address": ready.address,
        "has_offer": ready.personal.offer is not None,
        "details": message.details | _shown(ready.personal),
    }
    _raise_alarm_if_late(message, now)
    reason = f"handed to {provider}"
    transition(session, message, State.ATTEMPTING, reason, now=now, real_at=real_at, **values)
    number = _attempts(session, message) + 1
    session.add(
        Attempt(
            id=attempt_id,
            message_id=message.id,
            number=number,
            fence=message.fence,
            provider=provider,
            started_at=real_at,
        )
    )
    # Also without an offer: an earlier attempt may have recorded one that this mail no longer shows.
    record_offer(
        session,
        shop_id=message.shop_id,
        message_id=message.id,
        address=ready.address,
        offer=ready.personal.offer or Offer(),
        now=now,
    )
    return Flight(message=message, mail=replace(ready.mail, attempt_id=attempt_id))


def _raise_alarm_if_late(message: Message, now: datetime) -> None:
    """Transactional mail is sent late rather than never, but somebody should know."""
    late = now - message.aim_at
    if message.stream == "transactional" and late > LATE:
        log.error("dispatch.message.late", alarm=True, late_s=round(late.total_seconds()), **ids(message))


def _shown(personal: Personal) -> dict[str, str]:
    """What the timeline tells of the offer."""
    code = personal.offer.code if personal.offer else None
    return {"why_no_offer": personal.why_no_offer, "code": code.code if code else ""}


def _attempts(session: Session, message: Message) -> int:
    mine = select(func.count()).select_from(Attempt).where(Attempt.message_id == message.id)
    return session.scalar(mine) or 0
