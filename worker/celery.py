"""The one Celery app: `memory://` inside the single process of `up`, a real broker otherwise."""

import time
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from kombu import Queue

from worker import queues
from worker.bootstrap import Installation
from worker.heartbeats import Pulse
from worker.hints import Hints
from worker.settings import Settings
from worker.tasks import TASKS

SWEEPS_S = {
    queues.SWEEP_DUE: 1.0,
    queues.SWEEP_EVENTS: 2.0,
    queues.SWEEP_RETURNED: 15.0,
    queues.SWEEP_LEASES: 3.0,
    queues.WRITE_BACK: 10.0,
    queues.KEEP_CODES: 3.0,
    queues.LEARN: 900.0,
    queues.PURGE_BODIES: 600.0,
}
LONG_S = 30.0
"""What comes more often than this is also done at the start: it takes up what was left behind."""
LONGEST_SWEEP_QUEUE = 20
"""Sweeps are not sent to a queue this long: with no worker alive they would only pile up."""


class Postpurchase(Celery):
    """A Celery app that knows its installation and sends hints through `hints`."""

    def __init__(self, installation: Installation) -> None:
        super().__init__("postpurchase", set_as_current=False)
        self.conf.update(configuration(installation.settings))
        self.installation = installation
        self.hints = Hints(self)
        pulse = Pulse(installation.database, "worker")
        for task in TASKS:
            self.register_task(task(installation, self.hints, pulse))

    def close(self) -> None:
        self.hints.close()
        super().close()


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings: early acknowledgement, no results, short time-outs, bounded prefetch."""
    broker = settings.broker_url.get_secret_value() if settings.broker_url else "memory://localhost/"
    return {
        "broker_url": broker,
        "broker_transport": "worker.memory:Transport" if settings.is_embedded else None,
        "broker_transport_options": _transport_options(broker),
        "broker_connection_timeout": 1.0,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": None,
        "result_expires": None,
        "task_ignore_result": True,
        "task_acks_late": False,
        "task_default_delivery_mode": "transient",
        "task_queues": [Queue(name) for name in queues.QUEUES],
        "task_default_queue": queues.MAINTENANCE,
        "task_routes": {task: {"queue": queue} for task, queue in queues.QUEUE_OF.items()},
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_pool": "threads",
        "worker_concurrency": 4,
        "worker_prefetch_multiplier": 64,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "beat_scheduler": HintScheduler,
        "beat_enable_remote_control": False,
        "beat_max_loop_interval": 1.0,
    }


def _transport_options(broker: str) -> dict[str, Any]:
    quick: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
    if broker.startswith("memory"):
        return quick | {"polling_interval": 0.2}
    if broker.startswith("redis"):
        # Longer than the second that a worker's BRPOP blocks.
        return quick | {"socket_connect_timeout": 1.0, "socket_timeout": 5.0, "socket_keepalive": True}
    return quick


class HintScheduler(Scheduler):
    """Beat's schedule, kept in memory; what is due goes out as a hint, so a dead broker never stops the ticking.

    It ticks by the monotonic clock: by the host's, all would stand still for as long as that is set back.
    """

    app: Postpurchase

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        began = self.ticked_at = time.monotonic()
        self._next = {name: began if every < LONG_S else began + every for name, every in SWEEPS_S.items()}

    def tick(self, *_: Any, **__: Any) -> float:
        """Sends what is due; in how many seconds something will be."""
        now = self.ticked_at = time.monotonic()
        for name, at in self._next.items():
            if at <= now:
                self._next[name] = now + SWEEPS_S[name]
                self.send_hint(name)
        return max(0.0, min(self._next.values()) - time.monotonic())

    def send_hint(self, name: str) -> None:
        self.app.hints.send(name, longest=LONGEST_SWEEP_QUEUE)
