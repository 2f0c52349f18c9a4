"""The provider's answers, committed one by one as they arrive."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.delivery.port import Outcome, Provider, Verdict
from worker.dispatch.backoff import next_try
from worker.dispatch.flight import Flight
from worker.dispatch.naming import ids
from worker.dispatch.policies import GRACE, decide_unknown
from worker.errors import StaleFenceError, StorageUnavailableError
from worker.store.evidence import Evidence, record_evidence
from worker.store.models import Attempt, Message
from worker.store.session import database_now
from worker.store.transitions import transition

log = structlog.get_logger()

STORAGE_PAUSES_S = (0.2, 1.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    session: Session
    message: Message
    outcome: Outcome
    provider: Provider
    now: datetime
    real_at: datetime


def settle_surely(
    installation: Installation, flight: Flight, outcome: Outcome, wait: Callable[[float], None] = time.sleep
) -> None:
    """Writes down one answer, also through a short outage of the database: an answer that is lost may cost a copy.

    What still cannot be written is left to the sweep, so that the answers after it are heard.
    """
    for pause_s in (*STORAGE_PAUSES_S, None):
        try:
            return settle(installation, flight, outcome)
        except StorageUnavailableError:
            if pause_s is None:
                log.error("dispatch.outcome.lost", alarm=True, **ids(flight.message), verdict=outcome.verdict)
            else:
                wait(pause_s)
    return None


def settle(installation: Installation, flight: Flight, outcome: Outcome) -> None:
    """Writes down one answer. One that comes after the lease has ended still counts as evidence."""
    now = installation.clock.now()
    with installation.database.write() as session:
        answer = _Answer(
            session=session,
            message=flight.message,
            outcome=outcome,
            provider=installation.provider,
            now=now,
            real_at=database_now(session),
        )
        _close_attempt(answer)
        try:
            _SETTLED[outcome.verdict](answer)
        except StaleFenceError:
            _settle_late(answer)


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


def _accepted(answer: _Answer) -> None:
    values = {"accepted_at": answer.now, "provider_id": answer.outcome.receipt, "claims": 0}
    _move(answer, State.ACCEPTED, f"{answer.provider.name} took it", tries=answer.message.tries + 1, **values)
    log.info("dispatch.message.sent", provider=answer.provider.name, **ids(answer.message))


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
    Verdict.ACCEPTED: _accepted,
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


def _close_attempt(answer: _Answer) -> None:
    outcome = answer.outcome
    closed = {
        "outcome": outcome.verdict.value,
        "receipt": outcome.receipt,
        "error": outcome.error,
        "finished_at": answer.real_at,
    }
    still_open = (Attempt.id == outcome.attempt_id, Attempt.outcome.in_(("open", "unknown")))
    answer.session.execute(update(Attempt).where(*still_open).values(closed))


def _unclear(session: Session, message: Message) -> int:
    mine = (Attempt.message_id == message.id, Attempt.outcome.in_(("open", "unknown")))
    return session.scalar(select(func.count()).select_from(Attempt).where(*mine)) or 0


def _error(answer: _Answer) -> str:
    return answer.outcome.error or "no reason given"
