"""The short form of the proof: a kill at edges of every stage, the outages, a migration; both modes, real processes."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.proof.blows import Blow
from tests.proof.checker import check
from tests.proof.conftest import MakeSite
from tests.proof.launcher import Start, launch
from tests.proof.planning import plan_through
from tests.proof.running import carry_out
from tests.proof.site import Site
from tests.proof.witnesses import Webhook
from tests.support.servers import fresh_postgres_database
from tests.support.shopify import order
from worker.store.migrate import is_migrated
from worker.store.models import Base
from worker.store.session import Database

PATIENCE_S = 30.0

pytestmark = pytest.mark.timeout(900)

EDGES = {
    "embedded": (
        *("before the inbox commit", "between commit and 2xx", "after planning", "after the claim"),
        *("after attempting", "before the answer was read", "in the outcome's unit"),
    ),
    "distributed": ("after the inbox commit", "mid-request", "after the answer was read", "in the outcome commit"),
}
OUTAGES = {"embedded": ("disk full",), "distributed": ("broker restarted", "worker frozen")}


@pytest.mark.parametrize("mode", ["embedded", "distributed"])
def test_nothing_is_lost_and_nothing_doubled_through_kills_and_outages(mode: str, make_site: MakeSite) -> None:
    plan = plan_through(mode, EDGES[mode], outages=OUTAGES[mode])
    result = carry_out(make_site(mode), plan, patience_s=PATIENCE_S)
    assert result.violations == []
    assert set(EDGES[mode]) & set(result.kills), "on a slow machine some are killed elsewhere, but not all"
    assert result.mails >= result.webhooks / 2


def place(site: Site, number: int, shop: str = "northkettle") -> None:
    """An order that is acknowledged."""
    now = site.now()
    body = order(number, now, email=f"mia.{number}@example.com")
    site.shops.post(Webhook(shop=shop, topic="orders/create", order=number, told_at=now, body=body))
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
