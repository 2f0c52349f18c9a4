"""Raw webhooks are emptied after a set time, a few at a time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import installed
from tests.support.rows import make_event, make_shop
from worker.bootstrap import Installation
from worker.errors import SettingsError
from worker.planning.replay import replay
from worker.retention import purge_bodies
from worker.settings import load_settings
from worker.store.models import InboundEvent
from worker.store.session import Database


def _filled(database: Database, folder: Path, *events: dict[str, Any], **settings: Any) -> Installation:
    """`events`: their columns; `days` says how long ago they came."""
    installation = installed(database, folder, **settings)
    with database.write() as session:
        shop = make_shop(session)
        for number, event in enumerate(events):
            values = {name: value for name, value in event.items() if name != "days"}
            at = installation.clock.now() - timedelta(days=event["days"])
            make_event(session, shop, dedupe_key=str(number), received_at=at, **values)
    return installation


def _kept(database: Database) -> dict[str, bool]:
    """Which events still have their bodies."""
    with database.read() as session:
        return {event.dedupe_key: event.body is not None for event in session.query(InboundEvent)}


def test_bodies_are_emptied_after_thirty_days_whatever_became_of_their_events(
    database: Database, tmp_path: Path
) -> None:
    states = ("planned", "ignored", "failed")
    old, new = ([{"days": days, "state": state} for state in states] for days in (31, 29))
    installation = _filled(database, tmp_path, *old, *new)
    assert purge_bodies(installation) == 3
    assert _kept(database) == {"0": False, "1": False, "2": False, "3": True, "4": True, "5": True}
    assert purge_bodies(installation) == 0


def test_what_still_waits_to_be_planned_keeps_its_body(database: Database, tmp_path: Path) -> None:
    installation = _filled(database, tmp_path, {"days": 400, "state": "stored"})
    assert purge_bodies(installation) == 0


def test_a_run_empties_so_many_and_the_next_goes_on_with_the_oldest_left(database: Database, tmp_path: Path) -> None:
    events = [{"days": 90 - number, "state": "planned"} for number in range(5)]
    installation = _filled(database, tmp_path, *events)
    assert purge_bodies(installation, chunk=2, chunks=1) == 2
    assert _kept(database) == {"0": False, "1": False, "2": True, "3": True, "4": True}
    assert purge_bodies(installation, chunk=2, chunks=9) == 3


def test_the_time_is_a_setting_of_at_least_a_day(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = _filled(database, tmp_path, {"days": 8, "state": "planned"}, keep_bodies_days=7)
    assert purge_bodies(installation) == 1
    monkeypatch.setenv("POSTPURCHASE_KEEP_BODIES_DAYS", "0")
    with pytest.raises(SettingsError, match="KEEP_BODIES_DAYS"):
        load_settings()


def test_an_emptied_event_is_told_as_purged_when_it_is_replayed(database: Database, tmp_path: Path) -> None:
    installation = _filled(database, tmp_path, {"days": 40, "state": "failed"})
    purge_bodies(installation)
    assert [(each.after, each.note) for each in replay(installation)] == [("purged", "its body was purged")]
