"""The life of a message until the call to the provider: each edge of the table, by the code that takes it."""

from datetime import timedelta

import pytest

from schedules.lifecycle import State
from tests.integration.dispatch.lives import S, edge, move, pause, resume, suppress, tell, took, unclear
from tests.support.dispatching import Killed, World, delivered_facts
from worker.dispatch.policies import GRACE, MAX_CLAIMS
from worker.dispatch.service import deliver_batch, sweep_leases

# scheduled


@edge(S.SCHEDULED, S.CLAIMED)
def test_a_due_message_is_taken_by_a_dispatcher(world: World) -> None:
    message_id = world.add_message()
    assert deliver_batch(world.installation) == 1
    assert took(world, message_id, S.SCHEDULED, S.CLAIMED)


@edge(S.SCHEDULED, S.HELD)
def test_a_hold_stops_a_message_before_it_is_due(world: World) -> None:
    message_id = world.add_message(due=timedelta(hours=1))
    move(world, message_id, S.HELD, "support talks to the customer")
    world.pass_time(timedelta(hours=2))
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.CANCELLED)
def test_a_message_that_the_facts_no_longer_ask_for_is_cancelled(world: World) -> None:
    message_id = world.add_message()
    move(world, message_id, S.CANCELLED, "the order was cancelled")
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.SKIPPED)
def test_a_message_that_must_not_be_sent_is_skipped_before_it_is_due(world: World) -> None:
    message_id = world.add_message(due=timedelta(hours=1))
    move(world, message_id, S.SKIPPED, "the customer was erased")
    assert world.state(message_id) is S.SKIPPED


@edge(S.SCHEDULED, S.EXPIRED)
def test_a_message_whose_window_closed_before_it_was_sent_expires(world: World) -> None:
    message_id = world.add_message()
    world.pass_time(timedelta(hours=73))
    sweep_leases(world.installation)
    assert took(world, message_id, S.SCHEDULED, S.EXPIRED)
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.ACCEPTED)
def test_late_evidence_stops_a_message_that_policy_sent_back(world: World) -> None:
    message_id = unclear(world)
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    tell(world, message_id, S.ACCEPTED)
    world.pass_time(timedelta(hours=1))
    assert deliver_batch(world.installation) == 0
    assert world.state(message_id) is S.ACCEPTED


# held


@edge(S.HELD, S.SCHEDULED)
def test_a_message_goes_on_once_its_pause_has_ended(world: World) -> None:
    message_id = world.add_message()
    pause(world)
    deliver_batch(world.installation)
    assert world.state(message_id) is S.HELD
    sweep_leases(world.installation)
    assert world.state(message_id) is S.HELD
    resume(world)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED


@edge(S.HELD, S.CANCELLED)
def test_a_held_message_that_the_facts_no_longer_ask_for_is_cancelled(world: World) -> None:
    message_id = world.add_message(state="held", held_by="plan")
    move(world, message_id, S.CANCELLED, "the order was cancelled")
    assert world.state(message_id) is S.CANCELLED


@edge(S.HELD, S.EXPIRED)
def test_a_message_whose_window_closed_while_it_was_held_expires_and_says_what_held_it(world: World) -> None:
    message_id = world.add_message(state="held", held_by="plan", reason="support talks to the customer")
    world.pass_time(timedelta(hours=73))
    sweep_leases(world.installation)
    assert world.state(message_id) is S.EXPIRED
    assert "support talks to the customer" in world.message(message_id).reason


# claimed


@edge(S.CLAIMED, S.ATTEMPTING)
def test_a_message_is_marked_before_the_call_to_the_provider(world: World) -> None:
    message_id = world.add_message()
    seen: list[State] = []
    world.provider.before = lambda mail: seen.append(world.state(mail.message_id))
    deliver_batch(world.installation)
    assert seen == [S.ATTEMPTING]
    assert took(world, message_id, S.CLAIMED, S.ATTEMPTING)


@edge(S.CLAIMED, S.SCHEDULED)
def test_a_claim_whose_dispatcher_died_is_free_again_when_its_lease_ends(world: World) -> None:
    message_id = world.add_message()

    def die() -> None:
        raise Killed

    world.renderer.during = die
    with pytest.raises(Killed):
        deliver_batch(world.installation)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.CLAIMED
    world.end_leases(message_id)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    world.renderer.during = lambda: None
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED
    assert len(world.provider.mails) == 1


@edge(S.CLAIMED, S.HELD)
def test_the_gate_holds_a_message_of_a_paused_step(world: World) -> None:
    message_id = world.add_message()
    pause(world, "confirmation")
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.held_by) == ("held", "pause")
    assert "paused" in message.reason


@edge(S.CLAIMED, S.SKIPPED)
def test_the_gate_skips_a_marketing_mail_to_somebody_who_unsubscribed(world: World) -> None:
    world.become(delivered_facts(world.now))
    message_id = world.add_message("follow_up")
    suppress(world, "marketing")
    deliver_batch(world.installation)
    assert took(world, message_id, S.CLAIMED, S.SKIPPED)
    assert world.provider.mails == []


@edge(S.CLAIMED, S.CANCELLED)
def test_the_gate_cancels_a_message_of_an_order_that_was_cancelled_meanwhile(world: World) -> None:
    message_id = world.add_message()
    world.change_order(cancelled_at=world.now)
    deliver_batch(world.installation)
    assert took(world, message_id, S.CLAIMED, S.CANCELLED)
    assert world.provider.mails == []


@edge(S.CLAIMED, S.EXPIRED)
def test_the_gate_expires_a_message_that_is_claimed_too_late(world: World) -> None:
    message_id = world.add_message()
    world.pass_time(timedelta(hours=73))
    deliver_batch(world.installation)
    assert took(world, message_id, S.CLAIMED, S.EXPIRED)


@edge(S.CLAIMED, S.FAILED)
def test_a_message_that_keeps_killing_its_dispatcher_fails_as_poisoned(world: World) -> None:
    message_id = world.add_message()

    def die() -> None:
        raise Killed

    world.renderer.during = die
    for _ in range(MAX_CLAIMS):
        with pytest.raises(Killed):
            deliver_batch(world.installation)
        world.end_leases(message_id)
        sweep_leases(world.installation)
        assert world.state(message_id) is S.SCHEDULED
        world.pass_time(timedelta(minutes=31))
    deliver_batch(world.installation)
    assert world.state(message_id) is S.FAILED
    assert "poisoned" in world.message(message_id).reason
