"""Processes that are forked from one server which has loaded the program and started nothing.

Loading the program takes a process over a second; a forked one has it, and is started in a tenth of that.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

PRELOADED = [
    "tests.support.compiling",
    "tests.proof.launcher",
    "worker.cli.main",
    "worker.cli.processes",
    "worker.processes",
    "worker.delivery.sendgrid",
    "worker.tasks",
    "uvicorn.loops.auto",
    "alembic.config",
    "celery.worker.consumer.delayed_delivery",
    "fastapi.telemetry._runtime",
    "worker.delivery.registry",
    "worker.rendering.renderer",
    "worker.memory",
    "alembic.command",
    "sqlalchemy.ext.compiler",
    "sqlite3",
    "psycopg",
    "anyio._backends._asyncio",
    "celery.app.amqp",
    "celery.app.events",
    "celery.app.control",
    "celery.app.trace",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "celery.concurrency.thread",
    "celery.fixups.django",
    "celery.loaders.app",
    "celery.events.receiver",
    "celery.backends.base",
    "kombu.transport.memory",
    "kombu.transport.redis",
    "kombu.asynchronous.hub",
    "celery.utils.saferepr",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "tests.support.settled",
]
"""What a process of the program loads sooner or later; the fork server compiles it."""
_PR_SET_PDEATHSIG = 1

_forking = multiprocessing.get_context("forkserver")


def forked(target: Callable[..., None], *given: Any) -> ForkServerProcess:
    """Starts a process that does this, and returns at once."""
    with _own_environment():
        _forking.set_forkserver_preload(PRELOADED)
        process = _forking.Process(target=target, args=given, daemon=True)
        process.start()
    return process


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


def live(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: Path,
    errors: Path | None = None,
    fate: Callable[[], Sequence[Callable[[], None]]] = tuple,
) -> None:
    """The life of a forked process as one of the program's: its command line, with what befalls it first.

    `output`: the file that its stdout goes to, and its stderr too unless `errors` says otherwise.
    """
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.dont_write_bytecode = True  # on a full disk CPython keeps half of what it compiled, and every start then fails
    for place, number in ((output, 1), (errors or output, 2)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    for befall in fate():
        befall()
    sys.argv = ["postpurchase", *arguments]
    from worker.cli.main import run

    run()
