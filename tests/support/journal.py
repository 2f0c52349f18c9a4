"""A log on disk, one JSON object a line, that outlives whoever writes it."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any


class Journal:
    """Appends lines to a file. A line that `write` returned from survives the death of this process. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def write(self, kind: str, **fields: Any) -> None:
        """Adds a line with the real time, in seconds since the epoch, as `at`."""
        line = json.dumps({"kind": kind, "at": time.time()} | fields) + "\n"
        with self._lock:
            os.write(self._file, line.encode())

    def close(self) -> None:
        os.close(self._file)


def read_journal(path: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The lines of a journal, oldest first; of one kind, or all."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if kind in (None, line["kind"])]
