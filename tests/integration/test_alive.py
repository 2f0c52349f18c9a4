"""A container's health check."""

from datetime import timedelta

import pytest

from worker import alive
from worker.heartbeats import lifetime, process_name, record_life
from worker.store.models import Heartbeat
from worker.store.session import Database


def test_a_process_lives_that_gave_a_sign_on_this_machine(database: Database) -> None:
    record_life(database, {"worker:here:7": "worker"})
    assert alive.is_alive(database, "worker", "here")
    assert not alive.is_alive(database, "beat", "here")
    assert not alive.is_alive(database, "worker", "her")


def test_a_process_that_fell_silent_for_a_minute_is_not_healthy(database: Database) -> None:
    record_life(database, {"beat:here:7": "beat"})
    with database.write() as session:
        row = session.query(Heartbeat).one()
        row.at -= timedelta(seconds=61)
    assert not alive.is_alive(database, "beat", "here")


def test_a_process_that_ended_is_not_alive_and_no_late_hint_brings_it_back(database: Database) -> None:
    name = process_name("beat")
    host = name.split(":")[1]
    with lifetime(database, "beat", "worker"):
        record_life(database, {name: "beat"})
        assert alive.is_alive(database, "beat", host)
    record_life(database, {name: "beat"})
    assert not alive.is_alive(database, "beat", host)
    with lifetime(database, "beat"):
        record_life(database, {name: "beat"})
        assert alive.is_alive(database, "beat", host)


def test_a_database_that_is_gone_is_unhealthy_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POSTPURCHASE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr("sys.argv", ["alive", "worker"])
    assert alive.main() == 1
    assert "does not answer" in capsys.readouterr().err
