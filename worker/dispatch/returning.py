"""Messages that cannot go now through no decision of the gate: put back with a delay, or failed with a reason."""

from pathlib import Path
from typing import Any

import structlog

from schedules.lifecycle import State
from worker.bootstrap import Installation
from worker.dispatch.backoff import next_try
from worker.dispatch.naming import ids
from worker.errors import StaleFenceError
from worker.store.models import Message
from worker.store.transitions import transition

log = structlog.get_logger()

CHANGED = "something changed while it was being prepared; it is looked at again"


def put_back(installation: Installation, message: Message, error: Exception, what: str) -> None:
    """Puts a claimed message behind the others after an unforeseen error. Its claims still count: often enough, and it
    fails as poisoned."""
    now = installation.clock.now()
    at = next_try(now=now, tries=message.claims, expires_at=message.expires_at)
    log.error("dispatch.message.stumbled", alarm=True, **ids(message), error=told(error))
    _move(installation, message, State.SCHEDULED, f"{what}: {told(error)}", send_at=at)


def fail(installation: Installation, message: Message, reason: str) -> None:
    """Ends a claimed message that no later try can help."""
    log.error("dispatch.message.failed", alarm=True, **ids(message), reason=reason)
    _move(installation, message, State.FAILED, reason)


def skip(installation: Installation, message: Message, reason: str) -> None:
    """Ends a claimed message that has nothing to say."""
    log.info("dispatch.message.skipped", **ids(message), reason=reason)
    _move(installation, message, State.SKIPPED, reason)


def told(error: BaseException) -> str:
    """An error by its type and place, without its text, which may hold what customers wrote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def _move(installation: Installation, message: Message, to: State, reason: str, **values: Any) -> None:
    now = installation.clock.now()
    try:
        with installation.database.write() as session:
            transition(session, message, to, reason, now=now, **values)
    except StaleFenceError:
        log.info("dispatch.message.left", **ids(message), reason="its claim has ended")
