"""What became of mails: events of a provider are kept once, move messages forward, and stop mails to people.

Rows are locked in one order, messages by id and then people by address, so that batches at once don't cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.delivery.addressing import is_same_mailbox
from worker.feedback.sendgrid_events import REFUSALS, Batch, ToldEvent, suppresses
from worker.feedback.writing_back import tell_refusal, tell_second_thought
from worker.store.delivery_events import (
    EventKey,
    Recipient,
    drops_of,
    keep_events,
    known_messages,
    newest_of_kinds,
)
from worker.store.evidence import Evidence, lock_messages, record_all
from worker.store.models.feedback import COMPLAINT
from worker.store.session import database_now
from worker.store.suppressions import lift, suppress

AT_ONCE = 200
"""Events per transaction: a batch of 5 MB holds thousands, and SQLite has one writer."""
PROVIDER = "sendgrid"
REFUSED_THERE = "sendgrid_unsubscribe"
"""Source of refusals that may be taken back there; complaints and bounces are not."""

log = structlog.get_logger()

Recipients = Mapping[UUID, Recipient]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a batch brought. `known`: events kept before; `foreign`: of mails that are not ours."""

    new: int = 0
    known: int = 0
    foreign: int = 0
    moved: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            new=self.new + other.new,
            known=self.known + other.known,
            foreign=self.foreign + other.foreign,
            moved=self.moved + other.moved,
        )


def record_events(installation: Installation, batch: Batch) -> Tally:
    """Works a batch in. Doing it twice, in parts or in another order ends the same.

    Raises:
        StorageUnavailableError: part of the batch may be stored; the sender should send all of it again.
    """
    for news in batch.account:
        log.error("feedback.account.changed", alarm=True, provider=PROVIDER, news=news)
    told = sorted(batch.events, key=lambda event: (event.message_id, event.at, event.kind, event.attempt_id))
    tally = Tally(foreign=batch.foreign)
    for start in range(0, len(told), AT_ONCE):
        tally += _record(installation, told[start : start + AT_ONCE])
    log.info("feedback.batch.recorded", new=tally.new, known=tally.known, foreign=tally.foreign, moved=tally.moved)
    return tally


def _record(installation: Installation, told: Sequence[ToldEvent]) -> Tally:
    now = installation.clock.now()
    with installation.database.write() as session:
        # Before looking whose they are: they may be erased.
        lock_messages(session, [event.message_id for event in told])
        recipients = known_messages(session, [event.message_id for event in told])
        ours = [_kept_of(event, recipients) for event in told if event.message_id in recipients]
        new = _keep(session, ours)
        proofs = [proof for event in new if (proof := _proof(event, recipients)) is not None]
        moved = record_all(session, proofs, now=now)
        _stop_mails(session, new, recipients, now)
    for event in new:
        _raise_alarms(event, recipients[event.message_id])
    return Tally(new=len(new), known=len(ours) - len(new), foreign=len(told) - len(ours), moved=moved)


def _kept_of(event: ToldEvent, recipients: Recipients) -> ToldEvent:
    """What may be kept of it: of somebody erased nothing that a provider or a mailbox says in its own words."""
    return event if recipients[event.message_id].address else event.without_words()


def _keep(session: Session, told: Sequence[ToldEvent]) -> list[ToldEvent]:
    """Keeps the events, whose messages are locked; those that are new, once each."""
    by_key = {EventKey(event.message_id, event.attempt_id, event.kind, event.at): event for event in told}
    details = {key: event.details for key, event in by_key.items()}
    provider = told[0].provider if told else PROVIDER
    new = keep_events(session, details, provider=provider, received_at=database_now(session))
    return [event for key, event in by_key.items() if key in new]


def _proof(event: ToldEvent, recipients: Recipients) -> Evidence | None:
    if event.state is None:
        return None
    return Evidence(
        message_id=event.message_id,
        attempt_id=event.attempt_id,
        state=event.state,
        reason=event.words,
        receipt=event.receipt,
        is_elsewhere=_is_elsewhere(event, recipients[event.message_id]),
    )


def _is_elsewhere(event: ToldEvent, recipient: Recipient) -> bool:
    """Whether it is of a mail to another address than its customer's, as in test mode."""
    if not event.address or not recipient.address:
        return False
    return not is_same_mailbox(event.address, recipient.address)


def _stop_mails(session: Session, new: Sequence[ToldEvent], recipients: Recipients, now: datetime) -> None:
    """Suppresses people, and takes back what they refused at SendGrid alone."""
    concerned = [(recipients[event.message_id], event) for event in new if event.suppresses or event.is_resubscribed]
    for recipient, event in sorted(concerned, key=lambda each: (each[0].shop_id, each[0].address or "", each[1].at)):
        if not recipient.address or _is_elsewhere(event, recipient):
            log.info("feedback.address.other", message_id=str(event.message_id), kind=event.kind)
        else:
            _stop(session, event, recipient.shop_id, recipient.address, now)


def _stop(session: Session, event: ToldEvent, shop_id: UUID, address: str, now: datetime) -> None:
    scope, reason = event.suppresses or ("marketing", "unsubscribed")
    is_refusal = reason != "hard_bounce"
    if reason == "unsubscribed" and not _is_refused_there(session, shop_id, address):
        if lift(session, shop_id, address, scope, source=REFUSED_THERE):
            tell_second_thought(session, shop_id, address, now)
        return
    source = REFUSED_THERE if reason == "unsubscribed" else event.provider
    if suppress(session, shop_id, address, scope, reason=reason, now=now, source=source) and is_refusal:
        tell_refusal(session, shop_id, address, now)


def _is_refused_there(session: Session, shop_id: UUID, address: str) -> bool:
    """By the newest of all events that are kept, for they come in any order; only a group's refusal can be lifted.

    Of a refusal in a mail of another program the drop of the next one of ours may tell alone.
    """
    newest = newest_of_kinds(session, shop_id, address, ("unsubscribe", "group_unsubscribe", "group_resubscribe"))
    back = newest.pop("group_resubscribe", None)
    drops = drops_of(session, shop_id, address)
    told = [at for at, details in drops if suppresses("dropped", details) == REFUSALS["group_unsubscribe"]]
    refused = max([*newest.values(), *told], default=None)
    return "unsubscribe" in newest or (refused is not None and (back is None or back < refused))


def _raise_alarms(event: ToldEvent, recipient: Recipient) -> None:
    """A dropped receipt; a drop for a reason that is nobody's own; a complaint, after which receipts are dropped."""
    ids = {"message_id": str(event.message_id), "step": recipient.step, "stream": recipient.stream}
    if event.state is State.DROPPED and recipient.stream == "transactional":
        log.error("feedback.receipt.dropped", alarm=True, reason=event.words, **ids)
    elif event.state is State.DROPPED and event.suppresses is None:
        log.error("feedback.mail.dropped", alarm=True, reason=event.words, **ids)
    elif event.kind == COMPLAINT:
        log.warning("feedback.person.complained", alarm=True, provider=event.provider, **ids)
