"""From claim to outcome: what changes on the way, what goes wrong, and what leaves the house."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from schedules.lifecycle import State
from schedules.shop import Role
from tests.support.dispatching import Killed, World, delivered_facts
from worker.delivery.outbox import Outbox
from worker.delivery.port import Outcome, OutgoingMail, Verdict
from worker.dispatch import gating, outcomes, service
from worker.dispatch.policies import GRACE, MAX_CLAIMS, MAX_UNCLEAR
from worker.dispatch.service import deliver_batch, sweep_due, sweep_leases
from worker.errors import ContentError, Fault, StaleFenceError, StorageUnavailableError
from worker.store.models import Message, OrderRow, Pause, Shop, Suppression
from worker.store.transitions import transition


def _answer(world: World, verdict: Verdict, **more: Any) -> None:
    world.provider.answers.append({"verdict": verdict, **more})


def _while_rendering(world: World, change: Callable[[], None]) -> None:
    """Something happens between the gate and the call, once."""

    def once() -> None:
        world.renderer.during = lambda: None
        change()

    world.renderer.during = once


def _add(world: World, row: object) -> None:
    with world.installation.database.write() as session:
        session.add(row)


# The last look


def _cancel_order(world: World) -> None:
    world.change_order(cancelled_at=world.now)


def _suppress(world: World) -> None:
    row = {"shop_id": world.shop_id, "address": "mia@example.com", "scope": "all", "reason": "hard_bounce"}
    _add(world, Suppression(**row, created_at=world.now))


def _pause(world: World) -> None:
    _add(world, Pause(shop_id=world.shop_id, step="", created_at=world.now))


def _hold(world: World) -> None:
    with world.installation.database.write() as session:
        session.get_one(OrderRow, world.order_id).hold = "support talks to the customer"


def _disconnect(world: World) -> None:
    with world.installation.database.write() as session:
        session.get_one(Shop, world.shop_id).uninstalled_at = world.now


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (_cancel_order, State.CANCELLED),
        (_suppress, State.SKIPPED),
        (_pause, State.HELD),
        (_hold, State.HELD),
        (_disconnect, State.CANCELLED),
    ],
)
def test_what_changes_while_a_mail_is_prepared_keeps_it_from_going_out(
    world: World, change: Callable[[World], None], then: State
) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: change(world))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    assert "changed" in world.message(message_id).reason
    assert world.attempts(message_id) == []
    deliver_batch(world.installation)
    assert world.state(message_id) is then
    assert world.provider.mails == []


def test_what_is_released_while_the_gate_would_hold_it_goes_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id, act = world.add_message(), gating.act_on
    _hold(world)

    def release_first(*told: Any) -> None:
        monkeypatch.setattr(gating, "act_on", act)
        with (
            world.installation.database.write() as session
        ):  # what a release does to a message that is claimed: nothing
            session.get_one(OrderRow, world.order_id).hold = None
        act(*told)

    monkeypatch.setattr(gating, "act_on", release_first)
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED


def test_a_harmless_change_on_the_way_only_delays_by_a_claim(world: World) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: world.change_order(tags=("vip",)))
    deliver_batch(world.installation)
    assert deliver_batch(world.installation) == 1
    assert world.state(message_id) is State.ACCEPTED
    assert world.message(message_id).claims == 0


def test_a_claim_that_somebody_else_took_over_is_left_alone(world: World) -> None:
    message_id = world.add_message()
    _while_rendering(world, lambda: world.change(message_id, fence=7))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.fence) == ("claimed", 7)
    assert world.provider.mails == []


def test_two_marketing_mails_to_one_person_never_pass_the_cap_together(world: World) -> None:
    world.become(delivered_facts(world.now))
    first, second = world.add_message("follow_up"), world.add_message("follow_up", occurrence=1)
    deliver_batch(world.installation)
    deliver_batch(world.installation)
    states = {world.state(first), world.state(second)}
    assert len(world.provider.mails) == 1
    assert State.ACCEPTED in states
    assert states <= {State.ACCEPTED, State.SCHEDULED, State.EXPIRED}


def test_a_companion_waits_for_the_customers_morning(world: World) -> None:
    world.pass_time(timedelta(hours=14))
    message_id = world.add_message(stream="marketing", role=Role.COMPANION.value)
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.state == "scheduled"
    assert message.send_at > world.now + timedelta(hours=5)
    assert world.provider.mails == []


# What leaves the house


def test_a_mail_goes_to_the_customer_from_the_shops_stream(world: World) -> None:
    message_id = world.add_message()
    deliver_batch(world.installation)
    (mail,) = world.provider.mails
    assert (mail.to, mail.sender, mail.stream) == ("Mia@example.com", "orders@northkettle.example", "transactional")
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
    assert (mail.message_id, mail.attempt_id) == (message_id, world.attempts(message_id)[0].id)
    message = world.message(message_id)
    assert (message.subject, message.variant) == ("Order 1042: confirmation", "plain")


def test_a_marketing_mail_can_be_unsubscribed_with_one_click(world: World) -> None:
    world.become(delivered_facts(world.now))
    world.add_message("follow_up")
    deliver_batch(world.installation)
    headers = world.provider.mails[0].headers
    assert headers["List-Unsubscribe"].startswith("<http")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "mia" not in headers["List-Unsubscribe"]


def test_test_mode_redirects_marks_and_tells_the_customers_address_nowhere(redirected: World) -> None:
    redirected.add_message()
    deliver_batch(redirected.installation)
    (mail,) = redirected.provider.mails
    assert mail.to == "test@northkettle.example"
    assert mail.subject == "[TEST] Order 1042: confirmation"
    assert "X-Postpurchase-Test" in mail.headers
    assert "example.com" not in f"{mail.headers}{mail.subject}{mail.sender}{mail.reply_to}"
    assert redirected.renderer.inputs[0].is_test


def test_no_more_mails_are_marked_than_the_provider_takes_at_once(world: World) -> None:
    for number in range(10):
        world.add_message(occurrence=number)
    assert deliver_batch(world.installation) == 10
    assert sorted(world.provider.chunks) == [2, 4, 4]


def test_a_receipt_that_goes_out_late_raises_an_alarm(world: World) -> None:
    world.add_message(due=timedelta(hours=-3))
    with capture_logs() as logs:
        deliver_batch(world.installation)
    (late,) = [line for line in logs if line["event"] == "dispatch.message.late"]
    assert late["alarm"]
    assert late["late_s"] >= 3 * 3600
    assert len(world.provider.mails) == 1


def test_no_log_line_tells_an_address_or_a_subject(world: World) -> None:
    world.add_message()
    with capture_logs() as logs:
        deliver_batch(world.installation)
    assert logs
    assert "mia" not in repr(logs).lower()
    assert "Order 1042" not in repr(logs)


# What goes wrong


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
    deliver_batch(world.installation)
    assert world.state(whole) is State.ACCEPTED
    message = world.message(broken)
    assert (message.state, message.claims) == ("scheduled", 1)
    assert message.send_at > world.now
    assert "could not be judged" in message.reason


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
    _answer(world, Verdict.RETRY, error="503", retry_after=timedelta(hours=1))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert message.send_at == message.expires_at
    world.pass_time(timedelta(minutes=11))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.EXPIRED


def test_many_retries_do_not_count_as_poison(world: World) -> None:
    message_id = world.add_message()
    for _ in range(8):
        _answer(world, Verdict.RETRY, error="503")
        deliver_batch(world.installation)
        world.pass_time(timedelta(minutes=31))
    deliver_batch(world.installation)
    message = world.message(message_id)
    assert (message.state, message.tries) == ("accepted", 9)
    assert [attempt.number for attempt in world.attempts(message_id)] == list(range(1, 10))


def test_where_no_evidence_can_come_the_policy_decides_at_once(world: World) -> None:
    world.provider.can_reconcile = False
    message_id = world.add_message()
    _answer(world, Verdict.UNKNOWN, error="time-out")
    deliver_batch(world.installation)
    assert world.state(message_id) is State.SCHEDULED
    assert world.steps_of(message_id)[-2:] == [("attempting", "unknown"), ("unknown", "scheduled")]


def test_after_too_many_unclear_attempts_even_a_receipt_is_dropped(world: World) -> None:
    world.provider.can_reconcile = False
    message_id = world.add_message()
    for _ in range(MAX_UNCLEAR):
        _answer(world, Verdict.UNKNOWN, error="500")
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
    _answer(world, Verdict.RETRY, error="503")

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


# The outbox is never ambiguous


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


# Sweeps


def test_a_sweep_asks_for_as_many_tasks_as_there_is_work(world: World) -> None:
    assert sweep_due(world.installation) == 0
    world.add_message()
    assert sweep_due(world.installation) == 1


def test_a_sweep_never_asks_for_more_than_its_share(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "batch_for", lambda _connections: 2)
    monkeypatch.setattr(service, "TASKS_AT_ONCE", 3)
    for number in range(9):
        world.add_message(occurrence=number)
    assert sweep_due(world.installation) == 3


def test_a_sweep_that_was_down_for_a_week_finds_everything(world: World) -> None:
    claimed = world.add_message(state="claimed", lease_until=world.installation.database.now() - timedelta(days=7))
    unknown = world.add_message("shipping", state="unknown", resolve_at=world.now - timedelta(days=7))
    sweep_leases(world.installation)
    assert world.state(claimed) is State.SCHEDULED
    assert world.state(unknown) is State.SCHEDULED


def test_a_doubled_sweep_is_harmless(world: World) -> None:
    message_id = world.add_message(state="unknown", resolve_at=world.now - GRACE)
    assert sweep_leases(world.installation) == 1
    assert sweep_leases(world.installation) == 0
    assert len(world.history(message_id)) == 1


def test_a_pause_of_one_step_leaves_the_others_going(world: World) -> None:
    confirmation, other = world.add_message(), world.add_message(occurrence=1)
    _add(world, Pause(shop_id=world.shop_id, step="follow_up", created_at=world.now))
    deliver_batch(world.installation)
    assert {world.state(confirmation), world.state(other)} == {State.ACCEPTED}


def test_what_the_planner_holds_is_not_released_with_a_pause(world: World) -> None:
    message_id = world.add_message(state="held", held_by="plan", reason="support talks to the customer")
    sweep_leases(world.installation)
    assert world.state(message_id) is State.HELD


def test_a_message_that_moved_on_while_it_was_swept_is_left_alone(world: World) -> None:
    message_id = world.add_message()
    stale: Message = world.message(message_id)
    deliver_batch(world.installation)
    with pytest.raises(StaleFenceError), world.installation.database.write() as session:
        transition(session, stale, State.EXPIRED, "its window closed", now=world.now)
    assert world.state(message_id) is State.ACCEPTED
