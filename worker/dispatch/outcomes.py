"""The provider's answers, committed as they arrive: those that came together in one unit."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from schedules.records import record
from worker.bootstrap import Installation
from worker.delivery.port import Outcome, Provider, Verdict
from worker.dispatch.backoff import next_try
from worker.dispatch.flight import Flight
from worker.dispatch.naming import ids
from worker.dispatch.policies import GRACE, decide_unknown
from worker.errors import StaleFenceError, StorageUnavailableError
from worker.store.bulk import update_rows
from worker.store.evidence import Evidence, record_evidence
from worker.store.models import Attempt, Message
from worker.store.transitions import Change, lock_rows, transition, transition_many

log = structlog.get_logger()

STORAGE_PAUSES_S = (0.2, 1.0, 3.0)

_IS_OPEN = Attempt.outcome.in_([literal_column("'open'"), literal_column("'unknown'")])


@record
class _Answer:
    session: Session
    message: Message
    outcome: Outcome
    provider: Provider
    now: datetime
    real_at: datetime


def settle_surely(installation: Installation, answers: Sequence[tuple[Flight, Outcome]]) -> None:
    """Writes answers down, also through an outage of the database: an answer that is lost may cost a copy.

    What cannot be written within seconds waits for `write_kept`, so that the answers after it are heard.
    """
    for pause_s in (*STORAGE_PAUSES_S, None):
        try:
            return settle(installation, answers)
        except StorageUnavailableError:
            if pause_s is None:
                installation.unwritten.keep(answers)
                for flight, outcome in answers:
                    log.error("dispatch.outcome.unwritten", alarm=True, **ids(flight.message), verdict=outcome.verdict)
            else:
                time.sleep(pause_s)
    return None


def write_kept(installation: Installation) -> None:
    """Writes down what could not be when it was heard. Before anything is swept or sent: the sweep would take these
    mails for unclear, and send receipts again.

    Raises:
        StorageUnavailableError: it still cannot be written.
    """
    if answers := installation.unwritten.take():
        try:
            settle(installation, answers)
        except StorageUnavailableError:
            installation.unwritten.keep(answers)
            raise


def settle(installation: Installation, answers: Sequence[tuple[Flight, Outcome]]) -> None:
    """Writes answers down in one unit. One that comes after the lease has ended still counts as evidence."""
    now = installation.clock.now()
    with installation.database.write() as session:
        locked, real_at = lock_rows(session, [flight.message.id for flight, _ in answers])
        settled = [
            _Answer(
                session=session,
                message=flight.message,
                outcome=outcome,
                provider=installation.provider,
                now=now,
                real_at=real_at,
            )
            for flight, outcome in answers
        ]
        _close_attempts(session, settled, real_at)
        _accept(session, [each for each in settled if each.outcome.verdict is Verdict.ACCEPTED], locked)
        for answer in settled:
            if answer.outcome.verdict is not Verdict.ACCEPTED:
                _settle_other(answer)


def resolve_unknown(session: Session, message: Message, *, now: datetime, real_at: datetime) -> None:
    """Lets the policy decide about an unknown message whose grace has ended.

    Raises:
        StaleFenceError: evidence, or another sweep, came first.
    """
    decision = decide_unknown(message.stream, _unclear(session, message))
    values = {"resolve_at": None}
    if decision.state is State.SCHEDULED:
        at = next_try(now=now, tries=message.tries, expires_at=message.expires_at)
        transition(session, message, State.SCHEDULED, decision.reason, now=now, real_at=real_at, send_at=at, **values)
        return
    transition(session, message, decision.state, decision.reason, now=now, real_at=real_at, **values)
    log.error("dispatch.message.abandoned", alarm=True, **ids(message))


def grace_end(provider: Provider, attempt_provider: str, now: datetime) -> datetime:
    """Until when evidence is awaited: not at all where none can come."""
    may_hear = provider.can_reconcile and attempt_provider == provider.name
    return now + GRACE if may_hear else now


def _accept(session: Session, answers: Sequence[_Answer], locked: Mapping[UUID, tuple[str, int]]) -> None:
    if not answers:
        return
    changes, now, real_at = [_acceptance(answer) for answer in answers], answers[0].now, answers[0].real_at
    alike = {"accepted_at": now, "claims": 0}
    done = transition_many(session, changes, now=now, real_at=real_at, locked=locked, alike=alike)
    moved = {change.message.id for change in done}
    for answer in answers:
        if answer.message.id in moved:
            log.info("dispatch.message.sent", provider=answer.provider.name, **ids(answer.message))
        else:
            _settle_late(answer)


def _acceptance(answer: _Answer) -> Change:
    values = {"provider_id": answer.outcome.receipt, "tries": answer.message.tries + 1}
    return Change(answer.message, State.ACCEPTED, f"{answer.provider.name} took it", values)


def _settle_other(answer: _Answer) -> None:
    try:
        _SETTLED[answer.outcome.verdict](answer)
    except StaleFenceError:
        _settle_late(answer)


def _retry(answer: _Answer) -> None:
    message = answer.message
    tries = message.tries + 1
    wait = answer.outcome.retry_after
    at = next_try(now=answer.now, tries=tries, expires_at=message.expires_at, retry_after=wait)
    _move(answer, State.SCHEDULED, f"tried again later: {_error(answer)}", send_at=at, tries=tries, claims=0)


def _refused(answer: _Answer) -> None:
    _move(answer, State.FAILED, f"refused: {_error(answer)}", tries=answer.message.tries + 1)
    log.error("dispatch.message.refused", alarm=True, **ids(answer.message), error=answer.outcome.error)


def _unknown(answer: _Answer) -> None:
    until = grace_end(answer.provider, answer.provider.name, answer.now)
    tries = answer.message.tries + 1
    _move(answer, State.UNKNOWN, f"no clear answer: {_error(answer)}", resolve_at=until, tries=tries, claims=0)
    if until <= answer.now:
        resolve_unknown(answer.session, answer.message, now=answer.now, real_at=answer.real_at)


_SETTLED: dict[Verdict, Callable[[_Answer], None]] = {
    Verdict.RETRY: _retry,
    Verdict.REFUSED: _refused,
    Verdict.UNKNOWN: _unknown,
}


def _settle_late(answer: _Answer) -> None:
    """The row has moved on: its lease ended, or the provider's event was quicker than its answer."""
    outcome, session = answer.outcome, answer.session
    log.info("dispatch.outcome.late", **ids(answer.message), verdict=outcome.verdict.value)
    if outcome.verdict is Verdict.ACCEPTED:
        proof = Evidence(
            message_id=answer.message.id,
            attempt_id=outcome.attempt_id,
            state=State.ACCEPTED,
            reason=f"{answer.provider.name} took it; the answer came late",
            receipt=outcome.receipt,
        )
        record_evidence(session, proof, now=answer.now)
        return
    current = session.get_one(Message, answer.message.id, populate_existing=True, with_for_update=True)
    if outcome.verdict is Verdict.UNKNOWN or current.state != State.UNKNOWN or current.fence != answer.message.fence:
        return
    at = next_try(now=answer.now, tries=current.tries, expires_at=current.expires_at, retry_after=outcome.retry_after)
    reason = f"it certainly did not go out: {_error(answer)}"
    values = {"send_at": at, "resolve_at": None}
    transition(session, current, State.SCHEDULED, reason, now=answer.now, real_at=answer.real_at, **values)


def _move(answer: _Answer, to: State, reason: str, **values: object) -> None:
    transition(answer.session, answer.message, to, reason, now=answer.now, real_at=answer.real_at, **values)


def _close_attempts(session: Session, answers: Sequence[_Answer], real_at: datetime) -> None:
    rows = [
        {
            "id": answer.outcome.attempt_id,
            "outcome": answer.outcome.verdict.value,
            "receipt": answer.outcome.receipt,
            "error": answer.outcome.error,
        }
        for answer in answers
    ]
    update_rows(session, Attempt, rows, {"finished_at": real_at}, only=_IS_OPEN)


def _unclear(session: Session, message: Message) -> int:
    mine = (Attempt.message_id == message.id, _IS_OPEN)
    return session.scalar(select(func.count()).select_from(Attempt).where(*mine)) or 0


def _error(answer: _Answer) -> str:
    return answer.outcome.error or "no reason given"
