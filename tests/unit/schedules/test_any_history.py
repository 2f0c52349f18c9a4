"""An order in any order: events, plans, deliveries and time; what is planned keeps its promises throughout."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from schedules.changes import PlannedMessage
from schedules.events import OrderEvent
from schedules.facts import Facts
from schedules.lifecycle import PENDING, SENT, TRANSITIONS, State, may_move
from schedules.merging import merge
from tests.support.effort import effort
from tests.unit.schedules.examples import PLACED, applied, planned
from tests.unit.schedules.test_confluence import EVENTS

Key = tuple[str, str, int]
OUTSIDE = sorted({after for edges in TRANSITIONS.values() for after in edges} - {State.HELD})


def _key(message: PlannedMessage) -> Key:
    return message.step, message.parcel_group, message.occurrence


class History(RuleBasedStateMachine):
    """One order: its facts, its messages as dispatch leaves them, and business time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = PLACED
        self.facts = Facts()
        self.messages: list[PlannedMessage] = []
        self.told: list[OrderEvent] = []

    @rule(events=EVENTS)
    def hear_and_plan(self, events: list[OrderEvent]) -> None:
        for event in events:
            self.facts = merge(self.facts, event)
        self.told += events
        self.plan()

    @rule(which=st.integers(0, 20))
    def hear_an_event_again(self, which: int) -> None:
        """What is known already changes nothing."""
        if self.told:
            assert merge(self.facts, self.told[which % len(self.told)]) == self.facts

    @rule()
    def plan(self) -> None:
        """A plan asks for nothing twice."""
        before = {_key(each): each for each in self.messages}
        self.messages = applied(planned(self.facts, messages=self.messages, now=self.now), self.messages)
        self.a_plan_touches_what_waits_alone(before)
        self.only_what_was_cancelled_is_asked_for_again(before)
        assert planned(self.facts, messages=self.messages, now=self.now).is_empty

    def a_plan_touches_what_waits_alone(self, before: Mapping[Key, PlannedMessage]) -> None:
        for each in self.messages:
            known = before.get(_key(each))
            if known is None:
                assert each.state in PENDING
                assert self.now < each.expires_at
            elif known.state is State.CLAIMED and each.state is State.SCHEDULED:
                assert (each.aim_at, each.expires_at, each.offer_until) != (
                    known.aim_at,
                    known.expires_at,
                    known.offer_until,
                )
            elif known.state not in PENDING:
                assert each == known
            else:
                assert each.state is known.state or may_move(known.state, each.state)

    def only_what_was_cancelled_is_asked_for_again(self, before: Mapping[Key, PlannedMessage]) -> None:
        for each in self.messages:
            if _key(each) not in before:
                others = [other for other in self.messages if other.key == each.key and other is not each]
                assert all(other.state is State.CANCELLED for other in others)

    @rule(hours=st.integers(1, 24 * 12))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(which=st.integers(0, 20), to=st.sampled_from(OUTSIDE))
    def dispatch(self, which: int, to: State) -> None:
        """Dispatch, feedback or the sweep moves a message along the table."""
        if not self.messages:
            return
        at = which % len(self.messages)
        message = self.messages[at]
        if may_move(message.state, to):
            sent_at = self.now if to in SENT else message.sent_at
            self.messages[at] = replace(message, state=to, sent_at=sent_at, reason="as dispatch says")

    @invariant()
    def a_place_waits_once_and_has_one_message_per_occurrence(self) -> None:
        keys = [_key(each) for each in self.messages]
        waiting = [each.key for each in self.messages if each.state in PENDING]
        assert len(keys) == len(set(keys))
        assert len(waiting) == len(set(waiting))


def test_no_history_breaks_a_promise() -> None:
    run_state_machine_as_test(
        History, settings=settings(max_examples=effort(30), stateful_step_count=15, deadline=None)
    )
