"""What becomes of a message of which nobody can tell whether it went out."""

from schedules.lifecycle import State
from worker.delivery import sendgrid
from worker.dispatch.policies import ATTEMPT_LEASE, MAX_UNCLEAR, decide_unknown


def test_transactional_mail_is_sent_again() -> None:
    assert decide_unknown("transactional", 1).state is State.SCHEDULED


def test_marketing_mail_is_dropped() -> None:
    assert decide_unknown("marketing", 1).state is State.ABANDONED


def test_even_transactional_mail_is_dropped_after_too_many_unclear_attempts() -> None:
    assert decide_unknown("transactional", MAX_UNCLEAR - 1).state is State.SCHEDULED
    assert decide_unknown("transactional", MAX_UNCLEAR).state is State.ABANDONED


def test_the_lease_of_an_attempt_outlasts_the_providers_patience() -> None:
    assert ATTEMPT_LEASE.total_seconds() > sendgrid.TOTAL_TIMEOUT_S + sendgrid.MARGIN_S
