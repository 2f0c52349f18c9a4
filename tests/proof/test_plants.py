"""The checker is checked: each planted bug is caught by the invariant that names it."""

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text, update

from tests.proof.blows import Blow
from tests.proof.checker import check
from tests.proof.conftest import MakeSite
from tests.proof.databases import fill_disk_of
from tests.proof.outages import is_stopped, miss_beats
from tests.proof.planning import MOMENT
from tests.proof.plants import PLANTS
from tests.proof.site import COMPANION, Site
from tests.proof.test_full_disks import hand_over_while
from tests.proof.test_kills import PATIENCE_S, place
from tests.support.processes import wait_until
from tests.support.sendgrid import Behaviour
from worker.store.models import Message
from worker.store.session import is_postgres

END_HELD_OPEN = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state = 'idle in transaction' AND pid IN"
    " (SELECT pid FROM pg_locks WHERE relation = 'message'::regclass AND mode IN ('RowShareLock', 'RowExclusiveLock'))"
)
"""A process that stands still may do so between a statement and its COMMIT, and keeps its rows from everybody."""


def _publish_before_commit(site: Site) -> None:
    running = site.start("up")
    site.wait_ready()
    place(site, 1)
    site.kill(running, MOMENT)


def _closed_sweep_window(site: Site) -> None:
    running = site.start("up", Blow(edge="after the claim"))
    site.wait_ready()
    place(site, 1)
    site.move(timedelta(minutes=3))
    assert running.ended(PATIENCE_S) == -signal.SIGKILL
    _end_leases(site)
    assert not site.settle(patience_s=3.0)


def _blind_retry(site: Site) -> None:
    site.sendgrid.script(Behaviour(kind="drop_after"))
    site.start("up")
    site.wait_ready()
    place(site, 1, COMPANION)
    wait_until(lambda: site.settle(patience_s=PATIENCE_S) and len(site.sendgrid.mails) == 2, "the copy", logs=site.logs)


def _claim_outside(site: Site) -> None:
    site.start("up")
    site.wait_ready()
    for number in range(3):
        place(site, number)
    site.move(timedelta(minutes=3))
    wait_until(lambda: max(site.sendgrid.counts().values(), default=0) > 1, "a copy", logs=site.logs)


def _fence_dropped(site: Site) -> None:
    frozen = site.start("worker", Blow(edge="after the gate", number=signal.SIGSTOP))
    site.start("beat")
    site.start("web")
    site.wait_ready()
    place(site, 1)
    wait_until(lambda: _is_planned(site), "it is planned", logs=site.logs)
    site.move(timedelta(minutes=3))
    wait_until(lambda: is_stopped(frozen.pid), "the worker stands still", logs=site.logs)
    _end_leases(site)
    site.start("worker")
    wait_until(lambda: len(site.sendgrid.mails) == 1, "the other worker has sent it", logs=site.logs)
    frozen.send(signal.SIGCONT)
    wait_until(lambda: len(site.sendgrid.mails) == 2, "the woken worker has sent it too", logs=site.logs)
    time.sleep(0.5)  # for its outcome


def _full_disk(site: Site) -> None:
    site.start("web")
    site.wait_ready()
    hand_over_while(site, fill_disk_of, count(1))


def _closed_due_window(site: Site) -> None:
    site.start("up")
    site.wait_ready()
    place(site, 1)
    wait_until(lambda: _is_planned(site), "it is planned", logs=site.logs)
    miss_beats(site)
    assert not site.settle(patience_s=3.0)


def _own_clock(site: Site) -> None:
    site.start("up", clock_off_s=3600)
    site.wait_ready()
    place(site, 1)
    wait_until(lambda: len(site.sendgrid.mails) == 1, "the mail", logs=site.logs)


SCENES: dict[str, tuple[str, Callable[[Site], None]]] = {
    "publish before commit": ("embedded", _publish_before_commit),
    "closed sweep window": ("embedded", _closed_sweep_window),
    "blind retry of unknown": ("embedded", _blind_retry),
    "claim outside the transaction": ("embedded", _claim_outside),
    "fence dropped": ("distributed", _fence_dropped),
    "full disk taken for stored": ("distributed", _full_disk),
    "closed due window": ("embedded", _closed_due_window),
    "own clock": ("embedded", _own_clock),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_caught_by_its_invariant(name: str, make_site: MakeSite) -> None:
    mode, scene = SCENES[name]
    site = make_site(mode, name, is_on_small_disk=scene is _full_disk)
    scene(site)
    caught = {violation.invariant for violation in check(site.record())}
    assert PLANTS[name].caught_by in caught


def _end_leases(site: Site) -> None:
    """As if the processes had been away for an hour, and the database had ended what they held open."""
    with site.beside.database.write() as session:
        if is_postgres(session):
            session.execute(END_HELD_OPEN)
        ago = site.beside.clock.real_now() - timedelta(hours=1)
        session.execute(update(Message).where(Message.lease_until.is_not(None)).values(lease_until=ago))


def _is_planned(site: Site) -> bool:
    with site.beside.database.read() as session:
        return session.query(Message).count() > 0
