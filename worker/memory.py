"""The broker inside the one process of `up`: kombu's memory transport, watched more closely."""

from typing import Any

from kombu.transport import memory

WATCH_S = 0.4


class Transport(memory.Transport):
    """A worker waits in here for hints, and sees only between two waits that it should stop."""

    def drain_events(self, connection: Any, **kwargs: Any) -> None:
        wished = kwargs.pop("timeout", None) or WATCH_S
        super().drain_events(connection, timeout=min(wished, WATCH_S), **kwargs)
