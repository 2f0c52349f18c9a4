"""What hits a process at a named place: SIGKILL, or SIGSTOP. And how functions of the real code are wrapped."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Blow:
    """The `nth` time the process comes to the edge, signal `number` hits it; `delay_s` later where it is a commit."""

    edge: str
    nth: int = 1
    number: signal.Signals = signal.SIGKILL
    delay_s: float = 0.0


class Sudden:
    """A blow inside its process. Thread-safe; hits once."""

    def __init__(self, blow: Blow) -> None:
        self._blow = blow
        self._left = blow.nth
        self._lock = threading.Lock()

    def arrive(self) -> None:
        """Hits, if this is the time."""
        if self._is_time():
            _hit(self._blow.number)

    def arrive_soon(self) -> None:
        """Hits a moment later, from another thread, while this one goes on into its commit."""
        if self._is_time():
            threading.Thread(target=_hit, args=(self._blow.number, self._blow.delay_s), daemon=True).start()

    def _is_time(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


def _hit(number: signal.Signals, delay_s: float = 0.0) -> None:
    time.sleep(delay_s)
    os.kill(os.getpid(), number)
    if number is signal.SIGKILL:
        time.sleep(60)  # the signal may take a moment to come; nothing more is done here meanwhile


def strike(pid: int) -> None:
    """SIGKILL; returns when it does nothing any more. Its parent, and nobody else, is told how it ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while state_of(pid) not in ("", "X", "Z"):
        time.sleep(0.001)


def state_of(pid: int) -> str:
    """A process's state in the kernel's letter: T stands still, Z has ended; empty: there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def replace(place: str, make: Callable[[Any], Any]) -> None:
    """Puts `make(what is there)` at `module:attribute` or `module:Class.attribute`."""
    holder, name = found(place)
    setattr(holder, name, make(getattr(holder, name)))


def found(place: str) -> tuple[Any, str]:
    """What holds the attribute, and its name there."""
    module, _, path = place.partition(":")
    holder: Any = import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    return holder, name


def before(place: str, then: Callable[[], None], *, only: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Does `then` before each call of the function, where `only` says so of its arguments."""

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if only(*args, **kwargs):
                then()
            return function(*args, **kwargs)

        return wrapped

    replace(place, make)


def after(place: str, then: Callable[[], None], *, only: Callable[[Any], bool] = lambda _result: True) -> None:
    """Does `then` after each call of the function, where `only` says so of its result."""

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            if only(result):
                then()
            return result

        return wrapped

    replace(place, make)
