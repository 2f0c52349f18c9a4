"""What happens to messages in tests of their life, and which edges of the table those take."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from schedules.lifecycle import State
from tests.support.dispatching import Killed, World, delivered_facts
from worker.delivery.port import Verdict
from worker.dispatch.service import deliver_batch
from worker.store.evidence import Evidence, record_evidence
from worker.store.models import Pause, Suppression
from worker.store.transitions import transition

S = State
COVERED: set[tuple[State, State]] = set()


def edge(before: State, after: State) -> Callable[[Any], Any]:
    """Notes which edge a test takes, so that a missing one is found."""
    COVERED.add((before, after))
    return lambda test: test


def took(world: World, message_id: UUID, before: State, after: State) -> bool:
    return (before.value, after.value) in world.steps_of(message_id)


def answer(world: World, verdict: Verdict, **more: Any) -> None:
    world.provider.answers.append({"verdict": verdict, **more})


def unclear(world: World, step: str = "confirmation") -> UUID:
    """A message of which nobody can tell whether it went out."""
    if step == "follow_up":
        world.become(delivered_facts(world.now))
    message_id = world.add_message(step)
    answer(world, Verdict.UNKNOWN, error="time-out")
    deliver_batch(world.installation)
    assert world.state(message_id) is S.UNKNOWN
    return message_id


def tell(world: World, message_id: UUID, state: State) -> None:
    attempt = world.attempts(message_id)[-1]
    proof = Evidence(message_id=message_id, attempt_id=attempt.id, state=state, reason="the provider says so")
    with world.installation.database.write() as session:
        assert record_evidence(session, proof, now=world.now)


def move(world: World, message_id: UUID, to: State, reason: str) -> None:
    with world.installation.database.write() as session:
        transition(session, world.message(message_id), to, reason, now=world.now)


def pause(world: World, step: str = "") -> None:
    with world.installation.database.write() as session:
        session.add(Pause(shop_id=world.shop_id, step=step, reason="", created_at=world.now))


def resume(world: World) -> None:
    with world.installation.database.write() as session:
        session.query(Pause).delete()


def suppress(world: World, scope: str) -> None:
    with world.installation.database.write() as session:
        row = {"shop_id": world.shop_id, "address": "mia@example.com", "scope": scope}
        session.add(Suppression(**row, reason="unsubscribed", created_at=world.now))


def killed_in_the_call(world: World) -> UUID:
    message_id = world.add_message()

    def die(_mail: object) -> None:
        raise Killed

    world.provider.before = die
    with pytest.raises(Killed):
        deliver_batch(world.installation)
    world.provider.before = lambda _mail: None
    return message_id
