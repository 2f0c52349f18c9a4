"""The broker inside the one process of `up`: kombu's memory transport, watched more closely."""

from typing import Any

from kombu.transport import memory

WATCH_S = 0.4


class Transport(memory.Transport):
    """A worker waits in here for hints, and sees only between two waits that it should stop."""

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        super().drain_events(connection, timeout=min(timeout or WATCH_S, WATCH_S))
