"""Business time and stored events from the command line."""

import pytest

from tests.integration.cli.conftest import Cli
from tests.support.rows import make_event
from worker.store.session import Database
from worker.store.shops import get_shop


def test_the_real_clock_is_shown_and_refuses_to_move(cli: Cli, shop: str) -> None:
    shown = cli("clock", "now", "--json").document
    refused = cli("clock", "advance", "36h")
    assert (shown["mode"], shown["next_due"]) == ("real", None)
    assert refused.code == 2
    assert "POSTPURCHASE_CLOCK=simulated" in refused.err


def test_simulated_time_moves_and_stays_moved(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "simulated")
    moved = cli("clock", "advance", "9d", "--json").document
    assert moved["now"] > moved["before"]
    assert cli("clock", "show", "--json").document["now"] >= moved["now"]
    assert "9 d later" in cli("clock", "jump", "9d").out
    assert "nothing to go to" in cli("clock", "next").out


def test_a_delay_of_soon_is_a_sentence(cli: Cli, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTPURCHASE_CLOCK", "simulated")
    refused = cli("clock", "advance", "soon")
    assert refused.code == 2
    assert "36h" in refused.err


def test_replaying_nothing_says_so(cli: Cli, shop: str) -> None:
    assert "nothing was replayed" in cli("replay").out


def test_a_failed_event_is_run_again_and_a_dry_run_changes_nothing(cli: Cli, shop: str, database: Database) -> None:
    with database.write() as session:
        owner = get_shop(session, shop)
        make_event(session, owner, topic="orders/create", body=b"not json", state="failed", note="broken")
        make_event(session, owner, topic="themes/publish", dedupe_key="2", state="ignored")
    dry = cli("replay", "--failed", "--dry-run", "--json").document
    assert (dry["events"], dry["dry_run"], dry["after"]) == (1, True, {"failed": 1})
    assert cli("status", "--json").document["events"] == {"failed": 1, "ignored": 1}
    wet = cli("replay", "--json").document
    assert (wet["events"], wet["after"]) == (2, {"failed": 1, "ignored": 1})


def test_a_replay_goes_on_after_an_event(cli: Cli, shop: str, database: Database) -> None:
    with database.write() as session:
        owner = get_shop(session, shop)
        made = [make_event(session, owner, dedupe_key=str(each), state="failed", body=b"no json") for each in range(3)]
        first = str(made[0].id)
    assert cli("replay", "--dry-run", "--after", first, "--json").document["events"] == 2
    refused = cli("replay", "--after", "yesterday")
    assert (refused.code, "id of an event" in refused.err) == (2, True)
