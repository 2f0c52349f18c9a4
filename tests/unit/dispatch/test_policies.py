"""What becomes of a message of which nobody can tell whether it went out."""

import pytest

from schedules.lifecycle import State
from worker.delivery import sendgrid
from worker.dispatch.policies import ATTEMPT_LEASE, MAX_UNCLEAR, batch_for, decide_unknown


def test_transactional_mail_is_sent_again() -> None:
    assert decide_unknown("transactional", 1).state is State.SCHEDULED


def test_marketing_mail_is_dropped() -> None:
    assert decide_unknown("marketing", 1).state is State.ABANDONED


def test_even_transactional_mail_is_dropped_after_too_many_unclear_attempts() -> None:
    assert decide_unknown("transactional", MAX_UNCLEAR - 1).state is State.SCHEDULED
    assert decide_unknown("transactional", MAX_UNCLEAR).state is State.ABANDONED


def test_the_lease_of_an_attempt_outlasts_the_providers_patience() -> None:
    assert ATTEMPT_LEASE.total_seconds() > sendgrid.TOTAL_TIMEOUT_S + sendgrid.MARGIN_S


@pytest.mark.parametrize(("connections", "most"), [(1, 4), (4, 16), (64, 128), (500, 128)])
def test_a_claim_takes_no_more_than_its_provider_comes_to_soon(connections: int, most: int) -> None:
    assert batch_for(connections) == most
