"""Starts the program's ordinary command line in a process of its own, with whatever should befall it.

Processes are forked from one server that has loaded the program and started nothing: a restart takes a tenth of a
second, and a thousand kills fit into minutes. What befalls a process is patched in around named functions of the real
code before its command line runs; the program itself has no hooks.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.proof.blows import Blow, Sudden
from tests.proof.edges import EDGES
from tests.proof.hosts import loosen_clock
from tests.proof.pace import shift_clock, shorten
from tests.proof.plants import PLANTS

PRELOADED = (
    *("tests.proof.compiling", "tests.proof.launcher", "worker.cli.main", "worker.cli.processes"),
    *("worker.processes", "worker.delivery.sendgrid", "worker.tasks", "uvicorn.loops.auto", "alembic.config"),
    *(
        "celery.worker.consumer.delayed_delivery",
        "fastapi.telemetry._runtime",
        "worker.delivery.registry",
        "worker.rendering.renderer",
    ),
    *("worker.memory", "alembic.command", "sqlalchemy.ext.compiler", "sqlite3", "psycopg", "anyio._backends._asyncio"),
    *("celery.app.amqp", "celery.app.events", "celery.app.control", "celery.app.trace", "celery.worker.autoscale"),
    *("celery.worker.components", "celery.worker.consumer", "celery.worker.strategy", "celery.concurrency.thread"),
    *("celery.fixups.django", "celery.loaders.app", "celery.events.receiver", "celery.backends.base"),
    *("kombu.transport.memory", "kombu.transport.redis", "kombu.asynchronous.hub", "celery.utils.saferepr"),
    *(
        "uvicorn.lifespan.on",
        "uvicorn.loops.uvloop",
        "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto",
    ),
)
"""What a process of the program loads sooner or later; the fork server compiles it."""
_PR_SET_PDEATHSIG = 1

_forking = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, kw_only=True)
class Start:
    """One process to be: its command line, its environment, and what should befall it."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    log: Path
    blow: Blow | None = None
    plants: tuple[str, ...] = ()
    is_short: bool = True
    """Leases, time-outs and ticks are shortened, so that what they wait for comes in seconds."""
    clock_off_s: float = 0.0
    is_clock_loose: bool = False
    """Its host's clock, or that of its database, can be set back: `hosts.py`."""


@dataclass
class Running:
    """A started process."""

    role: str
    start: Start
    process: ForkServerProcess = field(repr=False)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> bool:
        """SIGKILL; whether it still ran."""
        was_alive = self.process.is_alive()
        self.process.kill()
        self.process.join(20)
        return was_alive

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ended(self, timeout_s: float) -> int | None:
        """Its exit code (negative: the signal that ended it); None when it still runs after this time."""
        self.process.join(timeout_s)
        return self.process.exitcode


def launch(start: Start) -> Running:
    """Starts the process and returns at once."""
    with _own_environment():
        _forking.set_forkserver_preload(list(PRELOADED))
        process = _forking.Process(target=_live, args=(start,), daemon=True)
        process.start()
    return Running(start.arguments[0], start, process)


@contextmanager
def _own_environment() -> Iterator[None]:
    """The fork server is a new Python: it finds what we find."""
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _live(start: Start) -> None:
    """The life of the process, from the fork on."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(start.environment)
    os.chdir(start.folder)
    sys.dont_write_bytecode = True  # on a full disk CPython keeps half of what it compiled, and every start then fails
    output = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for befall in _fate(start):
        befall()
    sys.argv = ["postpurchase", *start.arguments]
    from worker.cli.main import run

    run()


def _fate(start: Start) -> list[Callable[[], None]]:
    fate: list[Callable[[], None]] = [PLANTS[name].install for name in start.plants]
    if start.is_short:
        fate.append(shorten)
    if start.clock_off_s:
        fate.append(lambda: shift_clock(lambda: start.clock_off_s))
    if start.is_clock_loose:
        fate.append(lambda: loosen_clock(start.folder))
    if start.blow is not None:
        blow = start.blow
        fate.append(lambda: EDGES[blow.edge].install(Sudden(blow)))
    return fate
