"""The stage's small face: what its tasks call. Every function can be repeated, doubled or cut short at any point."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import NamedTuple
from uuid import UUID

import structlog

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.delivery.port import Outcome
from worker.dispatch.admitting import learn
from worker.dispatch.assembly import assemble
from worker.dispatch.attempting import mark_attempting
from worker.dispatch.doors import sift_of
from worker.dispatch.flight import Flight, Ready
from worker.dispatch.gathering import gathered
from worker.dispatch.gating import gate
from worker.dispatch.naming import ids
from worker.dispatch.outcomes import settle_surely, write_kept
from worker.dispatch.policies import MAX_CLAIMS, SUSPECTS_AT_ONCE, TASKS_AT_ONCE, batch_for
from worker.dispatch.sweeping import sweep, sweep_claims
from worker.errors import StorageFullError, StorageUnavailableError
from worker.store.claims import Turn, claim_due, claim_suspect, count_due, forgive_claims, next_due
from worker.store.keeping import CLAIM_LEASE
from worker.store.leases import has_ended_claims, has_left_over, has_work
from worker.store.models import Message
from worker.store.session import database_now
from worker.store.transitions import transition

log = structlog.get_logger()


def has_work_within(installation: Installation, span: timedelta) -> bool:
    """Whether a tick has more to do than to look: something is due, falls due within the span, or was left behind."""
    by = installation.clock.now() + span
    with installation.database.read() as session:
        return has_work(session, by)


def sweep_due(installation: Installation) -> int:
    """How many `deliver` tasks are worth asking for now: no more than there is work, nor than a second's worth.

    What a dead dispatcher had claimed is due again.
    """
    now, real_at = installation.clock.now(), installation.clock.real_now()
    with installation.database.read() as session:
        is_left_behind = has_ended_claims(session, database_now(session))
    if is_left_behind:
        sweep_claims(installation)
    with installation.database.read() as session:
        sift = sift_of(installation, session, now, real_at)
        batch = batch_size(installation)
        return ceil(count_due(session, now, batch * TASKS_AT_ONCE, sift) / batch)


def due_within(installation: Installation, span: timedelta) -> float | None:
    """In how many seconds of business time the next message falls due; None: not within the span."""
    now = installation.clock.now()
    with installation.database.read() as session:
        at = next_due(session, now, now + span)
    return None if at is None else (at - now).total_seconds()


def batch_size(installation: Installation) -> int:
    """Messages per claim with this installation's provider."""
    return batch_for(installation.provider.connections)


def deliver_batch(installation: Installation, limit: int | None = None) -> int:
    """Claims due messages and takes each as far as it goes; how many were claimed. `limit`: by default `batch_size`.

    Messages whose earlier claims ended without an outcome are taken first, each alone.
    """
    write_kept(installation)
    limit, suspects = limit or batch_size(installation), 0
    while True:
        batch = _claim(installation, limit, may_be_suspect=suspects < SUSPECTS_AT_ONCE)
        _work(installation, batch.messages)
        if not batch.is_suspect:
            return suspects + len(batch.messages)
        suspects += 1


def sweep_leases(installation: Installation) -> int:
    """Takes up what lost tasks and dead processes left behind; how many messages moved.

    Looks before it writes: most sweeps find nothing, and on SQLite a writer keeps others waiting.
    """
    write_kept(installation)
    now = installation.clock.now()
    with installation.database.read() as session:
        is_any = has_left_over(session, now)
    return sweep(installation) if is_any else 0


class _Batch(NamedTuple):
    messages: list[Message]
    is_suspect: bool


def _claim(installation: Installation, limit: int, *, may_be_suspect: bool) -> _Batch:
    """One message whose earlier claims were lost, where it may and there is one; else of all others what is due."""
    now, real_at = installation.clock.now(), installation.clock.real_now()
    with installation.database.write() as session:
        sift = sift_of(installation, session, now, real_at)
        turn = Turn(now=now, lease=CLAIM_LEASE, limit=limit, sift=sift)
        suspect = claim_suspect(session, turn) if may_be_suspect else []
        claimed = suspect or claim_due(session, turn)
        for message in claimed:
            if message.claims > MAX_CLAIMS:
                reason = f"poisoned: claimed {MAX_CLAIMS} times without an outcome"
                transition(session, message, State.FAILED, reason, now=turn.now)
                log.error("dispatch.message.poisoned", alarm=True, **ids(message))
    return _Batch([message for message in claimed if message.state == State.CLAIMED], bool(suspect))


def _work(installation: Installation, claimed: Sequence[Message]) -> None:
    if not claimed:
        return
    with installation.keeper.keeping(claimed):
        try:
            ready = assemble(installation, gate(installation, claimed))
            size = max(1, installation.provider.connections)
            for start in range(0, len(ready), size):
                _deliver(installation, ready[start : start + size])
        except StorageFullError:
            _forgive(installation, claimed)
            raise


def _forgive(installation: Installation, claimed: Sequence[Message]) -> None:
    """A full disk may last for longer than all the claims of a message; where even this finds no room, they count."""
    try:
        with installation.database.write() as session:
            forgive_claims(session, claimed)
    except StorageUnavailableError as error:
        log.warning("dispatch.claims.counted", error=str(error))


def _deliver(installation: Installation, chunk: Sequence[Ready]) -> None:
    flights = {flight.mail.attempt_id: flight for flight in mark_attempting(installation, chunk)}
    if not flights:
        return
    outcomes = installation.provider.deliver([flight.mail for flight in flights.values()])
    for group in gathered(outcomes):
        if answers := _answers(flights, group):
            settle_surely(installation, answers)
            learn(installation, answers)


def _answers(flights: dict[UUID, Flight], outcomes: Sequence[Outcome]) -> list[tuple[Flight, Outcome]]:
    """The outcomes with their flights, which are taken out of the open ones. One that belongs to none is let go."""
    answers: list[tuple[Flight, Outcome]] = []
    for outcome in outcomes:
        flight = flights.pop(outcome.attempt_id, None)
        if flight is None:
            log.warning("dispatch.outcome.stray", attempt_id=str(outcome.attempt_id), verdict=outcome.verdict.value)
        else:
            answers.append((flight, outcome))
    return answers
