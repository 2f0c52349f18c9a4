"""Claims last as long as their dispatcher works on them, and end soon after it died."""

from datetime import timedelta

from schedules.lifecycle import State
from tests.support.dispatching import World
from worker.dispatch.service import sweep_due
from worker.store.claims import Turn, claim_due
from worker.store.keeping import CLAIM_LEASE, KEEP_FOR_S, RENEW_S, Keeper
from worker.store.models import Message


def _claimed(world: World) -> Message:
    world.add_message()
    with world.installation.database.write() as session:
        [message] = claim_due(session, Turn(now=world.now, lease=timedelta(0), limit=1))
    return message


def _lease_left(world: World, message: Message) -> timedelta:
    kept = world.message(message.id)
    assert kept.lease_until is not None
    return kept.lease_until - world.installation.database.now()


def test_the_lease_of_a_batch_in_hand_is_renewed(world: World) -> None:
    message, keeper = _claimed(world), Keeper(world.installation.database)
    with keeper.keeping([message]):
        assert keeper.renew() == 1
        assert _lease_left(world, message) > CLAIM_LEASE / 2
    assert keeper.renew() == 0


def test_a_message_that_others_have_claimed_since_keeps_their_lease(world: World) -> None:
    message, keeper = _claimed(world), Keeper(world.installation.database)
    with keeper.keeping([message]):
        message.fence += 1
    with keeper.keeping([message]):
        assert keeper.renew() == 0
        assert _lease_left(world, message) <= timedelta(0)


def test_two_renewals_fit_into_a_lease_and_a_batch_that_hangs_is_given_up() -> None:
    assert 2 * RENEW_S < CLAIM_LEASE.total_seconds() < KEEP_FOR_S


def test_what_a_dead_dispatcher_had_is_due_at_the_next_sweep(world: World) -> None:
    message = _claimed(world)
    assert sweep_due(world.installation) == 1
    assert world.message(message.id).state == State.SCHEDULED
