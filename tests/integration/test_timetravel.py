"""Simulated business time, moved while a whole installation runs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.support.intake import Connected, connected
from tests.support.shopify import fulfillment, order
from worker.embedded import Embedded
from worker.errors import SettingsError, UserError
from worker.store.models import Message
from worker.store.session import Database
from worker.timetravel import advance, advance_to_next, next_due, outstanding


@pytest.fixture
def idle(database: Database, tmp_path: Path) -> Connected:
    """A connected shop that nobody works for."""
    return connected(database, tmp_path / "var", clock="simulated")


@pytest.fixture
def running(idle: Connected) -> Iterator[Connected]:
    """A connected shop with web, worker and beat running."""
    with Embedded(idle.installation, port=0):
        yield idle


def test_time_stops_at_each_due_message_until_it_is_out(running: Connected) -> None:
    start = running.now
    running.take("orders/create", order(1042, start))
    running.take("fulfillments/create", fulfillment(1042, start + timedelta(minutes=1)))
    seen: list[tuple[datetime, set[str]]] = []

    def look(moment: datetime) -> None:
        due = [message.state for message in running.messages() if message.send_at <= moment]
        seen.append((moment, set(due)))

    stops = advance(running.installation, by=timedelta(hours=1), on_stop=look)
    assert [moment for moment, _ in seen] == stops
    assert len(stops) == 2
    assert stops == sorted(stops)
    assert all(states == {"accepted"} for _, states in seen)
    assert running.installation.clock.now() >= start + timedelta(hours=1)


def test_the_next_due_message_is_gone_to_and_sent(running: Connected) -> None:
    running.take("orders/create", order(1042, running.now))
    due = advance_to_next(running.installation)
    [message] = running.messages()
    assert (message.send_at, message.state) == (due, "accepted")
    assert advance_to_next(running.installation) is None


def test_after_a_jump_what_fell_due_is_worked_off(running: Connected) -> None:
    running.take("orders/create", order(1042, running.now))
    assert advance(running.installation, by=timedelta(hours=36), jump=True) == []
    [message] = running.messages()
    assert message.state == "accepted"
    assert message.accepted_at is not None
    assert message.accepted_at - message.send_at > timedelta(hours=35)


def test_time_that_nobody_works_in_says_what_to_start(idle: Connected) -> None:
    idle.plan("orders/create", order(1042, idle.now))
    with pytest.raises(UserError, match="no worker is running"):
        advance(idle.installation, by=timedelta(hours=1), patience_s=0.2)


def test_the_next_due_time_is_the_earliest_that_is_still_ahead(idle: Connected) -> None:
    assert next_due(idle.installation) is None
    for number, minutes in ((1042, 0), (1043, 30)):
        placed = idle.now - timedelta(minutes=minutes)
        idle.plan("orders/create", order(number, placed, email=f"m{number}@example.com"))
    assert next_due(idle.installation) == min(
        message.send_at for message in idle.messages() if message.send_at > idle.now
    )
    assert outstanding(idle.installation) == sum(message.send_at <= idle.now for message in idle.messages())


def test_a_real_clock_is_not_moved(database: Database, tmp_path: Path) -> None:
    shop = connected(database, tmp_path / "var")
    with pytest.raises(SettingsError, match="POSTPURCHASE_CLOCK=simulated"):
        advance(shop.installation, by=timedelta(hours=1))


def test_time_does_not_go_back(idle: Connected) -> None:
    with pytest.raises(SettingsError, match="forward"):
        advance(idle.installation, to=idle.now - timedelta(hours=1))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_time_stops_where_an_unclear_attempt_is_decided(idle: Connected) -> None:
    """A receipt whose answer got lost goes again ten minutes later, not after the whole way."""
    idle.plan("orders/create", order(1042, idle.now))
    decided_at = idle.now + timedelta(minutes=10)
    with idle.installation.database.write() as session:
        session.execute(update(Message).values(state="unknown", resolve_at=decided_at))
    assert (next_due(idle.installation), outstanding(idle.installation)) == (decided_at, 0)
    idle.installation.clock.move_to(decided_at)
    assert (next_due(idle.installation), outstanding(idle.installation)) == (None, 1)
