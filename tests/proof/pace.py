"""Waits shortened to seconds, and a host whose clock is wrong."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from tests.proof.blows import replace

ANSWER_S = 3.0
"""How long an answer of the provider is waited for, instead of 30 s."""
ATTEMPT_LEASE_S = 7.0
"""Of attempts and of events, instead of 60 s: it outlasts the wait for an answer."""
SWEEPS_S = 0.5
"""Between two ticks of each sweep, instead of one to three seconds."""


def shorten() -> None:
    """Shortens what a run would only wait for; business time is moved, and needs no shortening."""
    attempt = timedelta(seconds=ATTEMPT_LEASE_S)
    values: dict[str, Any] = {
        "worker.store.events:LEASE": attempt,
        "worker.dispatch.attempting:ATTEMPT_LEASE": attempt,
        "worker.dispatch.breaker:ATTEMPT_LEASE": attempt,
        "worker.delivery.sendgrid:MARGIN_S": 0.5,
        "worker.hints:REST_S": 1.0,
        "worker.tasks:WATCH_S": 0.4,
    }
    for place, value in values.items():
        replace(place, lambda _old, value=value: value)
    replace("worker.delivery.sendgrid:SendGrid.__init__", _hasty)
    replace("worker.celery:SWEEPS_S", lambda every: {name: SWEEPS_S if s < 5 else s for name, s in every.items()})


def _hasty(original: Any) -> Any:
    def init(self: Any, **given: Any) -> None:
        original(self, **(given | {"total_timeout_s": ANSWER_S}))

    return init


def shift_clock(by_s: Callable[[], float]) -> None:
    """This process's own clock is off by so much; the monotonic clock and the database's are right."""
    real_time, real_datetime = time.time, datetime

    class Off(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return real_datetime.now(tz) + timedelta(seconds=by_s())

        @classmethod
        def utcnow(cls) -> datetime:
            return real_datetime.now() + timedelta(seconds=by_s())

    time.time = lambda: real_time() + by_s()
    import sys

    for name, module in list(sys.modules.items()):
        if (
            name.startswith(("worker", "celery", "kombu", "billiard"))
            and getattr(module, "datetime", None) is real_datetime
        ):
            module.datetime = Off
