"""The running parts of a process, each in a thread that starts, stops cleanly and says whether it lives."""

import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

import structlog
import uvicorn
from celery.beat import Service
from celery.worker import WorkController, state
from fastapi import APIRouter

from worker.celery import HintScheduler, Postpurchase
from worker.errors import SettingsError, StorageUnavailableError
from worker.heartbeats import PULSE_S, Pulse, process_name
from worker.web.app import create_app
from worker.web.server import Server

log = structlog.get_logger()

STARTUP_S = 30.0
LONGEST_TICK_S = 30.0
"""What a beat needs for one at most, with a broker that does not answer."""
SHUTDOWN_S = 60.0
"""How long a running task may take to finish; whatever it held is taken up again after its lease."""


class Part(Protocol):
    """Something that runs until it is stopped."""

    @property
    def is_alive(self) -> bool: ...

    def start(self) -> None: ...

    def ask_to_stop(self) -> None:
        """Returns at once; what is running finishes."""
        ...

    def join(self) -> None:
        """Waits until it has stopped."""
        ...


class _Threaded:
    """A daemon thread around `_run`."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        raise NotImplementedError

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(timeout=SHUTDOWN_S)


class WebThread(_Threaded):
    """uvicorn on a socket bound at once, so that a taken port is an error and port 0 finds a free one.

    Raises:
        SettingsError: the port cannot be had.
    """

    def __init__(self, app: Postpurchase, *, host: str, port: int, routers: Sequence[APIRouter] = ()) -> None:
        super().__init__("web")
        self._socket = _bound(host, port)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(app.installation, app.hints, routers=routers),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        self._server = Server(config)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        super().start()
        for _ in range(int(STARTUP_S * 50)):
            if self._server.started or not self.is_alive:
                return
            self._thread.join(0.02)

    def ask_to_stop(self) -> None:
        self._server.end()

    def join(self) -> None:
        super().join()
        self._socket.close()


class WorkerThread(_Threaded):
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


class BeatThread(_Threaded):
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


class _BeatsLife(_Threaded):
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


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"Port {port} on {host} cannot be used ({_reason(error)}). Choose another with --port."
        ) from error


def _reason(error: OSError) -> str:
    """The system's words alone: what Python adds to them says the address again."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
