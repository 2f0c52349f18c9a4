"""Hints on the broker: "there is work", never the work itself. Sending one can fail without harm.

A thread of its own sends them, so that a broker that is slow or gone delays nobody. Queues stay bounded: nothing is
sent to a queue that is long already, because whoever empties it finds the rest in the database. They carry no deadline:
it would be an hour of the sender's clock, and a worker whose host is ahead would throw away every one of them.
"""

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import ChannelError

from worker.queues import QUEUE_OF

log = structlog.get_logger()

LONGEST_QUEUE = 1000
LENGTH_AGE_S = 1.0
REST_S = 5.0
"""After a failure nothing is sent for this long; the sweeps find what was missed."""


@dataclass(frozen=True)
class _Hint:
    task: str
    args: tuple[str, ...]
    longest: int


@dataclass(frozen=True)
class _Line:
    """One connection to the broker; the thread that sends is the only one to use it."""

    connection: Connection
    producer: Producer


class Hints:
    """Sends hints in the background. Thread-safe; `send` never blocks and never raises."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._waiting: queue.Queue[_Hint | None] = queue.Queue(maxsize=LONGEST_QUEUE)
        self._resting_until = 0.0
        self._lengths: dict[str, tuple[float, int]] = {}
        self._line: _Line | None = None
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def send(self, task: str, *args: str, longest: int = LONGEST_QUEUE) -> None:
        """Hints that `task` has work; `args` are ids. Dropped when its queue already holds `longest` hints."""
        try:
            self._waiting.put_nowait(_Hint(task, args, longest))
        except queue.Full:
            log.debug("hints.hint.dropped", task=task, reason="too many wait to be sent")

    def flush(self) -> None:
        """Waits until everything handed in so far was sent or dropped."""
        self._waiting.join()

    def close(self) -> None:
        """Sends what waits, then stops."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            hint = self._waiting.get()
            try:
                if hint is None:
                    self._hang_up()
                    return
                self._publish(hint)
            finally:
                self._waiting.task_done()

    def _publish(self, hint: _Hint) -> None:
        if time.monotonic() < self._resting_until:
            return
        name = QUEUE_OF[hint.task]
        try:
            line = self._connected()
            if self._length(line.connection, name) < hint.longest:
                self._count(name)
                how: dict[str, Any] = {
                    "queue": name,
                    "retry": False,
                    "producer": line.producer,
                }
                self._app.send_task(hint.task, args=hint.args, **how)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises, a lost hint is only late work
            self._resting_until = time.monotonic() + REST_S
            self._hang_up()
            log.warning("hints.broker.failed", task=hint.task, error=type(error).__name__, rest_s=REST_S)

    def _connected(self) -> "_Line":
        if self._line is None:
            connection = self._app.connection_for_write()
            self._line = _Line(connection, self._app.amqp.Producer(connection))
        return self._line

    def _hang_up(self) -> None:
        """A connection whose broker was gone for a while never works again, so the next hint gets a new one."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(Exception):  # what is left of it may not even be closable
                line.connection.release()

    def _count(self, name: str) -> None:
        measured, length = self._lengths[name]
        self._lengths[name] = (measured, length + 1)

    def _length(self, connection: Connection, name: str) -> int:
        measured, length = self._lengths.get(name, (-LENGTH_AGE_S, 0))
        if time.monotonic() - measured < LENGTH_AGE_S:
            return length
        length = queue_length(connection, name)
        self._lengths[name] = (time.monotonic(), length)
        return length


def queue_length(connection: Connection, name: str) -> int:
    """How many hints wait in a queue; a queue nobody declared yet is empty."""
    channel: Any = connection.channel()
    try:
        return int(channel.queue_declare(queue=name, passive=True).message_count)
    except ChannelError:
        return 0
    finally:
        channel.close()
