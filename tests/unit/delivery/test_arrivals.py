"""Outcomes on their way: none is lost, those that are there come together, silence has an end."""

from uuid import uuid4

from worker.delivery.arrivals import Arrivals
from worker.delivery.port import Outcome, Verdict
from worker.dispatch.gathering import gathered


def _accepted() -> Outcome:
    return Outcome(attempt_id=uuid4(), verdict=Verdict.ACCEPTED)


def test_outcomes_come_in_the_order_in_which_they_were_told() -> None:
    told = [_accepted() for _ in range(5)]
    arrivals = Arrivals([each.attempt_id for each in told])
    arrivals.put(told[:2])
    arrivals.put(told[2:])
    assert list(arrivals) == told


def test_what_has_arrived_by_now_makes_one_group() -> None:
    told = [_accepted() for _ in range(5)]
    arrivals = Arrivals([each.attempt_id for each in told])
    arrivals.put(told[:1])
    arrivals.put(told[1:3])
    groups = gathered(arrivals)
    assert list(next(groups)) == told[:3]
    arrivals.put(told[3:])
    assert [list(group) for group in groups] == [told[3:]]


def test_attempts_that_stay_silent_are_unknown() -> None:
    heard, silent = _accepted(), uuid4()
    arrivals = Arrivals([silent, heard.attempt_id], patience_s=0.01, silence="nobody answered")
    arrivals.put([heard])
    first, last = list(arrivals)
    assert first == heard
    assert (last.attempt_id, last.verdict, last.error) == (silent, Verdict.UNKNOWN, "nobody answered")


def test_no_attempts_have_no_outcomes() -> None:
    assert list(Arrivals([])) == []
