"""Sweeps: what they ask for, what they find, and what they leave alone."""

from datetime import timedelta

import pytest

from schedules.lifecycle import State
from tests.integration.dispatch.lives import pause
from tests.support.dispatching import World
from worker.dispatch import service
from worker.dispatch.policies import GRACE
from worker.dispatch.service import deliver_batch, has_work_within, sweep_due, sweep_leases
from worker.errors import StaleFenceError
from worker.store.models import Message
from worker.store.transitions import transition


def test_a_sweep_asks_for_as_many_tasks_as_there_is_work(world: World) -> None:
    assert sweep_due(world.installation) == 0
    world.add_message()
    assert sweep_due(world.installation) == 1


def test_a_tick_rests_until_something_falls_due_before_the_next(world: World) -> None:
    moment = timedelta(seconds=1)
    world.add_message(send_at=world.now + timedelta(hours=1))
    world.add_message("shipping", state="claimed", lease_until=world.installation.database.now() + timedelta(hours=1))
    assert not has_work_within(world.installation, moment)
    assert has_work_within(world.installation, timedelta(hours=2))


def test_a_tick_does_not_rest_over_what_a_dead_dispatcher_had_claimed(world: World) -> None:
    world.add_message(state="claimed", lease_until=world.installation.database.now() - timedelta(seconds=1))
    assert has_work_within(world.installation, timedelta(0))


def test_a_sweep_never_asks_for_more_than_its_share(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "batch_for", lambda _connections: 2)
    monkeypatch.setattr(service, "TASKS_AT_ONCE", 3)
    for number in range(9):
        world.add_message(occurrence=number)
    assert sweep_due(world.installation) == 3


def test_a_sweep_that_was_down_for_a_week_finds_everything(world: World) -> None:
    claimed = world.add_message(state="claimed", lease_until=world.installation.database.now() - timedelta(days=7))
    unknown = world.add_message("shipping", state="unknown", resolve_at=world.now - timedelta(days=7))
    sweep_leases(world.installation)
    assert world.state(claimed) is State.SCHEDULED
    assert world.state(unknown) is State.SCHEDULED


def test_a_doubled_sweep_is_harmless(world: World) -> None:
    message_id = world.add_message(state="unknown", resolve_at=world.now - GRACE)
    assert sweep_leases(world.installation) == 1
    assert sweep_leases(world.installation) == 0
    assert len(world.history(message_id)) == 1


def test_a_pause_of_one_step_leaves_the_others_going(world: World) -> None:
    confirmation, other = world.add_message(), world.add_message(occurrence=1)
    pause(world, "follow_up")
    deliver_batch(world.installation)
    assert {world.state(confirmation), world.state(other)} == {State.ACCEPTED}


def test_what_the_planner_holds_is_not_released_with_a_pause(world: World) -> None:
    message_id = world.add_message(state="held", held_by="plan", reason="support talks to the customer")
    sweep_leases(world.installation)
    assert world.state(message_id) is State.HELD


def test_a_message_that_moved_on_while_it_was_swept_is_left_alone(world: World) -> None:
    message_id = world.add_message()
    stale: Message = world.message(message_id)
    deliver_batch(world.installation)
    with pytest.raises(StaleFenceError), world.installation.database.write() as session:
        transition(session, stale, State.EXPIRED, "its window closed", now=world.now)
    assert world.state(message_id) is State.ACCEPTED
