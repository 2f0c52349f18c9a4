"""The last look and the mark, in one transaction: after it the call to the provider may have happened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.dispatch.admitting import Admission, Waiting, admit
from worker.dispatch.flight import Flight, Ready
from worker.dispatch.naming import ids
from worker.dispatch.personalising import Personal
from worker.dispatch.policies import ATTEMPT_LEASE
from worker.dispatch.returning import CHANGED
from worker.dispatch.sharing import within_shares
from worker.personalisation.offers import Shown, record_offers
from worker.rendering.port import Offer
from worker.store.bulk import insert_rows
from worker.store.many import is_among
from worker.store.models import Attempt
from worker.store.transitions import Change, lock_rows, transition_many
from worker.store.truth import lock_people, read_witnesses

log = structlog.get_logger()

FIRST = 1
"""The fence of a message that nobody claimed before: it has neither attempts nor offers yet."""


def mark_attempting(installation: Installation, chunk: Sequence[Ready]) -> list[Flight]:
    """Marks those of the chunk that may still go, and returns them with the ids of their attempts.

    What changed since the gate looked goes back to be claimed again at once, what the provider lets through only later
    waits until then; what somebody else has taken over is left alone. Commits before it returns, so that a crash from
    here on leaves `attempting` behind and never a silent copy.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        lock_people(session, [(ready.message.shop_id, ready.address) for ready in chunk])
        # Before the look: whoever plans their orders, or erases their people, waits for what is written here, or has
        # come before it.
        locked, real_at = lock_rows(session, [ready.message.id for ready in chunk])
        same, changed = _looked_at_again(session, chunk)
        admission = admit(session, same, now, real_at)
        admitted, late = within_shares(session, admission.admitted, now)
        provider = installation.provider.name
        moving = [_attempting(provider, ready) for ready in admitted]
        called = {"lease_until": real_at + ATTEMPT_LEASE, "attempted_at": real_at, "provider": provider}
        done = transition_many(session, moving, now=now, real_at=real_at, locked=locked, alike=called)
        back = [Change(ready.message, State.SCHEDULED, CHANGED) for ready in changed]
        back += [_postponed(waiting) for waiting in (*admission.waiting, *late)]
        done += transition_many(session, back, now=now, real_at=real_at, locked=locked, alike={"claims": 0})
        moved = {change.message.id for change in done}
        for ready in chunk:
            if ready.message.id not in moved:
                log.info("dispatch.message.left", **ids(ready.message), reason="its claim has ended")
        going = [ready for ready in admitted if ready.message.id in moved]
        admission.take(going, now, real_at)
        flights = [_flight(ready, admission) for ready in going]
        _keep_attempts(session, provider, flights, real_at)
        record_offers(session, [_shown(ready) for ready in going], now=now)
    for ready in going:
        _raise_alarm_if_late(ready, now)
    return flights


def _looked_at_again(session: Session, chunk: Sequence[Ready]) -> tuple[list[Ready], list[Ready]]:
    """Those about which nothing has changed since the gate looked, and those about which something has."""
    same: list[Ready] = []
    changed: list[Ready] = []
    for judged_at in sorted({ready.judged_at for ready in chunk}):
        judged = [ready for ready in chunk if ready.judged_at == judged_at]
        truths = read_witnesses(session, [ready.message for ready in judged], judged_at)
        for ready in judged:
            (same if truths.witness(ready.message) == ready.witness else changed).append(ready)
    return _one_each(same, changed)


def _one_each(same: Sequence[Ready], changed: list[Ready]) -> tuple[list[Ready], list[Ready]]:
    """At most one mail that counts for caps goes to a person at once; for the next of them this one has changed it."""
    kept: list[Ready] = []
    counted: set[tuple[UUID, str]] = set()
    for ready in same:
        person = (ready.message.shop_id, ready.address)
        (changed if person in counted else kept).append(ready)
        if ready.message.stream == "marketing" or ready.personal.offer is not None:
            counted.add(person)
    return kept, changed


def _attempting(provider: str, ready: Ready) -> Change:
    values = {
        "revision": ready.revision,
        "variant": ready.variant,
        "subject": ready.mail.subject,
        "address": ready.address,
        "has_offer": ready.personal.offer is not None,
        "counts_clicks": ready.counts_clicks,
        "details": ready.message.details | _told(ready.personal) | ready.told,
    }
    return Change(ready.message, State.ATTEMPTING, f"handed to {provider}", values)


def _postponed(waiting: Waiting) -> Change:
    return Change(waiting.ready.message, State.SCHEDULED, waiting.reason, {"send_at": waiting.until})


def _flight(ready: Ready, admission: Admission) -> Flight:
    return Flight(
        message=ready.message,
        mail=ready.mail,
        account=ready.account,
        standing=admission.keys.get(ready.account),
    )


def _keep_attempts(session: Session, provider: str, flights: Sequence[Flight], real_at: datetime) -> None:
    if not flights:
        return
    again = [flight.message.id for flight in flights if flight.message.fence > FIRST]
    before = _attempts(session, again) if again else {}
    rows = [
        {
            "id": flight.mail.attempt_id,
            "message_id": flight.message.id,
            "number": before.get(flight.message.id, 0) + 1,
            "fence": flight.message.fence,
        }
        for flight in flights
    ]
    insert_rows(session, Attempt, rows, {"provider": provider, "outcome": "open", "started_at": real_at})


def _shown(ready: Ready) -> Shown:
    """Also without an offer: an earlier attempt may have recorded one that this mail no longer shows."""
    message, offer = ready.message, ready.personal.offer or Offer()
    return Shown(message.shop_id, message.id, ready.address, offer, is_first=message.fence == FIRST)


def _raise_alarm_if_late(ready: Ready, now: datetime) -> None:
    """Transactional mail is sent late rather than never, but somebody should know."""
    message = ready.message
    if message.stream == "transactional" and now > ready.late_from:
        late = now - message.aim_at
        log.error("dispatch.message.late", alarm=True, late_s=round(late.total_seconds()), **ids(message))


def _told(personal: Personal) -> dict[str, str]:
    """What the timeline tells of the person and the offer."""
    code = personal.offer.code if personal.offer else None
    told = {
        "segment": personal.segment.value,
        "why_no_offer": personal.why_no_offer,
        "code": code.code if code else "",
    }
    return told | ({"why_no_code": personal.why_no_code} if personal.why_no_code else {})


def _attempts(session: Session, message_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many attempts each message has had."""
    mine = select(Attempt.message_id, func.count()).where(is_among(session, Attempt.message_id, message_ids))
    return dict(session.execute(mine.group_by(Attempt.message_id)).all())
