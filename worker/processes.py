"""The processes of an installation: all in one (`up`), or `web`, `worker` and `beat` apart. Ctrl-C ends it cleanly.

Each loads its own parts alone: a beat or a worker serves no pages.
"""

import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import structlog

from worker.bootstrap import Installation
from worker.celery import Postpurchase
from worker.errors import SettingsError, StorageUnavailableError
from worker.heartbeats import lifetime, process_name
from worker.parts import Part
from worker.store.migrate import why_not_migrated
from worker.telemetry import configure

if TYPE_CHECKING:
    from fastapi import APIRouter

    from worker.embedded import Embedded

log = structlog.get_logger()

FIRST_PAUSES_S, LONGEST_PAUSE_S = (0.5, 1.0, 2.0), 5.0
"""Between the looks for a database that does not answer when a process starts."""
LOOK_S = 2.0
"""Between two looks whether everything still runs; a signal is heard at once."""
COLLECT_AFTER = 20_000
"""New objects until the youngest are looked through; Python's own default is 700."""


def run_up(
    installation: Installation,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] | None = None,
    routers: "Sequence[APIRouter]" = (),
) -> int:
    """Web, worker and beat in this process, until a signal ends it; the exit code. `on_ready` is told the URL.

    Raises:
        SettingsError: a broker is set, another `up` has the data folder, or the port is taken.
    """
    from worker.embedded import Embedded

    configure(as_json=installation.settings.log_json)
    with _signals() as stop:
        with Embedded(installation, host=host, port=port, routers=routers) as running:
            if on_ready is not None:
                on_ready(running.url)
            rest_collector()
            log.info("process.up.started", url=running.url)
            code = _wait(stop, running)
        log.info("process.up.stopped")
    return code


def run_web(installation: Installation, *, host: str = "127.0.0.1", port: int = 8000) -> int:
    """Takes webhooks and serves links until a signal ends it."""
    from worker.web.thread import WebThread

    return _run_apart(installation, "web", lambda app: WebThread(app, host=host, port=port))


def run_worker(installation: Installation) -> int:
    """Plans and sends until a signal ends it; running tasks finish."""
    from worker.threads import WorkerThread

    return _run_apart(installation, "worker", WorkerThread)


def run_beat(installation: Installation) -> int:
    """Ticks until a signal ends it. Two beats are harmless."""
    from worker.threads import BeatThread

    return _run_apart(installation, "beat", BeatThread)


def _run_apart(installation: Installation, kind: str, part: Callable[[Postpurchase], Part]) -> int:
    if installation.settings.is_embedded:
        raise SettingsError(
            f"`postpurchase {kind}` needs a broker that all processes share. Set POSTPURCHASE_BROKER_URL, for example "
            "redis://localhost:6379/0, or run everything in one process with `postpurchase up`."
        )
    configure(as_json=installation.settings.log_json)
    with _signals() as stop:
        why = _schema_awaited(installation, stop)
        if why is None:
            return 0
        if why:
            raise SettingsError(why)
        installation.warm()
        app = Postpurchase(installation)
        log.info(f"process.{kind}.started", name=process_name(kind))
        try:
            with lifetime(installation.database, kind):
                return _run(part(app), stop)
        finally:
            app.close()
            log.info(f"process.{kind}.stopped")


def _schema_awaited(installation: Installation, stop: threading.Event) -> str | None:
    """Why this version cannot work with the schema; empty when it can, None when stopped before the database answered.

    Machines restart in any order: a database that is not there yet, or is recovering, is waited for.
    """
    pauses = chain(FIRST_PAUSES_S, repeat(LONGEST_PAUSE_S))
    while not stop.is_set():
        try:
            return why_not_migrated(installation.database)
        except StorageUnavailableError as error:
            pause_s = next(pauses)
            log.warning("process.database.awaited", error=str(error), again_in_s=pause_s)
            stop.wait(pause_s)
    return None


def _run(thread: Part, stop: threading.Event) -> int:
    thread.start()
    rest_collector()
    try:
        return _wait(stop, thread)
    finally:
        thread.ask_to_stop()
        thread.join()


def rest_collector() -> None:
    """Takes what is loaded by now out of Python's cyclic garbage collection, and lets that run less often.

    Looking through the modules and schemas of a started process again and again stops all its threads for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)


def _wait(stop: threading.Event, running: "Part | Embedded") -> int:
    """Until a signal comes (0) or something that should run has died (1)."""
    while not stop.wait(LOOK_S):
        if not running.is_alive:
            log.error("process.thread.died", alarm=True, reason="a part of this process ended by itself")
            return 1
    return 0


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second one ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        log.info("process.signal.received", signal=signal.Signals(number).name)
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
