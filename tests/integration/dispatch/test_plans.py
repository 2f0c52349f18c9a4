"""A plan's changes become rows, once; of what a dispatcher has, a move alone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from schedules.changes import Cancel, Hold, Move, NewMessage, Plan, Release
from schedules.lifecycle import State
from schedules.shop import Role
from tests.support.dispatching import World
from worker.dispatch.returning import fail
from worker.store.claims import Turn, claim_due
from worker.store.messages import Applied, apply_plan, messages_of
from worker.store.models import Message

CONFIRMATION = {"step": "confirmation", "parcel_group": "", "occurrence": 0}


def _new(world: World, **changes: Any) -> NewMessage:
    at = world.now + timedelta(minutes=2)
    fields: dict[str, Any] = CONFIRMATION | {
        "state": State.SCHEDULED,
        "role": Role.REPLACE,
        "stream": "transactional",
        "template": "order_confirmation",
        "send_at": at,
        "aim_at": at,
        "offer_until": at + timedelta(hours=2),
        "expires_at": at + timedelta(hours=72),
        "reason": "2 minutes after the order",
    }
    return NewMessage(**(fields | changes))


def _apply(world: World, address: str = "mia@example.com", **changes: Any) -> Applied:
    with world.installation.database.write() as session:
        return apply_plan(
            session,
            shop_id=world.shop_id,
            order_id=world.order_id,
            plan=Plan(unsent={}, **changes),
            now=world.now,
            address=address,
        )


def _only(world: World) -> Message:
    with world.installation.database.read() as session:
        return session.scalars(select(Message)).one()


def test_a_new_message_becomes_a_row_with_a_beginning_of_its_history(world: World) -> None:
    assert _apply(world, schedule=(_new(world),)) == Applied(scheduled=1)
    message = _only(world)
    assert (message.state, message.address, message.template) == ("scheduled", "mia@example.com", "order_confirmation")
    assert world.steps_of(message.id) == [(None, "scheduled")]
    assert world.history(message.id)[0].reason == "2 minutes after the order"


def test_the_same_plan_twice_makes_one_message(world: World) -> None:
    plan = (_new(world),)
    _apply(world, schedule=plan)
    assert _apply(world, schedule=plan) == Applied()
    assert len(world.history(_only(world).id)) == 1


def test_parcels_and_occurrences_are_messages_of_their_own(world: World) -> None:
    parts = [_new(world, step="shipping", parcel_group=day) for day in ("2031-05-14", "2031-05-15")]
    again = _new(world, occurrence=1)
    assert _apply(world, schedule=(_new(world), *parts, again)).scheduled == 4


def test_a_message_may_begin_as_held(world: World) -> None:
    _apply(world, schedule=(_new(world, state=State.HELD, reason="the order is on hold"),))
    assert (_only(world).state, _only(world).held_by) == ("held", "plan")


def test_a_move_changes_the_times_and_says_why(world: World) -> None:
    _apply(world, schedule=(_new(world),))
    later = world.now + timedelta(days=1)
    times = {"send_at": later, "aim_at": later, "offer_until": None, "expires_at": later + timedelta(hours=72)}
    assert _apply(world, move=(Move(**CONFIRMATION, **times, reason="the order was edited"),)).moved == 1
    message = _only(world)
    assert (message.send_at, message.offer_until, message.state) == (later, None, "scheduled")
    assert world.steps_of(message.id)[-1] == ("scheduled", "scheduled")


def test_a_hold_keeps_a_message_until_it_is_released(world: World) -> None:
    _apply(world, schedule=(_new(world),))
    assert _apply(world, hold=(Hold(**CONFIRMATION, reason="support talks to the customer"),)).held == 1
    assert _only(world).reason == "support talks to the customer"
    assert _apply(world, release=(Release(**CONFIRMATION, reason="released"),)).released == 1
    assert _only(world).state == "scheduled"


def test_a_cancelled_message_stays_cancelled(world: World) -> None:
    _apply(world, schedule=(_new(world),))
    cancel = (Cancel(**CONFIRMATION, reason="the order was cancelled"),)
    assert _apply(world, cancel=cancel).cancelled == 1
    assert _apply(world, cancel=cancel).cancelled == 0
    assert _apply(world, schedule=(_new(world),)).scheduled == 0
    assert _only(world).state == "cancelled"


def test_a_message_that_a_dispatcher_has_is_left_to_the_gate(world: World) -> None:
    message_id = world.add_message(state="claimed", fence=1)
    assert _apply(world, cancel=(Cancel(**CONFIRMATION, reason="the order was cancelled"),)) == Applied()
    assert world.state(message_id) is State.CLAIMED


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_move_takes_back_a_message_that_a_dispatcher_has(world: World) -> None:
    """It would come back with the window that it had, or be judged by it. What ends in order is no lost claim."""
    message_id = world.add_message()
    with world.installation.database.write() as session:
        [claimed] = claim_due(session, Turn(now=world.now, lease=timedelta(minutes=1), limit=1))
    later = world.now + timedelta(days=1)
    times = {"send_at": later, "aim_at": later, "offer_until": None, "expires_at": later + timedelta(hours=72)}
    assert _apply(world, move=(Move(**CONFIRMATION, **times, reason="it arrived later"),)).moved == 1
    fail(world.installation, claimed, "by the dispatcher that had it")
    message = world.message(message_id)
    assert (message.state, message.send_at, message.expires_at) == ("scheduled", later, times["expires_at"])
    assert message.claims == 0


def test_a_new_address_reaches_what_is_still_to_be_sent(world: World) -> None:
    sent = world.add_message("shipping", state="accepted")
    waiting = world.add_message()
    _apply(world, address="mia@new.example")
    assert world.message(waiting).address == "mia@new.example"
    assert world.message(sent).address == "mia@example.com"


def test_messages_are_told_in_the_order_they_were_made(world: World) -> None:
    made = [world.add_message(occurrence=number) for number in range(3)]
    with world.installation.database.read() as session:
        assert [message.id for message in messages_of(session, world.order_id)] == made
