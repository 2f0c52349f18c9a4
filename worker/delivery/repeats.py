"""What every mail would say again: said once a minute, with how many times it was meant."""

import threading
import time

SPAN_S = 60.0
MOST_KEPT = 1000


class Repeats:
    """Counts what is to be said, by what it is about. Thread-safe; each process counts for itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[tuple[str, ...], tuple[float, int]] = {}

    def due(self, *about: str) -> int:
        """How often this happened since it was last said, this time included; 0: it was said within the minute."""
        now = time.monotonic()
        with self._lock:
            said_at, silent = self._said.get(about, (-SPAN_S, 0))
            if now - said_at < SPAN_S:
                self._said[about] = (said_at, silent + 1)
                return 0
            if len(self._said) >= MOST_KEPT:
                self._said = {key: kept for key, kept in self._said.items() if now - kept[0] < SPAN_S}
            self._said[about] = (now, 0)
            return silent + 1
