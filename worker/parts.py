"""The running parts of a process, each in a thread that starts, stops cleanly and says whether it lives."""

import threading
from abc import ABC, abstractmethod
from typing import Protocol

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


class Threaded(ABC):
    """A daemon thread around `_run`."""

    def __init__(self, name: str) -> None:
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _run(self) -> None:
        """What the thread does until it is asked to stop."""

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(timeout=SHUTDOWN_S)
