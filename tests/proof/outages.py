"""What befalls everything around the processes: broker, database, disks, clocks, beat; each heals by itself."""

import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from tests.proof.blows import Blow, state_of
from tests.proof.databases import AWAY_S, crash, fill_disk_of, fill_log_of, stop, take_away
from tests.proof.hosts import REFRESH_S, set_clock
from tests.proof.site import Site
from worker.store.keeping import CLAIM_LEASE

HOUR_S = 3600.0
QUARTERS = 4


def empty_broker(site: Site) -> None:
    """Every hint is gone."""
    assert site.broker is not None
    site.broker.empty()


def restart_broker(site: Site) -> None:
    """The broker is gone for a second, with all it held."""
    assert site.broker is not None
    site.broker.stop()
    time.sleep(AWAY_S)
    site.broker.start()


def fill_disk(site: Site) -> None:
    """No file of the running processes may grow for a second: every write fails as on a full disk."""
    smallest = 4096
    for running in site.running:
        if running.is_alive:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (smallest, resource.RLIM_INFINITY))
    time.sleep(AWAY_S)
    for running in site.running:
        if running.is_alive:
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def freeze_worker(site: Site) -> None:
    """One worker stands still in the middle of its work, past its lease, and then goes on."""
    frozen = site.start_extra("worker", Blow(edge="after the gate", number=signal.SIGSTOP))
    until = time.monotonic() + AWAY_S
    while not is_stopped(frozen.pid) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(CLAIM_LEASE.total_seconds() + 1)
    frozen.send(signal.SIGCONT)


def freeze_all(site: Site) -> None:
    """Every process stands still, wherever it is, past all leases of claims, and then goes on."""
    frozen = [running for running in site.running if running.is_alive]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for running in frozen:
            with suppress(ProcessLookupError):  # it may come to its edge just now
                running.send(number)
        if number is signal.SIGSTOP:
            time.sleep(CLAIM_LEASE.total_seconds() + 1)


def put_clock_off(site: Site) -> None:
    """A worker more, on a host whose clock is an hour ahead, and one whose clock is an hour behind."""
    for by_s in (HOUR_S, -HOUR_S):
        site.start_extra("worker", clock_off_s=by_s)


def set_clock_back(site: Site) -> None:
    """The clock of the database's host is an hour behind for two seconds, while an hour of business passes.

    So it tells the same time again, and what was due is due again; nothing may go earlier than by the right clock.
    """
    site.journal.write("clock", off_s=-HOUR_S)
    set_clock(site.folder, site.settings, by_s=-HOUR_S)
    site.move(timedelta(seconds=HOUR_S))
    time.sleep(2 * AWAY_S)
    set_clock(site.folder, site.settings, by_s=0.0)
    time.sleep(REFRESH_S)  # until each process has looked at it
    site.journal.write("clock", off_s=0.0)


def miss_beats(site: Site) -> None:
    """No beat for a day, while the rest goes on; where beat is a part of the one process, that is down."""
    for running in [each for each in site.running if each.role in ("beat", "up")]:
        site.kill(running, "beat down for a day")
    began = site.now()
    for _ in range(QUARTERS):
        site.move(timedelta(days=1) / QUARTERS)
        time.sleep(AWAY_S / QUARTERS)
    site.journal.write("missed", began=began.timestamp(), ended=site.now().timestamp())
    site.start_missing()


def is_stopped(pid: int) -> bool:
    """Whether a process stands still."""
    return state_of(pid) == "T"


OUTAGES: dict[str, Callable[[Site], None]] = {
    "broker emptied": empty_broker,
    "broker restarted": restart_broker,
    "database away": take_away,
    "database stopped": stop,
    "database crashed": crash,
    "disk full": fill_disk,
    "worker frozen": freeze_worker,
    "all frozen": freeze_all,
    "clock off": put_clock_off,
    "clock set back": set_clock_back,
    "beat down for a day": miss_beats,
    "database's disk full": fill_disk_of,
    "database's log full": fill_log_of,
}
