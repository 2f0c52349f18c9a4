"""The table of the message life."""

import pytest

from schedules.lifecycle import FINAL, PENDING, TRANSITIONS, State, may_move


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_state_leads_nowhere(state: State) -> None:
    assert not any(may_move(state, after) for after in State)


def test_the_final_states_are_those_of_the_design() -> None:
    assert {str(state) for state in FINAL} == {"bounced", "dropped", "failed", "cancelled", "skipped", "expired"}


@pytest.mark.parametrize("state", sorted(PENDING))
def test_what_is_pending_can_be_cancelled_and_can_expire(state: State) -> None:
    assert may_move(state, State.CANCELLED)
    assert may_move(state, State.EXPIRED)


def test_nothing_is_attempted_without_a_claim() -> None:
    assert [state for state in State if may_move(state, State.ATTEMPTING)] == [State.CLAIMED]


def test_every_edge_has_its_reason() -> None:
    assert all(reason for onward in TRANSITIONS.values() for reason in onward.values())
