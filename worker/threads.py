"""Celery's worker and beat, each in a thread of its process."""

import threading
import time
from typing import Any

import structlog
from celery.beat import Service
from celery.worker import WorkController, state

from worker.celery import HintScheduler, Postpurchase
from worker.errors import StorageUnavailableError
from worker.heartbeats import PULSE_S, Pulse, process_name
from worker.parts import Threaded

log = structlog.get_logger()

LONGEST_TICK_S = 30.0
"""What a beat needs for one at most, with a broker that does not answer."""


class WorkerThread(Threaded):
    """A Celery worker with a pool of threads. Celery's stop flag is the process's: one of these per process."""

    def __init__(self, app: Postpurchase) -> None:
        super().__init__("worker")
        _stop_flag(None)
        app.set_default()
        app.finalize()
        self._is_ready = threading.Event()
        # Without Celery's event loop a stop is noticed within two seconds even when no hint arrives.
        self._controller = WorkController(
            app=app,
            hostname=process_name("worker"),
            use_eventloop=False,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            ready_callback=lambda _consumer: self._is_ready.set(),
        )

    def _run(self) -> None:
        self._controller.start()

    def ask_to_stop(self) -> None:
        _stop_flag(0)


class BeatThread(Threaded):
    """Celery's beat with a schedule in memory."""

    def __init__(self, app: Postpurchase) -> None:
        super().__init__("beat")
        self._service = Service(app, scheduler_cls=HintScheduler)
        scheduler = self._service.scheduler
        assert isinstance(scheduler, HintScheduler)
        self._life = _BeatsLife(app, scheduler)

    def _run(self) -> None:
        self._service.start()

    def start(self) -> None:
        super().start()
        self._life.start()

    def ask_to_stop(self) -> None:
        self._service.stop()
        self._life.ask_to_stop()

    def join(self) -> None:
        super().join()
        self._life.join()


class _BeatsLife(Threaded):
    """Writes that a beat lives, as long as it ticks. A slow database holds up no tick: this thread waits for it."""

    def __init__(self, app: Postpurchase, scheduler: HintScheduler) -> None:
        super().__init__("beats-life")
        self._scheduler = scheduler
        self._pulse = Pulse(app.installation.database, "beat")
        self._is_over = threading.Event()

    def _run(self) -> None:
        while not self._is_over.is_set():
            if time.monotonic() - self._scheduler.ticked_at < LONGEST_TICK_S:
                try:
                    self._pulse.beat()
                except StorageUnavailableError as error:
                    log.warning("process.sign.lost", error=str(error))
            self._is_over.wait(PULSE_S)

    def ask_to_stop(self) -> None:
        self._is_over.set()


def _stop_flag(code: int | None) -> None:
    flags: Any = state
    flags.should_stop = code
