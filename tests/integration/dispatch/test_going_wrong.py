"""What goes wrong between claim and outcome, and what becomes of the mail."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog

from schedules.facts import Facts
from schedules.lifecycle import State
from tests.integration.dispatch.lives import answer
from tests.support.dispatching import Killed, PlainRenderer, Recorder, World
from tests.support.orders import a_line, an_order, keep_order
from tests.support.shelf import stock
from worker.delivery.outbox import Outbox
from worker.delivery.port import Outcome, OutgoingMail, Verdict
from worker.dispatch import outcomes
from worker.dispatch.policies import MAX_CLAIMS, MAX_UNCLEAR
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.errors import ContentError, Fault, StorageUnavailableError
from worker.rendering.port import Content, MailInputs, RenderedMail


def test_a_template_that_cannot_be_rendered_fails_the_message_with_the_reason(world: World) -> None:
    fault = Fault("email_templates/order_confirmation/body.mjml", 12, "unknown variable `ordr`.")
    world.renderer.fails = ContentError([fault])
    message_id = world.add_message()
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.state == "failed"
    assert "body.mjml:12: unknown variable" in message.reason


def test_the_text_of_an_unforeseen_error_stays_out_of_the_reason(world: World) -> None:
    world.renderer.fails = ValueError("mia@example.com")
    message_id = world.add_message()
    deliver_batch(world.installation)
    assert "ValueError" in world.message(message_id).reason
    assert "mia" not in world.message(message_id).reason


def test_one_broken_message_does_not_stop_the_others(world: World) -> None:
    broken, whole = world.add_message(role="nonsense"), world.add_message(occurrence=1)
    began = world.now
    deliver_batch(world.installation)
    assert world.state(whole) is State.ACCEPTED
    message = world.message(broken)
    assert (message.state, message.claims) == ("scheduled", 1)
    assert message.send_at > began
    assert "could not be judged" in message.reason


def test_a_product_that_cannot_be_read_stops_those_who_bought_it_alone(world: World) -> None:
    """What a batch is put together from is read for all of it at once."""
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "product-1", "38.00", tags=5)
        bought = (a_line(3, "Kettle", "49.00"),)
        told = Facts(order=an_order(world.now, number="77", email="ben@example.com", lines=bought))
        other = keep_order(session, world.shop_id, told, world.now).id
    sick = world.add_message()
    whole = world.add_message(order_id=other, address="ben@example.com", occurrence=1)
    deliver_batch(world.installation)
    assert world.state(whole) is State.ACCEPTED
    message = world.message(sick)
    assert (message.state, message.claims) == ("scheduled", 1)
    assert "it could not be judged" in message.reason


def test_what_stumbles_in_a_batch_that_cannot_be_read_as_one_is_put_back_once(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "product-1", "38.00", tags=5)
        broken = keep_order(session, world.shop_id, Facts(order=an_order(world.now, number="78")), world.now)
        broken.facts = {"order": {"id": 1}}
        unreadable = broken.id
    sick, lost = world.add_message(), world.add_message(order_id=unreadable, address="eva@example.com", occurrence=1)
    deliver_batch(world.installation)
    for each in (sick, lost):
        assert world.steps_of(each) == [("scheduled", "claimed"), ("claimed", "scheduled")]


class _Mute(PlainRenderer):
    """Its first mail has no subject, so that no mail can be made of it."""

    def render(self, content: Content, inputs: MailInputs) -> RenderedMail:
        rendered = super().render(content, inputs)
        return rendered if len(self.inputs) > 1 else replace(rendered, subject=None)  # type: ignore[arg-type] # broken


def test_a_mail_that_is_rendered_and_cannot_be_made_ready_does_not_stop_the_others(world: World) -> None:
    world.installation.__dict__["renderer"] = _Mute()
    messages = [world.add_message(), world.add_message(occurrence=1)]
    deliver_batch(world.installation)
    ended = {world.message(each).state: world.message(each) for each in messages}
    assert sorted(ended) == ["accepted", "scheduled"]
    assert "could not be put together: TypeError" in ended["scheduled"].reason


class _Muddled(Recorder):
    """Tells of an attempt that is not ours, and of each of ours twice."""

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[Outcome]:
        yield Outcome(attempt_id=uuid4(), verdict=Verdict.ACCEPTED)
        for outcome in super().deliver(mails):
            yield from (outcome, outcome)


def test_outcomes_of_attempts_that_are_not_open_are_let_go(world: World) -> None:
    world.installation.__dict__["provider"] = _Muddled()
    messages = [world.add_message(), world.add_message(occurrence=1)]
    with structlog.testing.capture_logs() as lines:
        deliver_batch(world.installation)
    assert {world.state(each) for each in messages} == {State.ACCEPTED}
    assert [line["event"] for line in lines].count("dispatch.outcome.stray") == 3


def test_a_message_that_stumbles_again_and_again_ends_as_poisoned(world: World) -> None:
    broken = world.add_message(role="nonsense")
    for _ in range(MAX_CLAIMS + 1):
        deliver_batch(world.installation)
        world.pass_time(timedelta(minutes=31))
    assert world.state(broken) is State.FAILED


def test_a_killer_takes_its_neighbours_along_only_once(world: World) -> None:
    killer = world.add_message(due=timedelta(minutes=-2))
    neighbours = [world.add_message(occurrence=number) for number in range(1, 4)]

    def die(mail: OutgoingMail) -> None:
        if mail.message_id == killer:
            raise Killed

    world.provider.before = die
    for _ in range(4 * MAX_CLAIMS):
        try:
            deliver_batch(world.installation)
        except Killed:
            world.end_leases(killer, *(each for each in neighbours if world.state(each) is State.ATTEMPTING))
        sweep_leases(world.installation)
        world.pass_time(timedelta(hours=1))
    assert world.state(killer) in (State.FAILED, State.ABANDONED)
    assert [world.state(each) for each in neighbours] == [State.ACCEPTED] * 3


def test_what_crashed_twice_waits_longer_each_time_before_it_counts_as_the_cause(world: World) -> None:
    message_id = world.add_message()
    waits = []
    for claims in range(1, MAX_CLAIMS):
        world.change(message_id, state="claimed", claims=claims)
        world.end_leases(message_id)
        sweep_leases(world.installation)
        waits.append(world.message(message_id).send_at - world.now)
    assert waits[0] <= timedelta(0), "once may happen to any"
    assert max(waits[1:]) > timedelta(seconds=10), waits


def test_mails_that_were_lost_with_their_dispatcher_twice_all_go_in_one_delivery(world: World) -> None:
    suspects = [world.add_message(occurrence=number, claims=2) for number in range(5)]
    assert deliver_batch(world.installation) == 5
    assert {world.state(each) for each in suspects} == {State.ACCEPTED}


def test_retries_stop_where_the_window_closes(world: World) -> None:
    message_id = world.add_message(expires_at=world.now + timedelta(minutes=10))
    answer(world, Verdict.RETRY, error="503", retry_after=timedelta(hours=1))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.send_at == message.expires_at
    world.pass_time(timedelta(minutes=11))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.EXPIRED


def test_many_retries_do_not_count_as_poison(world: World) -> None:
    message_id = world.add_message()
    for _ in range(8):
        answer(world, Verdict.RETRY, error="503")
        deliver_batch(world.installation)
        world.pass_time(timedelta(minutes=31))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.tries) == ("accepted", 9)
    assert [attempt.number for attempt in world.attempts(message_id)] == list(range(1, 10))


def test_where_no_evidence_can_come_the_policy_decides_at_once(world: World) -> None:
    world.provider.can_reconcile = False
    message_id = world.add_message()
    answer(world, Verdict.UNKNOWN, error="time-out")
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    assert world.steps_of(message_id)[-2:] == [("attempting", "unknown"), ("unknown", "scheduled")]


def test_after_too_many_unclear_attempts_even_a_receipt_is_dropped(world: World) -> None:
    world.provider.can_reconcile = False
    message_id = world.add_message()
    for _ in range(MAX_UNCLEAR):
        answer(world, Verdict.UNKNOWN, error="500")
        deliver_batch(world.installation)
        world.pass_time(timedelta(minutes=31))
    assert world.state(message_id) is State.ABANDONED
    assert deliver_batch(world.installation) == 0


def test_an_answer_that_comes_after_the_lease_has_ended_still_counts(world: World) -> None:
    message_id = world.add_message()

    def lose_lease(_mail: OutgoingMail) -> None:
        world.end_leases(message_id)
        sweep_leases(world.installation)

    world.provider.before = lose_lease
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED
    assert world.steps_of(message_id)[-2:] == [("attempting", "unknown"), ("unknown", "accepted")]


def test_a_late_refusal_frees_a_message_that_counted_as_unknown(world: World) -> None:
    message_id = world.add_message()
    answer(world, Verdict.RETRY, error="503")

    def lose_lease(_mail: OutgoingMail) -> None:
        world.end_leases(message_id)
        sweep_leases(world.installation)

    world.provider.before = lose_lease
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    assert "certainly did not go out" in world.message(message_id).reason


def test_an_answer_survives_a_short_outage_of_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = world.add_message()
    real, failures = outcomes.settle, [StorageUnavailableError("down"), StorageUnavailableError("down")]

    def settle(*args: Any) -> None:
        if failures:
            raise failures.pop()
        real(*args)

    monkeypatch.setattr(outcomes, "settle", settle)
    monkeypatch.setattr(outcomes, "STORAGE_PAUSES_S", (0.0, 0.0))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_answer_is_remembered_through_a_long_outage_and_costs_no_copy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an SMTP server nobody tells later what it took."""
    world.provider.can_reconcile = False
    message_id, real, is_away = world.add_message(), outcomes.settle, True

    def settle(*args: Any) -> None:
        if is_away:
            raise StorageUnavailableError("down")
        real(*args)

    monkeypatch.setattr(outcomes, "settle", settle)
    monkeypatch.setattr(outcomes, "STORAGE_PAUSES_S", ())
    deliver_batch(world.installation)
    with pytest.raises(StorageUnavailableError):
        deliver_batch(world.installation)
    world.end_leases(message_id)
    is_away = False
    sweep_leases(world.installation)
    assert world.state(message_id) is State.ACCEPTED
    assert world.steps_of(message_id)[-1] == ("attempting", "accepted")


class _Dying(Outbox):
    """Dies around the call: before it keeps the mail, or after."""

    keeps = True

    def deliver(self, mails: Any) -> Any:
        if self.keeps:
            list(super().deliver(mails))
        raise Killed
        yield Outcome(attempt_id=mails[0].attempt_id, verdict=Verdict.UNKNOWN)


@pytest.mark.parametrize(("keeps", "then"), [(True, State.ACCEPTED), (False, State.SCHEDULED)])
def test_the_outbox_always_knows_whether_it_had_the_mail(world: World, keeps: bool, then: State) -> None:
    installation = world.installation
    outbox = _Dying(installation.database, installation.clock)
    outbox.keeps = keeps
    installation.__dict__["provider"] = outbox
    message_id = world.add_message()
    with pytest.raises(Killed):
        deliver_batch(installation)
    world.end_leases(message_id)
    sweep_leases(installation)
    assert world.state(message_id) is then
    assert State.UNKNOWN.value not in [after for _, after in world.steps_of(message_id)]
