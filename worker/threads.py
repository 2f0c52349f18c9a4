"""The running parts of a process, each in a thread that starts, stops cleanly and says whether it lives."""

import os
import socket
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import uvicorn
from celery.beat import Service
from celery.worker import WorkController, state
from fastapi import APIRouter

from worker.celery import HintScheduler, Postpurchase
from worker.errors import SettingsError
from worker.heartbeats import process_name
from worker.web.app import create_app

STARTUP_S = 30.0
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
        self._server = uvicorn.Server(config)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        super().start()
        for _ in range(int(STARTUP_S * 50)):
            if self._server.started or not self.is_alive:
                return
            self._thread.join(0.02)

    def ask_to_stop(self) -> None:
        self._server.should_exit = True

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

    def _run(self) -> None:
        self._service.start()

    def ask_to_stop(self) -> None:
        self._service.stop()


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
