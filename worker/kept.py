"""Values that are kept in memory: those that never change, a bounded number of them, and those that wait."""

import threading
from collections.abc import Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `most` values by key; the one that was put first goes first. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        """Keeps and returns the value."""
        with self._lock:
            while len(self._values) >= self._most and key not in self._values:
                self._values.pop(next(iter(self._values)))
            self._values[key] = value
        return value


class Waiting(Generic[Value]):
    """What could not be done when it should have been, until somebody does it. Thread-safe."""

    def __init__(self) -> None:
        self._values: list[Value] = []
        self._lock = threading.Lock()

    def keep(self, values: Sequence[Value]) -> None:
        with self._lock:
            self._values += values

    def take(self) -> list[Value]:
        """All of them; whoever takes them does it, or keeps them again."""
        with self._lock:
            taken, self._values = self._values, []
        return taken
