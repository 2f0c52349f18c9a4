"""What lost tasks and dead processes left behind, taken up again from SQL alone. Doubled sweeps are harmless."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.delivery.port import Remembers
from worker.dispatch.backoff import next_try
from worker.dispatch.naming import ids
from worker.dispatch.outcomes import grace_end, resolve_unknown
from worker.dispatch.policies import SWEEP_LIMIT
from worker.errors import StaleFenceError
from worker.store import leases
from worker.store.claims import SUSPECT_CLAIMS
from worker.store.models import Attempt, Message
from worker.store.session import database_now
from worker.store.transitions import transition

log = structlog.get_logger()

ENDED = "the dispatcher ended before the provider's answer was written down"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One unit of a sweep."""

    installation: Installation
    session: Session
    now: datetime
    real_at: datetime

    def move(self, message: Message, to: State, reason: str, **values: object) -> None:
        transition(self.session, message, to, reason, now=self.now, real_at=self.real_at, **values)


def sweep(installation: Installation) -> int:
    """Mends every kind of left-over row, in the order in which one may become the next; how many rows moved."""
    return sum(_one_kind(installation, find, mend) for find, mend in _KINDS)


def sweep_claims(installation: Installation) -> int:
    """Frees what dead dispatchers had claimed; how many messages. `sweep` does it too."""
    return _one_kind(installation, *_CLAIMS)


Find = Callable[[Sweep], Sequence[Message]]
Mend = Callable[[Sweep, Message], None]


def _one_kind(installation: Installation, find: Find, mend: Mend) -> int:
    now = installation.clock.now()
    moved = 0
    with installation.database.write() as session:
        unit = Sweep(installation=installation, session=session, now=now, real_at=database_now(session))
        for message in find(unit):
            try:
                mend(unit, message)
                moved += 1
            except StaleFenceError:
                log.info("dispatch.message.left", **ids(message), reason="it moved on meanwhile")
    return moved


def _release_claim(unit: Sweep, message: Message) -> None:
    """What was lost with its dispatcher more than once waits longer each time: if crashes have another cause, that may
    pass before the message is taken for it."""
    values = {}
    if message.claims >= SUSPECT_CLAIMS:
        values["send_at"] = next_try(now=unit.now, tries=message.claims - 1, expires_at=message.expires_at)
    unit.move(message, State.SCHEDULED, "the dispatcher that had it ended before its work was done", **values)


def _end_attempt(unit: Sweep, message: Message) -> None:
    """A provider that remembers is asked; of any other nobody can tell."""
    provider = unit.installation.provider
    attempt = leases.last_attempt(unit.session, message.id)
    is_ours = attempt is not None and attempt.provider == provider.name
    if attempt is not None and is_ours and isinstance(provider, Remembers):
        _remember(unit, message, attempt, has_it=provider.has(attempt.id))
        return
    until = grace_end(provider, attempt.provider if attempt else "", unit.now)
    unit.move(message, State.UNKNOWN, ENDED, resolve_at=until, tries=message.tries + 1)
    if attempt is not None:
        leases.close_attempt(unit.session, attempt, "unknown", real_at=unit.real_at, error=ENDED)


def _remember(unit: Sweep, message: Message, attempt: Attempt, *, has_it: bool) -> None:
    name = attempt.provider
    if has_it:
        reason = f"{name} has it, although the dispatcher ended early"
        unit.move(message, State.ACCEPTED, reason, accepted_at=unit.now, tries=message.tries + 1)
        leases.close_attempt(unit.session, attempt, "accepted", real_at=unit.real_at)
        return
    unit.move(message, State.SCHEDULED, f"the dispatcher ended before {name} had it")
    leases.close_attempt(unit.session, attempt, "retry", real_at=unit.real_at, error=ENDED)


def _decide(unit: Sweep, message: Message) -> None:
    resolve_unknown(unit.session, message, now=unit.now, real_at=unit.real_at)


def _release_pause(unit: Sweep, message: Message) -> None:
    unit.move(message, State.SCHEDULED, "the pause has ended", send_at=max(message.send_at, unit.now))


def _expire(unit: Sweep, message: Message) -> None:
    when = "while it was held" if message.state == State.HELD else "before it was sent"
    unit.move(message, State.EXPIRED, f"its window closed {when}; last: {message.reason}")
    log.warning("dispatch.message.expired", alarm=message.stream == "transactional", **ids(message))


_CLAIMS: tuple[Find, Mend] = (
    lambda unit: leases.ended_claims(unit.session, unit.real_at, SWEEP_LIMIT),
    _release_claim,
)
_KINDS: tuple[tuple[Find, Mend], ...] = (
    _CLAIMS,
    (lambda unit: leases.ended_attempts(unit.session, unit.real_at, SWEEP_LIMIT), _end_attempt),
    (lambda unit: leases.undecided(unit.session, unit.now, SWEEP_LIMIT), _decide),
    (lambda unit: leases.unpaused(unit.session, SWEEP_LIMIT), _release_pause),
    (lambda unit: leases.expired(unit.session, unit.now, SWEEP_LIMIT), _expire),
)
