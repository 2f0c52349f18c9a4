"""Bugs planted into the real code, each of a kind that has cost people mails or given them two.

They prove the checker: the named invariant must catch each of them. Nothing here is ever part of the program.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import chain, repeat
from typing import Any, cast

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from schedules.lifecycle import State
from tests.proof.blows import replace
from worker.errors import StorageFullError
from worker.store.models import Message
from worker.store.session import database_now
from worker.store.transitions import Change

TWO_SECONDS = 2.0


@dataclass(frozen=True)
class Plant:
    """`caught_by`: the invariant that must name it."""

    says: str
    caught_by: str
    install: Callable[[], None]


def skip_fences() -> None:
    """Writes go through whoever has taken the message over meanwhile."""

    def many(original: Any) -> Any:
        def moved(session: Session, changes: Sequence[Change], **told: Any) -> list[Change]:
            as_read = {change.message.id: (change.message.state, change.message.fence) for change in changes}
            return cast(list[Change], original(session, changes, **(told | {"locked": as_read})))

        return moved

    def one(original: Any) -> Any:
        def write(session: Session, message: Message, *rest: Any) -> None:
            row = session.execute(select(Message.state, Message.fence).where(Message.id == message.id)).one()
            set_committed_value(message, "state", row.state)
            set_committed_value(message, "fence", row.fence)
            original(session, message, *rest)

        return write

    for stage in ("attempting", "outcomes"):
        replace(f"worker.dispatch.{stage}:transition_many", many)
    replace("worker.store.transitions:_write", one)
    replace("worker.dispatch.attempting:FIRST", lambda _original: 0)  # else the number of the attempt is taken already


def _drop_fence() -> None:
    """Also nobody looks at the truth again before the call."""
    skip_fences()
    replace("worker.dispatch.attempting:_looked_at_again", lambda _original: lambda _session, chunk: (list(chunk), []))


def _publish_before_commit() -> None:
    """The shop is told 202 while its webhook is still on the way to the disk."""
    from worker.intake import service

    def make(_original: Any) -> Any:
        def accept(installation: Any, incoming: Sequence[Any]) -> list[Any]:
            desk = service._Desk(installation)
            looked_at = [desk.examine(each) for each in incoming]
            passed = [event for event in looked_at if isinstance(event, service.NewEvent)]

            def store() -> None:
                time.sleep(0.5)
                with installation.database.write() as session:
                    service.store_events(session, passed)

            threading.Thread(target=store, daemon=True).start()
            return [
                each if isinstance(each, service.Answer) else service._answer(each, is_new=True) for each in looked_at
            ]

        return accept

    replace("worker.intake.grouping:accept", make)


def _close_sweep_window() -> None:
    """Sweeps look only at what ended in the last two seconds: whoever was down for longer never finds it."""

    def make(original: Any) -> Any:
        def found(session: Session, now: Any, limit: int) -> Any:
            return [
                row for row in original(session, now, limit) if (now - row.lease_until).total_seconds() < TWO_SECONDS
            ]

        return found

    replace("worker.store.leases:ended_claims", make)
    replace("worker.store.leases:ended_attempts", make)


def _retry_unknown_blindly() -> None:
    """No answer counts as no mail: sent again at once, whatever the stream."""
    from worker.dispatch.policies import Decision

    again = Decision(state=State.SCHEDULED, reason="no answer came; sent again")
    replace("worker.dispatch.outcomes:decide_unknown", lambda _original: lambda *_: again)
    for module in ("outcomes", "sweeping"):
        replace(f"worker.dispatch.{module}:grace_end", lambda _original: lambda _provider, _name, now: now)


def _claim_outside_the_transaction() -> None:
    """Due messages are chosen in one unit and taken in another, whatever became of them in between."""
    from worker.dispatch import service
    from worker.store import claims

    waits = chain([1.5], repeat(4.0))  # the second chooses while the first waits, and takes when that one has sent

    def make(_original: Any) -> Any:
        def claim(installation: Any, limit: int, *, may_be_suspect: bool) -> service._Batch:
            now = installation.clock.now()
            due = select(Message.id).where(Message.state == "scheduled", Message.send_at <= now).limit(limit)
            with installation.database.read() as session:
                chosen = session.scalars(due).all()
            if chosen:
                time.sleep(next(waits))
            with installation.database.write() as session:
                real_at = database_now(session)
                taken = update(Message).where(Message.id.in_(chosen), true())
                values = {"state": "claimed", "fence": Message.fence + 1, "lease_until": real_at + service.CLAIM_LEASE}
                messages = list(session.scalars(taken.values(values).returning(Message)))
                claims._note(session, messages, now, real_at)
            return service._Batch(messages, is_suspect=False)

        return claim

    replace("worker.dispatch.service:_claim", make)


def _take_a_full_disk_for_stored() -> None:
    """The shop is told 202 whatever the database says, as if somebody would store it later."""
    from worker.intake.service import Answer

    def make(original: Any) -> Any:
        def accept(installation: Any, incoming: Sequence[Any]) -> list[Any]:
            try:
                return cast(list[Any], original(installation, incoming))
            except StorageFullError:
                return [Answer(status=202, detail="Stored.")] * len(incoming)

        return accept

    replace("worker.intake.grouping:accept", make)


def _close_due_window() -> None:
    """Sweeps ask for delivery only when something fell due within the last hour: nothing else is ever behind."""

    def make(original: Any) -> Any:
        def sweep_due(installation: Any) -> int:
            now = installation.clock.now()
            recent = (Message.state == "scheduled", Message.send_at <= now, Message.send_at > now - timedelta(hours=1))
            with installation.database.read() as session:
                is_any = session.scalar(select(Message.id).where(*recent).limit(1)) is not None
            return cast(int, original(installation)) if is_any else 0

        return sweep_due

    replace("worker.tasks:sweep_due", make)


def _go_by_the_own_clock() -> None:
    """Due times go by the clock of whichever host looks."""
    from worker import clock

    replace("worker.clock:Clock.real_now", lambda _original: lambda _clock: clock.datetime.now(UTC))


PLANTS: dict[str, Plant] = {
    "fence dropped": Plant(
        "a worker that woke up late goes on as if nothing had happened", "fences only grow", _drop_fence
    ),
    "publish before commit": Plant(
        "202 is answered before the webhook is stored", "acknowledged is stored", _publish_before_commit
    ),
    "closed sweep window": Plant("sweeps look back for a limited time", "due ends in time", _close_sweep_window),
    "blind retry of unknown": Plant(
        "an unclear attempt is repeated at once, also of marketing", "marketing goes out once", _retry_unknown_blindly
    ),
    "claim outside the transaction": Plant(
        "two workers take the same message", "accepted once unless unclear", _claim_outside_the_transaction
    ),
    "full disk taken for stored": Plant(
        "202 is answered though the disk has no room", "acknowledged is stored", _take_a_full_disk_for_stored
    ),
    "closed due window": Plant(
        "what fell due more than an hour ago is not looked for", "due ends in time", _close_due_window
    ),
    "own clock": Plant("due times go by the host's own clock", "never early", _go_by_the_own_clock),
}
