"""The life of a message: each edge of the table once, under a sentence for a name, by the code that takes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules.lifecycle import TRANSITIONS, State
from tests.support.dispatching import Killed, World, delivered_facts
from worker.delivery.port import Verdict
from worker.dispatch.policies import GRACE, MAX_CLAIMS
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.store.evidence import Evidence, record_evidence
from worker.store.models import Pause, Suppression
from worker.store.transitions import transition

S = State
COVERED: set[tuple[State, State]] = set()


def edge(before: State, after: State) -> Callable[[Any], Any]:
    """Notes which edge a test takes, so that a missing one is found."""
    COVERED.add((before, after))
    return lambda test: test


def _took(world: World, message_id: UUID, before: State, after: State) -> bool:
    return (before.value, after.value) in world.steps_of(message_id)


def _answer(world: World, verdict: Verdict, **more: Any) -> None:
    world.provider.answers.append({"verdict": verdict, **more})


def _unclear(world: World, step: str = "confirmation") -> UUID:
    """A message of which nobody can tell whether it went out."""
    if step == "follow_up":
        world.become(delivered_facts(world.now))
    message_id = world.add_message(step)
    _answer(world, Verdict.UNKNOWN, error="time-out")
    deliver_batch(world.installation)
    assert world.state(message_id) is S.UNKNOWN
    return message_id


def _tell(world: World, message_id: UUID, state: State) -> None:
    attempt = world.attempts(message_id)[-1]
    proof = Evidence(message_id=message_id, attempt_id=attempt.id, state=state, reason="the provider says so")
    with world.installation.database.write() as session:
        assert record_evidence(session, proof, now=world.now)


def _move(world: World, message_id: UUID, to: State, reason: str) -> None:
    with world.installation.database.write() as session:
        transition(session, world.message(message_id), to, reason, now=world.now)


def _pause(world: World, step: str = "") -> None:
    with world.installation.database.write() as session:
        session.add(Pause(shop_id=world.shop_id, step=step, reason="", created_at=world.now))


def _resume(world: World) -> None:
    with world.installation.database.write() as session:
        session.query(Pause).delete()


def _suppress(world: World, scope: str) -> None:
    with world.installation.database.write() as session:
        row = {"shop_id": world.shop_id, "address": "mia@example.com", "scope": scope}
        session.add(Suppression(**row, reason="unsubscribed", created_at=world.now))


def _killed_in_the_call(world: World) -> UUID:
    message_id = world.add_message()

    def die(_mail: object) -> None:
        raise Killed

    world.provider.before = die
    with pytest.raises(Killed):
        deliver_batch(world.installation)
    world.provider.before = lambda _mail: None
    return message_id


# scheduled


@edge(S.SCHEDULED, S.CLAIMED)
def test_a_due_message_is_taken_by_a_dispatcher(world: World) -> None:
    message_id = world.add_message()
    assert deliver_batch(world.installation) == 1
    assert _took(world, message_id, S.SCHEDULED, S.CLAIMED)


@edge(S.SCHEDULED, S.HELD)
def test_a_hold_stops_a_message_before_it_is_due(world: World) -> None:
    message_id = world.add_message(due=timedelta(hours=1))
    _move(world, message_id, S.HELD, "support talks to the customer")
    world.pass_time(timedelta(hours=2))
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.CANCELLED)
def test_a_message_that_the_facts_no_longer_ask_for_is_cancelled(world: World) -> None:
    message_id = world.add_message()
    _move(world, message_id, S.CANCELLED, "the order was cancelled")
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.SKIPPED)
def test_a_message_that_must_not_be_sent_is_skipped_before_it_is_due(world: World) -> None:
    message_id = world.add_message(due=timedelta(hours=1))
    _move(world, message_id, S.SKIPPED, "the customer was erased")
    assert world.state(message_id) is S.SKIPPED


@edge(S.SCHEDULED, S.EXPIRED)
def test_a_message_whose_window_closed_before_it_was_sent_expires(world: World) -> None:
    message_id = world.add_message()
    world.pass_time(timedelta(hours=73))
    sweep_leases(world.installation)
    assert _took(world, message_id, S.SCHEDULED, S.EXPIRED)
    assert deliver_batch(world.installation) == 0


@edge(S.SCHEDULED, S.ACCEPTED)
def test_late_evidence_stops_a_message_that_policy_sent_back(world: World) -> None:
    message_id = _unclear(world)
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    _tell(world, message_id, S.ACCEPTED)
    world.pass_time(timedelta(hours=1))
    assert deliver_batch(world.installation) == 0
    assert world.state(message_id) is S.ACCEPTED


# held


@edge(S.HELD, S.SCHEDULED)
def test_a_message_goes_on_once_its_pause_has_ended(world: World) -> None:
    message_id = world.add_message()
    _pause(world)
    deliver_batch(world.installation)
    assert world.state(message_id) is S.HELD
    sweep_leases(world.installation)
    assert world.state(message_id) is S.HELD
    _resume(world)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED


@edge(S.HELD, S.CANCELLED)
def test_a_held_message_that_the_facts_no_longer_ask_for_is_cancelled(world: World) -> None:
    message_id = world.add_message(state="held", held_by="plan")
    _move(world, message_id, S.CANCELLED, "the order was cancelled")
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
    assert _took(world, message_id, S.CLAIMED, S.ATTEMPTING)


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
    _pause(world, "confirmation")
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.held_by) == ("held", "pause")
    assert "paused" in message.reason


@edge(S.CLAIMED, S.SKIPPED)
def test_the_gate_skips_a_marketing_mail_to_somebody_who_unsubscribed(world: World) -> None:
    world.become(delivered_facts(world.now))
    message_id = world.add_message("follow_up")
    _suppress(world, "marketing")
    deliver_batch(world.installation)
    assert _took(world, message_id, S.CLAIMED, S.SKIPPED)
    assert world.provider.mails == []


@edge(S.CLAIMED, S.CANCELLED)
def test_the_gate_cancels_a_message_of_an_order_that_was_cancelled_meanwhile(world: World) -> None:
    message_id = world.add_message()
    world.change_order(cancelled_at=world.now)
    deliver_batch(world.installation)
    assert _took(world, message_id, S.CLAIMED, S.CANCELLED)
    assert world.provider.mails == []


@edge(S.CLAIMED, S.EXPIRED)
def test_the_gate_expires_a_message_that_is_claimed_too_late(world: World) -> None:
    message_id = world.add_message()
    world.pass_time(timedelta(hours=73))
    deliver_batch(world.installation)
    assert _took(world, message_id, S.CLAIMED, S.EXPIRED)


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


# attempting


@edge(S.ATTEMPTING, S.ACCEPTED)
def test_an_accepted_mail_keeps_the_providers_receipt_and_business_time(world: World) -> None:
    message_id = world.add_message()
    begun = world.now
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.provider, message.provider_id) == ("accepted", "recorder", "r-1")
    assert message.accepted_at is not None
    assert begun <= message.accepted_at <= world.now
    assert (message.tries, message.claims) == (1, 0)


@edge(S.ATTEMPTING, S.SCHEDULED)
def test_a_refusal_that_may_pass_is_tried_again_later(world: World) -> None:
    message_id = world.add_message()
    _answer(world, Verdict.RETRY, error="429", retry_after=timedelta(minutes=5))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.state == "scheduled"
    assert message.send_at > world.now + timedelta(minutes=4)
    assert "429" in message.reason
    assert deliver_batch(world.installation) == 0
    world.pass_time(timedelta(minutes=6))
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED


@edge(S.ATTEMPTING, S.FAILED)
def test_a_refusal_that_will_not_pass_ends_the_message(world: World) -> None:
    message_id = world.add_message()
    _answer(world, Verdict.REFUSED, error="400: no valid address")
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.reason) == ("failed", "refused: 400: no valid address")


@edge(S.ATTEMPTING, S.UNKNOWN)
def test_a_dispatcher_that_died_in_the_call_leaves_an_unknown_message_behind(world: World) -> None:
    message_id = _killed_in_the_call(world)
    assert world.state(message_id) is S.ATTEMPTING
    world.end_leases(message_id)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.UNKNOWN
    assert world.attempts(message_id)[0].outcome == "unknown"
    assert deliver_batch(world.installation) == 0


# unknown


@edge(S.UNKNOWN, S.ACCEPTED)
def test_evidence_that_the_provider_has_it_settles_an_unknown_message(world: World) -> None:
    message_id = _unclear(world)
    _tell(world, message_id, S.ACCEPTED)
    assert _took(world, message_id, S.UNKNOWN, S.ACCEPTED)


@edge(S.UNKNOWN, S.DELIVERED)
def test_evidence_that_the_mailbox_took_it_settles_an_unknown_message(world: World) -> None:
    message_id = _unclear(world)
    _tell(world, message_id, S.DELIVERED)
    assert _took(world, message_id, S.UNKNOWN, S.DELIVERED)


@edge(S.UNKNOWN, S.BOUNCED)
def test_evidence_that_it_bounced_settles_an_unknown_message(world: World) -> None:
    message_id = _unclear(world)
    _tell(world, message_id, S.BOUNCED)
    assert _took(world, message_id, S.UNKNOWN, S.BOUNCED)


@edge(S.UNKNOWN, S.DROPPED)
def test_evidence_that_the_provider_dropped_it_settles_an_unknown_message(world: World) -> None:
    message_id = _unclear(world)
    _tell(world, message_id, S.DROPPED)
    assert _took(world, message_id, S.UNKNOWN, S.DROPPED)


@edge(S.UNKNOWN, S.SCHEDULED)
def test_an_unknown_transactional_mail_is_sent_again_after_its_grace(world: World) -> None:
    message_id = _unclear(world)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.UNKNOWN
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.SCHEDULED
    world.pass_time(timedelta(minutes=5))
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED


@edge(S.UNKNOWN, S.ABANDONED)
def test_an_unknown_marketing_mail_is_dropped_after_its_grace(world: World) -> None:
    message_id = _unclear(world, "follow_up")
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.ABANDONED
    assert deliver_batch(world.installation) == 0


# abandoned


def _abandoned(world: World) -> UUID:
    message_id = _unclear(world, "follow_up")
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    return message_id


@edge(S.ABANDONED, S.ACCEPTED)
def test_late_evidence_shows_that_the_provider_had_an_abandoned_mail(world: World) -> None:
    message_id = _abandoned(world)
    _tell(world, message_id, S.ACCEPTED)
    assert _took(world, message_id, S.ABANDONED, S.ACCEPTED)


@edge(S.ABANDONED, S.DELIVERED)
def test_late_evidence_shows_that_an_abandoned_mail_was_delivered(world: World) -> None:
    message_id = _abandoned(world)
    _tell(world, message_id, S.DELIVERED)
    assert _took(world, message_id, S.ABANDONED, S.DELIVERED)


@edge(S.ABANDONED, S.BOUNCED)
def test_late_evidence_shows_that_an_abandoned_mail_bounced(world: World) -> None:
    message_id = _abandoned(world)
    _tell(world, message_id, S.BOUNCED)
    assert _took(world, message_id, S.ABANDONED, S.BOUNCED)


@edge(S.ABANDONED, S.DROPPED)
def test_late_evidence_shows_that_the_provider_dropped_an_abandoned_mail(world: World) -> None:
    message_id = _abandoned(world)
    _tell(world, message_id, S.DROPPED)
    assert _took(world, message_id, S.ABANDONED, S.DROPPED)


# accepted and after


def _accepted(world: World) -> UUID:
    message_id = world.add_message()
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED
    return message_id


@edge(S.ACCEPTED, S.DELIVERED)
def test_an_accepted_mail_is_delivered(world: World) -> None:
    message_id = _accepted(world)
    _tell(world, message_id, S.DELIVERED)
    assert world.message(message_id).delivered_at is not None


@edge(S.ACCEPTED, S.BOUNCED)
def test_an_accepted_mail_bounces(world: World) -> None:
    message_id = _accepted(world)
    _tell(world, message_id, S.BOUNCED)
    assert world.state(message_id) is S.BOUNCED


@edge(S.ACCEPTED, S.DROPPED)
def test_an_accepted_mail_is_dropped_by_the_provider(world: World) -> None:
    message_id = _accepted(world)
    _tell(world, message_id, S.DROPPED)
    assert world.state(message_id) is S.DROPPED


@edge(S.DELIVERED, S.BOUNCED)
def test_a_delivered_mail_bounces_later(world: World) -> None:
    message_id = _accepted(world)
    _tell(world, message_id, S.DELIVERED)
    _tell(world, message_id, S.BOUNCED)
    assert _took(world, message_id, S.DELIVERED, S.BOUNCED)


def test_every_edge_of_the_table_has_its_test() -> None:
    assert {(before, after) for before, onward in TRANSITIONS.items() for after in onward} == COVERED
