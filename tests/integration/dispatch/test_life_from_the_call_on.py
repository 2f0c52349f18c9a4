"""The life of a message from the call on: each edge of the table, by the code that takes it."""

from datetime import timedelta
from uuid import UUID

from schedules.lifecycle import TRANSITIONS
from tests.integration.dispatch import test_life_before_the_call  # noqa: F401 - its tests take edges too
from tests.integration.dispatch.lives import COVERED, S, answer, edge, killed_in_the_call, tell, took, unclear
from tests.support.dispatching import World
from worker.delivery.port import Verdict
from worker.dispatch.policies import GRACE
from worker.dispatch.service import deliver_batch, sweep_leases

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
    answer(world, Verdict.RETRY, error="429", retry_after=timedelta(minutes=5))
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
    answer(world, Verdict.REFUSED, error="400: no valid address")
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.reason) == ("failed", "refused: 400: no valid address")


@edge(S.ATTEMPTING, S.UNKNOWN)
def test_a_dispatcher_that_died_in_the_call_leaves_an_unknown_message_behind(world: World) -> None:
    message_id = killed_in_the_call(world)
    assert world.state(message_id) is S.ATTEMPTING
    world.end_leases(message_id)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.UNKNOWN
    assert world.attempts(message_id)[0].outcome == "unknown"
    assert deliver_batch(world.installation) == 0


# unknown


@edge(S.UNKNOWN, S.ACCEPTED)
def test_evidence_that_the_provider_has_it_settles_an_unknown_message(world: World) -> None:
    message_id = unclear(world)
    tell(world, message_id, S.ACCEPTED)
    assert took(world, message_id, S.UNKNOWN, S.ACCEPTED)


@edge(S.UNKNOWN, S.DELIVERED)
def test_evidence_that_the_mailbox_took_it_settles_an_unknown_message(world: World) -> None:
    message_id = unclear(world)
    tell(world, message_id, S.DELIVERED)
    assert took(world, message_id, S.UNKNOWN, S.DELIVERED)


@edge(S.UNKNOWN, S.BOUNCED)
def test_evidence_that_it_bounced_settles_an_unknown_message(world: World) -> None:
    message_id = unclear(world)
    tell(world, message_id, S.BOUNCED)
    assert took(world, message_id, S.UNKNOWN, S.BOUNCED)


@edge(S.UNKNOWN, S.DROPPED)
def test_evidence_that_the_provider_dropped_it_settles_an_unknown_message(world: World) -> None:
    message_id = unclear(world)
    tell(world, message_id, S.DROPPED)
    assert took(world, message_id, S.UNKNOWN, S.DROPPED)


@edge(S.UNKNOWN, S.SCHEDULED)
def test_an_unknown_transactional_mail_is_sent_again_after_its_grace(world: World) -> None:
    message_id = unclear(world)
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
    message_id = unclear(world, "follow_up")
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    assert world.state(message_id) is S.ABANDONED
    assert deliver_batch(world.installation) == 0


# abandoned


def _abandoned(world: World) -> UUID:
    message_id = unclear(world, "follow_up")
    world.pass_time(GRACE)
    sweep_leases(world.installation)
    return message_id


@edge(S.ABANDONED, S.ACCEPTED)
def test_late_evidence_shows_that_the_provider_had_an_abandoned_mail(world: World) -> None:
    message_id = _abandoned(world)
    tell(world, message_id, S.ACCEPTED)
    assert took(world, message_id, S.ABANDONED, S.ACCEPTED)


@edge(S.ABANDONED, S.DELIVERED)
def test_late_evidence_shows_that_an_abandoned_mail_was_delivered(world: World) -> None:
    message_id = _abandoned(world)
    tell(world, message_id, S.DELIVERED)
    assert took(world, message_id, S.ABANDONED, S.DELIVERED)


@edge(S.ABANDONED, S.BOUNCED)
def test_late_evidence_shows_that_an_abandoned_mail_bounced(world: World) -> None:
    message_id = _abandoned(world)
    tell(world, message_id, S.BOUNCED)
    assert took(world, message_id, S.ABANDONED, S.BOUNCED)


@edge(S.ABANDONED, S.DROPPED)
def test_late_evidence_shows_that_the_provider_dropped_an_abandoned_mail(world: World) -> None:
    message_id = _abandoned(world)
    tell(world, message_id, S.DROPPED)
    assert took(world, message_id, S.ABANDONED, S.DROPPED)


# accepted and after


def _accepted(world: World) -> UUID:
    message_id = world.add_message()
    deliver_batch(world.installation)
    assert world.state(message_id) is S.ACCEPTED
    return message_id


@edge(S.ACCEPTED, S.DELIVERED)
def test_an_accepted_mail_is_delivered(world: World) -> None:
    message_id = _accepted(world)
    tell(world, message_id, S.DELIVERED)
    assert world.message(message_id).delivered_at is not None


@edge(S.ACCEPTED, S.BOUNCED)
def test_an_accepted_mail_bounces(world: World) -> None:
    message_id = _accepted(world)
    tell(world, message_id, S.BOUNCED)
    assert world.state(message_id) is S.BOUNCED


@edge(S.ACCEPTED, S.DROPPED)
def test_an_accepted_mail_is_dropped_by_the_provider(world: World) -> None:
    message_id = _accepted(world)
    tell(world, message_id, S.DROPPED)
    assert world.state(message_id) is S.DROPPED


@edge(S.DELIVERED, S.BOUNCED)
def test_a_delivered_mail_bounces_later(world: World) -> None:
    message_id = _accepted(world)
    tell(world, message_id, S.DELIVERED)
    tell(world, message_id, S.BOUNCED)
    assert took(world, message_id, S.DELIVERED, S.BOUNCED)


def test_every_edge_of_the_table_has_its_test() -> None:
    assert {(before, after) for before, onward in TRANSITIONS.items() for after in onward} == COVERED
