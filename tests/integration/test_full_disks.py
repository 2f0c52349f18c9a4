"""A disk that is full for hours: what it keeps from being done is done once there is room, and nobody is to blame."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from schedules.lifecycle import State
from tests.support.disks import NoDiskError, full, small_disk
from tests.support.dispatching import build_world
from tests.support.installation import installed
from tests.support.intake import connected
from tests.support.shopify import order
from worker.dispatch.policies import MAX_CLAIMS
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.errors import StorageFullError
from worker.planning.service import plan_event
from worker.store.events import MAX_CLAIMS as MAX_EVENT_CLAIMS
from worker.store.models import InboundEvent
from worker.store.session import Database


@contextmanager
def full_or_skipped(database: Database, *tables: str) -> Iterator[None]:
    try:
        with full(database, *tables):
            yield
    except NoDiskError as error:
        pytest.skip(str(error))


def test_the_disk_of_a_killed_process_is_given_back_by_the_next_that_wants_one() -> None:
    """It is memory: a machine on which tests are killed again and again would have none left."""
    hold = "from tests.support.disks import small_disk\nwith small_disk() as disk: print(disk, flush=True), input()"
    keeping = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    try:
        with small_disk() as mine, subprocess.Popen([sys.executable, "-c", hold], **keeping) as other:
            left = Path(other.stdout.readline().strip())
            other.kill()
            other.wait()
            assert left.is_mount()
            with small_disk():
                assert (left.exists(), mine.is_mount()) == (False, True)
    except NoDiskError as error:
        pytest.skip(str(error))


def test_a_webhook_that_finds_no_room_is_refused_and_stored_when_it_comes_again(
    database: Database, tmp_path: Path
) -> None:
    shop = connected(database, tmp_path)
    body = order(1042, shop.now, note="A long one. " * 1000)
    with full_or_skipped(database, "inbound_event"), pytest.raises(StorageFullError):
        shop.take("orders/create", body, event_id="e1")
    assert shop.events() == []
    assert shop.take("orders/create", body, event_id="e1").status == 202


def test_an_event_that_meets_a_full_disk_again_and_again_is_planned_once_there_is_room(
    database: Database, tmp_path: Path
) -> None:
    shop = connected(database, tmp_path)
    event_id = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert event_id is not None
    with full_or_skipped(database, "customer_order"):
        for _ in range(MAX_EVENT_CLAIMS + 1):
            with pytest.raises(StorageFullError):
                plan_event(shop.installation, event_id)
            with suppress(StorageFullError):  # then there was none for the claim either
                end_claim(database)
    assert plan_event(shop.installation, event_id) == "planned"


def end_claim(database: Database) -> None:
    with database.write() as session:
        session.execute(update(InboundEvent).values(claimed_until=database.now() - timedelta(seconds=1)))


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite its few rows still find room
def test_a_mail_that_cannot_be_marked_on_a_full_disk_goes_once_there_is_room(
    database: Database, tmp_path: Path
) -> None:
    world = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    message_id = world.add_message()
    with full_or_skipped(database, "attempt"):
        for _ in range(MAX_CLAIMS + 1):
            with pytest.raises(StorageFullError):
                deliver_batch(world.installation)
            world.end_leases(message_id)
            sweep_leases(world.installation)
            world.pass_time(timedelta(minutes=31))
    assert world.provider.mails == []
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED
