"""Evidence from outside: late, twice, out of order."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from schedules.lifecycle import State
from tests.support.dispatching import World
from worker.errors import StaleFenceError
from worker.store.evidence import Evidence, record_evidence
from worker.store.models import Attempt
from worker.store.session import database_now
from worker.store.transitions import transition


def _attempted(world: World, state: State, **fields: object) -> tuple[UUID, UUID]:
    """A message in this state with one open attempt."""
    message_id = world.add_message(state=state.value, **fields)
    with world.installation.database.write() as session:
        attempt = Attempt(
            message_id=message_id, number=1, fence=0, provider="recorder", outcome="unknown", started_at=world.now
        )
        session.add(attempt)
        session.flush()
        return message_id, attempt.id


def _tell(world: World, message_id: UUID, attempt_id: UUID, state: State) -> bool:
    proof = Evidence(
        message_id=message_id, attempt_id=attempt_id, state=state, reason=f"the provider says {state}", receipt="r-9"
    )
    with world.installation.database.write() as session:
        return record_evidence(session, proof, now=world.now)


@pytest.mark.parametrize("proved", [State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.DROPPED])
@pytest.mark.parametrize(
    "before", [State.SCHEDULED, State.HELD, State.CLAIMED, State.ATTEMPTING, State.UNKNOWN, State.ABANDONED]
)
def test_a_mail_that_is_proved_to_have_arrived_is_not_sent_again(world: World, before: State, proved: State) -> None:
    message_id, attempt_id = _attempted(world, before)
    assert _tell(world, message_id, attempt_id, proved)
    message = world.message(message_id)
    assert message.state == proved
    assert message.accepted_at is not None
    assert message.provider_id == "r-9"
    assert world.attempts(message_id)[0].outcome == "accepted"


def test_a_dispatcher_that_holds_a_proved_message_finds_its_fence_stale(world: World) -> None:
    message_id, attempt_id = _attempted(world, State.CLAIMED, fence=3)
    held = world.message(message_id)
    assert _tell(world, message_id, attempt_id, State.ACCEPTED)
    with pytest.raises(StaleFenceError), world.installation.database.write() as session:
        transition(session, held, State.ATTEMPTING, "the call", now=world.now)
    assert world.state(message_id) is State.ACCEPTED


def test_the_same_evidence_twice_moves_once(world: World) -> None:
    message_id, attempt_id = _attempted(world, State.UNKNOWN)
    assert _tell(world, message_id, attempt_id, State.DELIVERED)
    assert not _tell(world, message_id, attempt_id, State.DELIVERED)
    assert len(world.history(message_id)) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("before", [State.ABANDONED, State.EXPIRED])
def test_a_mail_was_taken_when_it_was_handed_over_however_late_that_is_told(world: World, before: State) -> None:
    """Events come late by as long as they found our door closed; whoever got the mail may have ordered meanwhile."""
    message_id, attempt_id = _attempted(world, before)
    with world.installation.database.write() as session:
        session.get_one(Attempt, attempt_id).started_at = database_now(session) - timedelta(hours=20)
    _tell(world, message_id, attempt_id, State.DELIVERED)
    taken_at = world.message(message_id).accepted_at
    assert taken_at is not None
    assert timedelta(hours=19, minutes=59) < world.now - taken_at < timedelta(hours=21)


def test_older_news_does_not_move_a_message_back(world: World) -> None:
    message_id, attempt_id = _attempted(world, State.UNKNOWN)
    assert _tell(world, message_id, attempt_id, State.DELIVERED)
    assert not _tell(world, message_id, attempt_id, State.ACCEPTED)
    assert world.state(message_id) is State.DELIVERED
    assert _tell(world, message_id, attempt_id, State.BOUNCED)


@pytest.mark.parametrize("final", [State.FAILED, State.CANCELLED, State.SKIPPED, State.EXPIRED])
def test_evidence_does_not_move_what_is_final_but_is_told_of_it(world: World, final: State) -> None:
    """An attempt of which nobody knew was to be repeated; that came to nothing, and then it proves to have gone out."""
    message_id, attempt_id = _attempted(world, final, reason="the order was cancelled")
    for proved in (State.ACCEPTED, State.DELIVERED, State.DELIVERED):
        assert not _tell(world, message_id, attempt_id, proved)
    message = world.message(message_id)
    assert message.state == final
    assert message.reason == "the order was cancelled; yet an earlier attempt went out: the provider says accepted"
    assert message.accepted_at is not None
    assert message.delivered_at is not None
    assert len(world.history(message_id)) == 1


def test_evidence_of_an_unknown_message_or_of_anothers_attempt_moves_nothing(world: World) -> None:
    message_id, attempt_id = _attempted(world, State.UNKNOWN)
    _, another = _attempted(world, State.UNKNOWN, occurrence=1)
    assert not _tell(world, uuid4(), attempt_id, State.DELIVERED)
    assert not _tell(world, message_id, another, State.DELIVERED)
    assert world.state(message_id) is State.UNKNOWN


@pytest.mark.parametrize("before", [State.SCHEDULED, State.HELD])
def test_what_an_installation_sent_that_was_lost_after_its_backup_is_not_sent_again(
    world: World, before: State
) -> None:
    """Its attempt is lost with it, but the provider tells for a day of the message, which the backup holds."""
    message_id = world.add_message(state=before.value, held_by="pause")
    assert _tell(world, message_id, uuid4(), State.DELIVERED)
    assert not _tell(world, message_id, uuid4(), State.ACCEPTED)
    assert (world.state(message_id), world.message(message_id).provider_id) == (State.DELIVERED, "r-9")
