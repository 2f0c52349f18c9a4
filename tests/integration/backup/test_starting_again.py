"""A backup restored into an empty database sends nothing by itself; once resumed all goes on, and nothing twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from schedules.lifecycle import State
from tests.integration.backup.conftest import KEY, Place, nothing_yet
from tests.support.dispatching import Killed, PlainRenderer, Recorder, World
from tests.support.installation import installed
from tests.support.intake import Connected, connected
from tests.support.shopify import order
from worker.delivery.port import OutgoingMail
from worker.dispatch.policies import GRACE
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.store.session import Database

Opens = Callable[[Place], Database]


@pytest.fixture
def fresh(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Where it is restored: of the other kind than what was lost. The round trip proves every pair."""
    yield from nothing_yet("postgres" if database.is_sqlite else "sqlite", request, tmp_path, monkeypatch)


@pytest.fixture
def backup(tmp_path: Path) -> str:
    return str(tmp_path / "night.backup")


def _again(world: World, place: Place, database: Database) -> World:
    """The restored installation, with a provider that remembers nothing of the lost one."""
    installation = installed(database, place.data_dir, clock="simulated", secret_key=KEY)
    provider, renderer = Recorder(), PlainRenderer()
    installation.__dict__.update(provider=provider, renderer=renderer)
    return replace(world, installation=installation, provider=provider, renderer=renderer)


def _work(world: World) -> None:
    """What beat and workers do, until there is nothing to do."""
    while sweep_leases(world.installation) + deliver_batch(world.installation):
        pass


def _kill_in_the_call(world: World) -> UUID:
    """A message whose dispatcher died during the call to the provider."""

    def die(_mail: OutgoingMail) -> None:
        raise Killed

    message_id = world.add_message("confirmation", occurrence=2)
    world.provider.before = die
    with pytest.raises(Killed):
        deliver_batch(world.installation)
    assert world.state(message_id) is State.ATTEMPTING
    world.end_leases(message_id)
    return message_id


def test_a_restored_installation_sends_nothing_by_itself(
    world: World, lost: Place, fresh: Place, reopen: Opens, backup: str
) -> None:
    due = world.add_message("confirmation")
    soon = world.add_message("confirmation", occurrence=1, due=timedelta(hours=3))
    lost.run("db", "backup", backup)
    fresh.run("db", "restore", backup)
    restored = _again(world, fresh, reopen(fresh))
    restored.pass_time(timedelta(hours=4))
    _work(restored)
    assert restored.provider.mails == []
    assert [restored.state(each) for each in (due, soon)] == [State.HELD, State.HELD]
    assert "restored from the backup" in restored.message(due).reason


def test_once_resumed_each_mail_goes_once_and_none_goes_twice(
    world: World, lost: Place, fresh: Place, reopen: Opens, backup: str
) -> None:
    sent = world.add_message("confirmation")
    _work(world)
    unclear = _kill_in_the_call(world)
    due = world.add_message("confirmation", occurrence=1)
    lost.run("db", "backup", backup)
    fresh.run("db", "restore", backup)
    restored = _again(world, fresh, reopen(fresh))
    _work(restored)
    assert restored.state(unclear) is State.UNKNOWN
    fresh.run("resume", "northkettle")
    _work(restored)
    assert {each: restored.state(each) for each in (sent, unclear, due)} == {
        sent: State.ACCEPTED,
        unclear: State.UNKNOWN,
        due: State.ACCEPTED,
    }
    for pause in (GRACE, timedelta(minutes=30)):
        restored.pass_time(pause)
        _work(restored)
    assert [mail.message_id for mail in restored.provider.mails] == [due, unclear]


def test_restoring_tells_what_would_go_out_and_how_to_go_on(
    world: World, lost: Place, fresh: Place, backup: str
) -> None:
    world.add_message("confirmation", due=timedelta(minutes=-5))
    world.add_message("shipping", due=timedelta(hours=20))
    world.add_message("follow_up", due=timedelta(days=3))
    world.add_message("confirmation", occurrence=1, due=timedelta(days=-9))
    lost.run("db", "backup", backup)
    lines = {line["step"]: line for line in fresh.told("db", "restore", backup)["waiting"]}
    assert {step: (line["overdue"], line["soon"], line["later"]) for step, line in lines.items()} == {
        "confirmation": (1, 0, 0),
        "shipping": (0, 1, 0),
        "follow_up": (0, 0, 1),
    }
    assert lines["confirmation"]["too_late"] == 1
    assert "restored from the backup" in fresh.told("status")["pauses"][0]["reason"]


def test_restoring_says_it_in_words(world: World, lost: Place, fresh: Place, backup: str) -> None:
    world.add_message("confirmation")
    lost.run("db", "backup", backup)
    said = fresh.run("db", "restore", backup)
    assert "After `resume` these mails would go out:" in said
    assert "postpurchase resume northkettle" in said


def test_what_the_lost_one_sent_after_the_backup_can_be_skipped(
    world: World, lost: Place, fresh: Place, reopen: Opens, backup: str
) -> None:
    gone = world.add_message("confirmation")
    waits = world.add_message("confirmation", occurrence=1, due=timedelta(hours=5))
    lost.run("db", "backup", backup)
    until = (world.now + timedelta(minutes=1)).isoformat()
    assert fresh.told("db", "restore", backup, "--ran-until", until)["skipped"] == 1
    fresh.run("resume", "northkettle")
    restored = _again(world, fresh, reopen(fresh))
    restored.pass_time(timedelta(hours=6))
    _work(restored)
    assert restored.state(gone) is State.SKIPPED
    assert "lost installation" in restored.message(gone).reason
    assert [mail.message_id for mail in restored.provider.mails] == [waits]


def test_what_the_lost_one_had_still_to_plan_is_skipped_too(
    database: Database, tmp_path: Path, lost: Place, fresh: Place, reopen: Opens, backup: str
) -> None:
    """A webhook had come in just before the backup; just after it the lost one planned it, and sent its mail."""
    shop = connected(database, tmp_path, clock="simulated", secret_key=KEY)
    assert shop.take("orders/create", order(1042, shop.now - timedelta(minutes=5))).status == 202
    lost.run("db", "backup", backup)
    until = (shop.now + timedelta(hours=1)).isoformat()
    assert fresh.told("db", "restore", backup, "--ran-until", until)["skipped"] == 1
    restored = Connected(installed(reopen(fresh), fresh.data_dir, clock="simulated", secret_key=KEY))
    assert [(message.step, message.state) for message in restored.messages()] == [("confirmation", "skipped")]


def test_what_nobody_has_sent_is_not_skipped_by_a_slip_in_the_time(lost: Place, fresh: Place, backup: str) -> None:
    """A zone left out, or another day: the time lies ahead, or before the backup, which knows what had gone out."""
    lost.clock = fresh.clock = "real"
    lost.run("shop", "add", "northkettle")
    lost.run("db", "backup", backup)
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    for slip, words in ((ahead, "still to come"), ("2h", "the backup was made after that")):
        said = " ".join(fresh.run("db", "restore", backup, "--ran-until", slip, code=2).split())
        assert words in said
        assert "with its zone" in said
    assert fresh.told("db", "restore", backup, "--ran-until", "0s")["skipped"] == 0


def test_a_wrong_secret_key_is_told_at_once(world: World, lost: Place, fresh: Place, backup: str) -> None:
    (lost.data_dir / "secret.txt").write_text("northkettle-webhook-secret")
    lost.run("source", "add", "northkettle", "shopify", "--secret-file", str(lost.data_dir / "secret.txt"))
    lost.run("db", "backup", backup)
    fresh.key = "another key altogether"
    assert "1 stored secret cannot be opened" in fresh.run("db", "restore", backup)
