"""Claiming: due messages only, once, under a lease, fair between shops."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, update

from schedules.facts import Facts
from schedules.lifecycle import State
from tests.support.backlog import analyze, pile_up
from tests.support.dispatching import MORNING, World
from tests.support.orders import NORTHKETTLE, an_order, keep_order, keep_shop
from worker.dispatch.service import due_within
from worker.store.claims import Turn, claim_due, claim_suspect, count_due
from worker.store.models import Message

LEASE = timedelta(minutes=2)


def _turn(world: World, limit: int = 10) -> Turn:
    return Turn(now=world.now, lease=LEASE, limit=limit)


def _claim(world: World, limit: int = 10) -> list[Message]:
    with world.installation.database.write() as session:
        return claim_due(session, _turn(world, limit))


def _another_shop(world: World, slug: str, messages: int) -> UUID:
    """A shop with so many due messages, each of an occurrence of its own."""
    with world.installation.database.write() as session:
        shop = keep_shop(session, MORNING, NORTHKETTLE.model_copy(update={"slug": slug}))
        order = keep_order(session, shop.id, Facts(order=an_order(MORNING)), MORNING)
    for number in range(messages):
        world.add_message(shop_id=shop.id, order_id=order.id, occurrence=number, due=timedelta(minutes=-60))
    return shop.id


def test_a_due_message_is_claimed_under_a_new_fence_and_a_lease(world: World) -> None:
    message_id = world.add_message()
    (claimed,) = _claim(world)
    real_now = world.installation.database.now()
    message = world.message(message_id)
    assert claimed.id == message_id
    assert (message.state, message.fence, message.claims) == ("claimed", 1, 1)
    assert message.lease_until is not None
    assert timedelta(0) < message.lease_until - real_now <= LEASE
    assert world.steps_of(message_id) == [("scheduled", "claimed")]


def test_a_message_is_claimed_once(world: World) -> None:
    world.add_message()
    assert len(_claim(world)) == 1
    assert _claim(world) == []


def test_a_message_that_is_not_due_stays(world: World) -> None:
    world.add_message(due=timedelta(hours=1))
    assert _claim(world) == []
    world.pass_time(timedelta(hours=2))
    assert len(_claim(world)) == 1


def test_held_messages_are_not_claimed(world: World) -> None:
    world.add_message(state="held")
    assert _claim(world) == []


def test_the_oldest_come_first(world: World) -> None:
    young = world.add_message(due=timedelta(minutes=-1))
    old = world.add_message("shipping", due=timedelta(hours=-1))
    assert [message.id for message in _claim(world, limit=1)] == [old]
    assert [message.id for message in _claim(world, limit=1)] == [young]


def test_a_shop_with_many_due_messages_does_not_delay_one_with_few(world: World) -> None:
    crowd, few = _another_shop(world, "crowd", 40), _another_shop(world, "few", 3)
    taken = Counter(message.shop_id for message in _claim(world, limit=10))
    assert taken[few] == 3
    assert taken[crowd] == 7


def test_more_shops_than_places_get_one_each(world: World) -> None:
    shops = {_another_shop(world, f"shop-{number}", 2) for number in range(5)}
    taken = Counter(message.shop_id for message in _claim(world, limit=3))
    assert set(taken) <= shops
    assert set(taken.values()) == {1}


def test_two_dispatchers_never_claim_the_same_message(world: World) -> None:
    for number in range(40):
        world.add_message(occurrence=number)
    taken: list[UUID] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(message.id for message in _claim(world, limit=20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_a_message_with_lost_claims_is_claimed_alone(world: World) -> None:
    suspects = [world.add_message(occurrence=number, claims=2) for number in range(2)]
    ordinary = world.add_message(occurrence=9)
    assert [message.id for message in _claim(world)] == [ordinary]
    with world.installation.database.write() as session:
        (claimed,) = claim_suspect(session, _turn(world))
    assert claimed.id in suspects
    assert claimed.claims == 3


def test_lost_claims_of_a_lane_that_is_shut_hide_those_of_no_other(world: World) -> None:
    """A shop's own key may be refused for days."""
    shut = _another_shop(world, "shut", 60)
    with world.installation.database.write() as session:
        session.execute(update(Message).where(Message.shop_id == shut).values(claims=2))
    ours = world.add_message(claims=2)
    turn = Turn(now=world.now, lease=LEASE, limit=10, sift=lambda lanes: {each: 9 for each in lanes if each[0] != shut})
    with world.installation.database.write() as session:
        assert [message.id for message in claim_suspect(session, turn)] == [ours]
        assert claim_suspect(session, turn) == []


def test_counting_stops_where_it_is_told_to(world: World) -> None:
    for number in range(5):
        world.add_message(occurrence=number)
    with world.installation.database.read() as session:
        assert count_due(session, world.now, 3) == 3
        assert count_due(session, world.now, 100) == 5
        assert count_due(session, world.now - timedelta(days=1), 100) == 0


def test_claiming_uses_the_partial_index_of_due_messages(world: World) -> None:
    for step in ("confirmation", "follow_up"):
        pile_up(world, world.add_message(step), 500)
    with world.installation.database.write() as session:
        analyze(session)
    with world.installation.database.read() as session:
        if not world.installation.database.is_sqlite:
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if world.installation.database.is_sqlite else "EXPLAIN"
        query = (
            "SELECT id FROM message WHERE state = 'scheduled' AND claims < 2 AND shop_id = '{}' "
            "AND stream = 'marketing' ORDER BY send_at, id"
        )
        lines = session.connection().exec_driver_sql(f"{explain} {query.format(world.shop_id)} LIMIT 5")
        assert "ix_message_due_of_shop" in " ".join(str(line) for line in lines)


def test_what_is_claimed_is_taken_by_its_id_however_much_is_waiting(world: World) -> None:
    """The database's statistics may know of no waiting message yet."""
    pile_up(world, world.add_message("confirmation", due=timedelta(hours=-1)), 500)
    engine, plans = world.installation.database.engine, []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("UPDATE message"):
            how = "EXPLAIN QUERY PLAN" if world.installation.database.is_sqlite else "EXPLAIN"
            plans.append(str(cursor.execute(f"{how} {statement}", parameters).fetchall()))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        assert len(_claim(world)) == 10
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert len(plans) == 1
    assert "ix_message" not in plans[0], "an index of all that waits"


def test_a_claimed_message_still_shows_its_state_in_its_history(world: World) -> None:
    message_id = world.add_message()
    _claim(world)
    assert world.state(message_id) is State.CLAIMED
    assert world.history(message_id)[0].reason == "due"


def test_the_next_message_to_fall_due_is_foreseen(world: World) -> None:
    world.add_message("confirmation", due=timedelta(minutes=-1))
    world.add_message("shipping", due=timedelta(seconds=40))
    world.add_message("follow_up", due=timedelta(seconds=50))
    assert due_within(world.installation, timedelta(seconds=30)) is None
    assert due_within(world.installation, timedelta(minutes=1)) == pytest.approx(40, abs=5)
