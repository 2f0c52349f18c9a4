"""Values that are kept in memory because they never change: a bounded number, so that a process does not grow."""

import threading
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
