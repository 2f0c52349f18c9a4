"""Starts the program's ordinary command line in a process of its own, with whatever should befall it.

A restart takes a tenth of a second, and a thousand kills fit into minutes: see `tests/support/forking.py`. What befalls
a process is patched in around named functions of the real code before its command line runs; the program itself has no
hooks.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.proof.blows import Blow, Sudden
from tests.proof.edges import EDGES
from tests.proof.hosts import loosen_clock
from tests.proof.pace import shift_clock, shorten
from tests.proof.plants import PLANTS
from tests.support.forking import forked, live


@dataclass(frozen=True, kw_only=True)
class Start:
    """One process to be: its command line, its environment, and what should befall it."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    log: Path
    blow: Blow | None = None
    plants: tuple[str, ...] = ()
    is_short: bool = True
    """Leases, time-outs and ticks are shortened, so that what they wait for comes in seconds."""
    clock_off_s: float = 0.0
    is_clock_loose: bool = False
    """Its host's clock, or that of its database, can be set back: `hosts.py`."""


@dataclass
class Running:
    """A started process."""

    role: str
    start: Start
    process: ForkServerProcess = field(repr=False)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> bool:
        """SIGKILL; whether it still ran."""
        was_alive = self.process.is_alive()
        self.process.kill()
        self.process.join(20)
        return was_alive

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ended(self, timeout_s: float) -> int | None:
        """Its exit code (negative: the signal that ended it); None when it still runs after this time."""
        self.process.join(timeout_s)
        return self.process.exitcode


def launch(start: Start) -> Running:
    """Starts the process and returns at once."""
    return Running(start.arguments[0], start, forked(_live, start))


def _live(start: Start) -> None:
    """The life of the process, from the fork on."""
    live(start.arguments, start.environment, start.folder, start.log, fate=lambda: _fate(start))


def _fate(start: Start) -> list[Callable[[], None]]:
    fate: list[Callable[[], None]] = [PLANTS[name].install for name in start.plants]
    if start.is_short:
        fate.append(shorten)
    if start.clock_off_s:
        fate.append(lambda: shift_clock(lambda: start.clock_off_s))
    if start.is_clock_loose:
        fate.append(lambda: loosen_clock(start.folder))
    if start.blow is not None:
        blow = start.blow
        fate.append(lambda: EDGES[blow.edge].install(Sudden(blow)))
    return fate
