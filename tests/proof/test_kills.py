"""The short form of the proof: a kill at edges of every stage, the outages, a migration; both modes, real processes."""

import signal
from collections import Counter
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from tests.proof.blows import Blow
from tests.proof.checker import check
from tests.proof.conftest import MakeSite
from tests.proof.edges import EDGES
from tests.proof.hosts import set_clock
from tests.proof.launcher import Start, launch
from tests.proof.planning import plan_through
from tests.proof.pursuing import THOROUGH
from tests.proof.running import carry_out
from tests.proof.site import ROLES, Site
from tests.proof.witnesses import Webhook
from tests.support.processes import wait_until
from tests.support.sendgrid import Behaviour
from tests.support.servers import fresh_postgres_database
from tests.support.shopify import order
from worker.store.migrate import is_migrated
from worker.store.models import Base
from worker.store.session import Database

PATIENCE_S = 30.0

pytestmark = pytest.mark.timeout(900)

AT = {
    "embedded": (
        *("before the inbox commit", "in a shared commit", "between commit and 2xx", "before the planning"),
        *("in the planning commit", "after planning", "after the claim", "in attempting's commit", "after attempting"),
        *("before the answer was read", "in the outcome's unit", "after the sweep", "in an event's unit"),
    ),
    "distributed": (
        *("in the inbox commit", "after the inbox commit", "before the hint", "before the planning commit"),
        *("before the claim's commit", "after the gate", "mid-request", "after the answer was read"),
        *("before the outcome commit", "in the outcome commit", "after the outcome commit", "during the sweep"),
        "after an event's commit",
    ),
}
OUTAGES = {
    "embedded": ("disk full", "all frozen", "clock set back", "beat down for a day"),
    "distributed": ("broker restarted", "worker frozen", "database stopped"),
}


@pytest.mark.parametrize("mode", ["embedded", "distributed"])
def test_nothing_is_lost_and_nothing_doubled_through_kills_and_outages(mode: str, make_site: MakeSite) -> None:
    plan = plan_through(mode, AT[mode], outages=OUTAGES[mode])
    result = carry_out(make_site(mode), plan, pursuit=THOROUGH)
    assert result.violations == []
    unmet = [edge for edge in AT[mode] if not result.kills[edge]]
    assert not unmet, f"no process was killed at: {', '.join(unmet)}"
    assert result.mails >= result.webhooks / 2


def test_the_short_form_comes_by_every_edge() -> None:
    running = {name for name, edge in EDGES.items() if edge.role != "upgrade"}
    assert Counter(chain(*AT.values())) == Counter(running)


def hand_over(site: Site, number: int, now: datetime, shop: str = "northkettle") -> None:
    """An order that is posted until it is acknowledged."""
    body = order(number, now, email=f"mia.{number}@example.com")
    site.shops.post(Webhook(shop=shop, topic="orders/create", order=number, told_at=now, body=body))


def place(site: Site, number: int, shop: str = "northkettle") -> None:
    """An order that is acknowledged."""
    hand_over(site, number, site.now(), shop)
    assert site.shops.wait(PATIENCE_S), site.logs()


def test_a_day_without_beat_and_workers_ahead_of_time_make_mails_late_and_nothing_else(make_site: MakeSite) -> None:
    site = make_site("distributed")
    for _ in range(2):
        site.start("worker", clock_off_s=3600)
    site.start("web")
    site.wait_ready()
    place(site, 1)
    site.move(timedelta(days=1))
    site.start("beat", clock_off_s=-3600)
    site.start("beat", clock_off_s=-3600)
    assert site.settle(patience_s=PATIENCE_S, until=timedelta(hours=1)), site.logs()
    record = site.record()
    assert check(record) == []
    assert len(record.accepted) == 1


@pytest.mark.parametrize("mode", ["embedded", "distributed"])
def test_a_clock_that_is_set_back_and_put_right_again_loses_nothing(mode: str, make_site: MakeSite) -> None:
    """What is under way when it is put right counts as unclear: its leases end at that moment."""
    site = make_site(mode)
    for role in ROLES[mode]:
        site.start(role, is_clock_loose=True)
    site.wait_ready()
    for number, off_s in ((1, -3600.0), (2, -3600.0), (3, 0.0)):
        place(site, number)
        site.sendgrid.script(Behaviour(answer_after_s=2.0))
        site.move(timedelta(hours=2))
        wait_until(lambda number=number: len(site.sendgrid.mails) == number, f"mail {number}", logs=site.logs)
        set_clock(site.folder, site.settings, by_s=off_s)  # while its answer is under way
    assert site.settle(patience_s=PATIENCE_S, until=timedelta(hours=1)), site.logs()
    record = site.record()
    assert check(record) == []
    assert len(record.accepted_of) == 3
    assert min(line.real_at for line in record.history) < record.ended_at - 3000, "no clock was set back"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_migration_that_was_killed_is_done_by_the_next(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        _kill_migrations(f"sqlite:///{tmp_path}/postpurchase.db", tmp_path)
        return
    with fresh_postgres_database(request.getfixturevalue("postgres_url")) as url:
        _kill_migrations(url, tmp_path)


def _kill_migrations(url: str, folder: Path) -> None:
    for nth, end in ((1, -signal.SIGKILL), (25, -signal.SIGKILL), (0, 0)):
        start = Start(
            arguments=("db", "upgrade"),
            environment={"POSTPURCHASE_DATABASE_URL": url, "PATH": "/usr/bin:/bin"},
            folder=folder,
            log=folder / "upgrade.log",
            blow=Blow(edge="during a migration", nth=nth) if nth else None,
        )
        assert launch(start).ended(60) == end, start.log.read_text()
    database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
    assert is_migrated(database)
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            assert session.execute(table.select().limit(1)).all() is not None
    database.close()
