"""A plan changes what exists into what the facts ask for, and asks for nothing twice."""

from dataclasses import replace

import pytest

from schedules import reasons
from schedules.catalog import PATH, load_sequence
from schedules.changes import PlannedMessage
from schedules.facts import CaseKind, PaymentState
from schedules.lifecycle import PENDING, State
from schedules.shop import Role
from tests.unit.schedules.examples import (
    after,
    applied,
    case,
    companion,
    delivered,
    facts,
    message_of,
    parcel,
    planned,
    sent,
    shipped,
    shop,
)
from tests.unit.schedules.test_catalog import TEXT

LEFT = after(days=1)
ARRIVED = after(days=3)
SITUATIONS = {
    "an ordinary order": facts(),
    "on its way": shipped(LEFT),
    "two parcels": facts(parcels=[parcel("p1", left=LEFT, lines=["1"]), parcel("p2", left=ARRIVED, lines=["2"])]),
    "delivered": delivered(),
    "held by the platform": facts(on_hold=True),
    "a ticket": delivered(more={"cases": (case(CaseKind.TICKET),)}),
    "a return": delivered(more={"cases": (case(CaseKind.RETURN),)}),
    "cancelled": shipped(LEFT, cancelled_at=LEFT),
    "unpaid": facts(payment=PaymentState.OPEN),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_plan_carried_out_leaves_nothing_to_change(name: str) -> None:
    known = SITUATIONS[name]
    messages = applied(planned(known, now=LEFT))
    assert planned(known, messages=messages, now=LEFT).is_empty


@pytest.mark.parametrize("before", SITUATIONS)
@pytest.mark.parametrize("later", SITUATIONS)
def test_from_every_situation_to_every_other_one_plan_is_enough(before: str, later: str) -> None:
    messages = applied(planned(SITUATIONS[before], now=LEFT))
    moved = applied(planned(SITUATIONS[later], messages=messages, now=LEFT), messages)
    assert planned(SITUATIONS[later], messages=moved, now=LEFT).is_empty
    keys = [each.key for each in moved if each.state in PENDING]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "state", [state for state in State if state not in (*PENDING, State.CANCELLED)], ids=lambda state: state.value
)
def test_what_has_moved_on_is_neither_touched_nor_made_again(state: State) -> None:
    messages = [replace(each, state=state) for each in applied(planned(facts()))]
    assert planned(facts(), messages=messages).is_empty
    assert planned(facts(cancelled_at=LEFT), messages=messages).is_empty


def test_a_message_cancelled_for_a_reason_from_elsewhere_does_not_come_back() -> None:
    messages = [replace(each, state=State.CANCELLED, reason="erased") for each in applied(planned(facts()))]
    assert planned(facts(), messages=messages).is_empty


@pytest.mark.parametrize("reason", sorted(reasons.REVIVABLE))
def test_a_message_cancelled_by_facts_comes_back_with_them(reason: str) -> None:
    messages = [replace(each, state=State.CANCELLED, reason=reason) for each in applied(planned(facts()))]
    assert message_of(planned(facts(), messages=messages), "confirmation").occurrence == 1


def test_what_proved_to_have_gone_out_after_it_was_cancelled_was_told() -> None:
    known, now = shipped(LEFT), after(LEFT, hours=3)
    proved = {"state": State.CANCELLED, "reason": f"{reasons.CANCELLED}; yet an earlier attempt went out"}
    out = [replace(each, **proved, sent_at=LEFT) for each in applied(planned(known, now=LEFT))]
    assert planned(known, messages=out, now=now).is_empty
    both = facts(parcels=[*known.parcels, parcel("p2", left=after(LEFT, hours=2))])
    assert [each.parcel_group for each in planned(both, messages=out, now=now).schedule] == ["2031-05-13+p2"]


NEVER_CAME = [
    (State.BOUNCED, "SendGrid says: bounce (no such user)"),
    (State.DROPPED, "SendGrid says: dropped (Bounced Address)"),
    (State.FAILED, "refused: 550 no such user"),
    (State.SKIPPED, reasons.NEVER_AGAIN),
]


@pytest.mark.parametrize(("state", "reason"), NEVER_CAME)
def test_a_mail_that_never_came_comes_again_once_the_address_is_corrected(state: State, reason: str) -> None:
    known, now = shipped(LEFT), after(LEFT, hours=1)
    out = [replace(each, state=state, reason=reason) for each in applied(planned(known, now=LEFT))]
    assert planned(known, messages=out, now=now).is_empty
    elsewhere = [replace(each, is_elsewhere=True) for each in out]
    again = planned(known, messages=elsewhere, now=now)
    assert [(each.step, each.parcel_group, each.occurrence, each.reason) for each in again.schedule] == [
        (each.step, each.parcel_group, 1, reasons.CORRECTED) for each in out
    ]
    assert planned(known, messages=applied(again, elsewhere), now=now).is_empty


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DELIVERED, State.ABANDONED, State.SKIPPED, State.EXPIRED])
def test_a_mail_that_came_or_was_refused_comes_no_second_time_to_another_address(state: State) -> None:
    out = [replace(each, state=state, reason="unsubscribed", is_elsewhere=True) for each in applied(planned(facts()))]
    assert planned(facts(), messages=out).is_empty


@pytest.mark.parametrize("state", [State.SKIPPED, State.EXPIRED, State.FAILED])
def test_what_ended_has_a_reason_of_its_own_whatever_the_facts_say_later(state: State) -> None:
    """A tracking mail that was skipped for its address was not left out because the parcel has arrived since."""
    left = [replace(each, state=state) for each in applied(planned(shipped(LEFT), now=LEFT))]
    known = shipped(LEFT, arrived=ARRIVED)
    assert "shipping" not in planned(known, messages=left, now=ARRIVED).unsent
    assert planned(known, now=ARRIVED).unsent["shipping"] == reasons.ARRIVED


def test_a_hold_keeps_what_is_scheduled_and_its_end_lets_it_go() -> None:
    waiting = applied(planned(facts()))
    result = planned(facts(), messages=waiting, hold="the customer called")
    assert [(each.step, each.reason) for each in result.hold] == [("confirmation", "the customer called")]
    held = applied(result, waiting)
    assert planned(facts(), messages=held, hold="the customer called").is_empty
    assert [each.step for each in planned(facts(), messages=held).release] == ["confirmation"]


def test_a_pause_is_not_the_planners_to_end() -> None:
    paused = [replace(each, state=State.HELD, held_by="pause") for each in applied(planned(facts()))]
    assert planned(facts(), messages=paused).is_empty


def test_a_held_message_moves_with_its_facts_and_stays_held() -> None:
    held = applied(planned(shipped(LEFT), hold="a doubt", now=LEFT))
    result = planned(delivered(), messages=held, hold="a doubt", now=ARRIVED)
    assert [each.step for each in result.move] == ["follow_up"]
    assert (result.release, result.hold) == ((), ())


def test_a_changed_delay_moves_what_is_still_scheduled() -> None:
    slower = load_sequence({PATH: TEXT.replace("send: 9 days", "send: 12 days")})
    waiting = applied(planned(delivered(), now=ARRIVED))
    (move,) = planned(delivered(), messages=waiting, sequence=slower, now=ARRIVED).move
    old = message_of(planned(delivered(), now=ARRIVED), "follow_up")
    assert (move.step, move.send_at) == ("follow_up", after(old.send_at, days=3))
    assert move.reason == "12 days after the last delivery"


def test_what_a_dispatcher_has_is_taken_back_where_its_window_moves() -> None:
    """Judged by the old one it may end as too late, and postponed it would wait with the old one."""
    slower = load_sequence({PATH: TEXT.replace("send: 9 days", "send: 12 days")})
    waiting = applied(planned(delivered(), now=ARRIVED))
    claimed = [replace(each, state=State.CLAIMED) for each in waiting]
    then = {"sequence": slower, "now": ARRIVED}
    assert planned(delivered(), messages=claimed, **then).move == planned(delivered(), messages=waiting, **then).move
    result = planned(delivered(), messages=claimed, hold="a doubt", **then)
    assert [each.step for each in result.hold] == ["follow_up"]
    assert planned(delivered(), messages=applied(result, claimed), hold="a doubt", **then).is_empty
    asked = [replace(each, send_at=ARRIVED, is_by_hand=True) for each in claimed]
    (move,) = planned(delivered(), messages=asked, **then).move
    assert move.send_at == ARRIVED


def test_a_postponement_by_the_gate_is_not_taken_back() -> None:
    waiting = [replace(each, send_at=after(each.send_at, hours=14)) for each in applied(planned(delivered()))]
    assert planned(delivered(), messages=waiting).is_empty


def test_what_a_person_wanted_sent_now_stays_due_whatever_is_told_meanwhile() -> None:
    """The plan may know another time for it by then; nobody wants to press again."""
    asked = [replace(each, send_at=ARRIVED, is_by_hand=True) for each in applied(planned(delivered(), now=ARRIVED))]
    told = delivered(after(ARRIVED, hours=2))
    moved = applied(planned(told, messages=asked, now=ARRIVED), asked)
    assert {each.send_at for each in moved if each.state in PENDING} == {ARRIVED}
    assert planned(told, messages=moved, now=ARRIVED).is_empty


def test_what_a_person_wanted_sent_late_keeps_its_new_window() -> None:
    late, soon = after(hours=73), after(hours=74)
    asked = [replace(each, send_at=late, expires_at=soon, is_by_hand=True) for each in applied(planned(facts()))]
    assert planned(facts(), messages=asked, now=late).is_empty
    early = [replace(each, send_at=LEFT, expires_at=after(hours=80)) for each in asked]
    assert planned(facts(), messages=early, now=LEFT).is_empty


def test_what_a_person_wanted_sent_now_goes_by_the_plan_again_once_that_has_held_it() -> None:
    asked = [replace(each, send_at=ARRIVED, is_by_hand=True) for each in applied(planned(delivered(), now=ARRIVED))]
    held = [replace(each, state=State.HELD) for each in asked]
    result = planned(delivered(after(ARRIVED, days=2)), messages=held, now=after(ARRIVED, days=2))
    assert [(each.step, each.send_at > after(ARRIVED, days=2)) for each in result.move] == [("follow_up", True)]


def test_a_step_that_becomes_a_companion_is_planned_anew_as_marketing() -> None:
    waiting = applied(planned(facts()))
    result = planned(facts(), messages=waiting, shop=companion("confirmation"))
    assert [(each.occurrence, each.reason) for each in result.cancel] == [(0, reasons.OTHER_ROLE)]
    new = message_of(result, "confirmation")
    assert (new.occurrence, new.role, new.stream) == (1, Role.COMPANION, "marketing")
    assert planned(facts(), messages=applied(result, waiting), shop=companion("confirmation")).is_empty


def test_a_step_that_is_switched_off_takes_back_what_waits_and_on_again_brings_it_back() -> None:
    waiting = applied(planned(facts()))
    off = planned(facts(), messages=waiting, shop=shop(roles={"confirmation": Role.OFF}))
    assert [each.reason for each in off.cancel] == [reasons.OFF]
    assert message_of(planned(facts(), messages=applied(off, waiting)), "confirmation").occurrence == 1


def test_what_is_past_its_time_is_left_to_expire() -> None:
    waiting = applied(planned(facts()))
    late = planned(facts(), messages=waiting, now=after(hours=73))
    assert late.is_empty
    assert "confirmation" not in late.unsent


def test_a_message_that_does_not_know_that_its_time_has_passed_is_cancelled() -> None:
    """It was thought to be paid on the fifth day; then it turns out to have been paid on the first."""
    seen = facts(updated_at=after(days=5), more={"was_open": True})
    waiting = applied(planned(seen, now=after(days=6)))
    paid = facts(updated_at=after(days=5), more={"was_open": True, "accepted_first_at": after(hours=1)})
    result = planned(paid, messages=waiting, now=after(days=6))
    assert [(each.step, each.reason) for each in result.cancel] == [("confirmation", reasons.LONG_PAST)]


def test_of_two_that_wait_for_the_same_the_older_goes() -> None:
    (one,) = applied(planned(facts()))
    twins = [one, replace(one, occurrence=1)]
    result = planned(facts(), messages=twins)
    assert [(each.occurrence, each.reason) for each in result.cancel] == [(0, reasons.REPLACED)]


def test_what_went_out_needs_no_reason_for_its_absence() -> None:
    out = sent(applied(planned(facts())), "confirmation")
    result = planned(facts(), messages=out, now=after(days=9))
    assert result.unsent == {"shipping": reasons.NOT_LEFT, "follow_up": reasons.NOT_ARRIVED}


def test_a_cancelled_order_says_so_beside_what_went_out() -> None:
    out = sent(applied(planned(facts())), "confirmation")
    assert planned(facts(cancelled_at=LEFT), messages=out).unsent == {"all": reasons.CANCELLED}


def test_every_step_is_either_planned_or_explained() -> None:
    for known in SITUATIONS.values():
        result = planned(known, now=LEFT)
        told = {each.step for each in result.schedule} | {name.partition(" ")[0] for name in result.unsent}
        assert "all" in told or told == {"confirmation", "shipping", "follow_up"}


def test_reasons_are_plain_sentences() -> None:
    for name, words in vars(reasons).items():
        for reason in words.values() if isinstance(words, dict) else [words]:
            if name.isupper() and isinstance(reason, str):
                assert len(reason.split()) >= 3, reason
                assert reason.isprintable()
                assert "_" not in reason


def test_a_message_names_its_place() -> None:
    (message,) = applied(planned(facts()))
    assert isinstance(message, PlannedMessage)
    assert message.key == ("confirmation", "")
