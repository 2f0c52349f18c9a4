"""While one version migrates, the one before it keeps running; a schema that cannot be worked with is said plainly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from schedules.parcel_facts import Parcel, ParcelState
from tests.integration.web.conftest import serving
from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.intake import connected
from tests.support.processes import answers
from tests.support.servers import fresh_postgres_database
from tests.support.shopify import order
from worker.dispatch.service import deliver_batch
from worker.errors import SettingsError, UserError
from worker.processes import run_worker
from worker.store.backup import describe
from worker.store.migrate import MIGRATIONS, Revision, is_migrated, newest_revision, parsed, upgrade, why_not_migrated
from worker.store.models import OrderRow, Shop
from worker.store.session import Database

OWN = newest_revision()
NEXT, LATER = (f"{parsed(OWN).number + further:04}" for further in (1, 2))
EXPANDED = (
    "ALTER TABLE message ADD COLUMN mood TEXT",
    "ALTER TABLE customer_order ADD COLUMN weight_g BIGINT NOT NULL DEFAULT 0",
    "CREATE TABLE later_thing (id BIGINT PRIMARY KEY)",
    "CREATE INDEX ix_message_mood ON message (mood)",
)
"""What a newer version's migration may do while this one runs."""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own, whose schema it may change."""
    if request.param == "sqlite":
        yield from _migrated(f"sqlite:///{tmp_path / 'postpurchase.db'}")
        return
    with fresh_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield from _migrated(url.replace("postgresql://", "postgresql+psycopg://", 1))


def _migrated(url: str) -> Iterator[Database]:
    database = Database(url)
    upgrade(database)
    yield database
    database.close()


def _become(database: Database, revision: str, *statements: str) -> None:
    """The schema as another version's migration would leave it."""
    with database.write() as session:
        for statement in statements:
            session.execute(text(statement))
        session.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": revision})


def test_a_running_version_takes_and_plans_on_a_schema_that_a_newer_one_has_expanded(
    database: Database, tmp_path: Path
) -> None:
    shop = connected(database, tmp_path, clock="simulated", secret_key="a test's secret key")
    _become(database, NEXT, *EXPANDED)
    assert is_migrated(database)
    event = shop.plan("orders/create", order(2001, shop.now))
    assert (event.state, [message.step for message in shop.messages()]) == ("planned", ["confirmation"])


def test_a_running_version_sends_on_a_schema_that_a_newer_one_has_expanded(database: Database, tmp_path: Path) -> None:
    world: World = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    message_id = world.add_message()
    _become(database, NEXT, *EXPANDED)
    assert deliver_batch(world.installation) == 1
    assert world.state(message_id) == "accepted"
    for url in serving(world.installation):
        assert answers(f"{url}/health/ready")


def _newer(kept: Any) -> Any:
    """What is kept as JSON, with a field in each part of it that this version does not know."""
    if isinstance(kept, dict):
        return {name: _newer(value) for name, value in kept.items()} | {"mood": "calm"}
    return [_newer(each) for each in kept] if isinstance(kept, list) else kept


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_running_version_reads_what_a_newer_one_keeps_of_orders_and_shops(database: Database, tmp_path: Path) -> None:
    world: World = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    message_id = world.add_message()
    parcel = Parcel(id="1", state=ParcelState.SHIPPED, shipped_at=world.now, updated_at=world.now)
    with database.write() as session:
        kept, shop = session.get_one(OrderRow, world.order_id), session.get_one(Shop, world.shop_id)
        kept.facts = _newer(kept.facts | {"parcels": [parcel.model_dump(mode="json")]})
        known = shop.profile | {"mood": "calm"}
        shop.profile = known | {part: _newer(known[part]) for part in ("transactional", "brand", "legal")}
    assert deliver_batch(world.installation) == 1
    assert world.state(message_id) == "accepted"


def test_upgrading_with_the_older_version_leaves_a_newer_schema_alone(database: Database) -> None:
    _become(database, NEXT, *EXPANDED)
    upgrade(database)
    assert is_migrated(database)


def test_a_schema_behind_names_both_revisions_and_the_command(database: Database, tmp_path: Path) -> None:
    _become(database, "0000")
    assert why_not_migrated(database) == (
        f"The database's schema is 0000, this version needs {OWN}. Run `postpurchase db upgrade`, then again."
    )
    waiting = installed(database, tmp_path, broker_url="redis://127.0.0.1:1/0", secret_key="x" * 40)
    with pytest.raises(SettingsError, match="db upgrade"):
        run_worker(waiting)


def test_a_schema_that_a_newer_version_has_contracted_is_refused_by_the_older(database: Database) -> None:
    _become(database, f"{LATER}-from-{NEXT}")
    assert f"needs programs of schema {NEXT} or later; this one has {OWN}" in why_not_migrated(database)
    with pytest.raises(SettingsError, match="Install the newer version"):
        upgrade(database)


def test_a_schema_of_something_else_is_refused(database: Database) -> None:
    _become(database, "e3b0c44298fc")
    assert "none of Postpurchase's" in why_not_migrated(database)
    with pytest.raises(SettingsError, match="none of Postpurchase's"):
        upgrade(database)


def test_an_older_version_makes_no_backup_that_would_miss_what_a_newer_one_has_added(database: Database) -> None:
    _become(database, NEXT, *EXPANDED)
    with database.snapshot() as session, pytest.raises(UserError, match="with the version that has it"):
        describe(session)


def test_a_revisions_name_tells_its_number_and_the_oldest_program() -> None:
    assert parsed("0005-from-0004") == Revision(number=5, oldest=4)
    assert parsed("0005") == Revision(number=5, oldest=0)


def test_revisions_never_forget_what_an_earlier_one_has_contracted() -> None:
    names = sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    revisions = [parsed(name) for name in names]
    assert [each.number for each in revisions] == list(range(1, len(revisions) + 1))
    assert sorted(each.oldest for each in revisions) == [each.oldest for each in revisions]
    assert all(each.oldest < each.number for each in revisions)
