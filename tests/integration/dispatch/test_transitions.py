"""Writes that move a message: only along the table, only by whoever has it, always with a reason."""

from uuid import UUID

import pytest

from schedules.lifecycle import State, may_move
from tests.support.dispatching import World
from worker.errors import StaleFenceError
from worker.store.models import Message
from worker.store.transitions import reschedule, transition


def _move(world: World, message: Message, to: State, reason: str = "because", **values: object) -> None:
    with world.installation.database.write() as session:
        transition(session, message, to, reason, now=world.now, **values)


def _all_but(message_id: UUID, world: World) -> dict[str, object]:
    message = world.message(message_id)
    return {column.name: getattr(message, column.name) for column in Message.__table__.columns}


def test_a_move_is_written_down_with_its_reason_and_both_times(world: World) -> None:
    message_id = world.add_message()
    before = world.installation.database.now()
    _move(world, world.message(message_id), State.CANCELLED, "the order was cancelled")
    (line,) = world.history(message_id)
    assert (line.before, line.after, line.reason) == ("scheduled", "cancelled", "the order was cancelled")
    assert line.at.year == world.now.year
    assert before <= line.real_at <= world.installation.database.now()
    assert world.message(message_id).reason == "the order was cancelled"


@pytest.mark.parametrize("change", [{"fence": 1}, {"state": "claimed"}, {"state": "claimed", "fence": 1}])
def test_a_stale_fence_changes_nothing(world: World, change: dict[str, object]) -> None:
    message_id = world.add_message()
    read_before = world.message(message_id)
    world.change(message_id, **change)
    kept = _all_but(message_id, world)
    with pytest.raises(StaleFenceError):
        _move(world, read_before, State.CANCELLED)
    with pytest.raises(StaleFenceError), world.installation.database.write() as session:
        reschedule(session, read_before, "because", now=world.now, send_at=world.now)
    assert _all_but(message_id, world) == kept
    assert world.history(message_id) == []


def test_a_refused_write_leaves_the_rest_of_its_unit_in_force(world: World) -> None:
    mine, lost = world.add_message(), world.add_message("shipping")
    stale = world.message(lost)
    world.change(lost, fence=9)
    with world.installation.database.write() as session:
        with pytest.raises(StaleFenceError):
            transition(session, stale, State.CANCELLED, "because", now=world.now)
        transition(session, world.message(mine), State.CANCELLED, "because", now=world.now)
    assert world.state(mine) is State.CANCELLED
    assert world.state(lost) is State.SCHEDULED


def test_no_message_moves_where_the_table_has_no_edge(world: World) -> None:
    message_id = world.add_message()
    for before in State:
        world.change(message_id, state=before.value)
        for to in State:
            if not may_move(before, to):
                with pytest.raises(ValueError, match="does not go"):
                    _move(world, world.message(message_id), to)
        assert world.state(message_id) is before


def test_a_move_without_a_reason_is_refused(world: World) -> None:
    message_id = world.add_message()
    with pytest.raises(ValueError, match="reason"):
        _move(world, world.message(message_id), State.CANCELLED, "")


def test_the_object_in_hand_follows_the_row(world: World) -> None:
    message = world.message(world.add_message())
    _move(world, message, State.HELD, "on hold", held_by="plan")
    assert (message.state, message.reason, message.held_by) == ("held", "on hold", "plan")
    _move(world, message, State.SCHEDULED, "released")
    assert message.held_by == ""
