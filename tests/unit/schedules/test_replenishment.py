"""The same again, when it runs low: in the follow-up's window, or by a mail of its own that is off at first."""

from datetime import datetime

import pytest

from schedules import reasons
from schedules.refills import Prospect
from schedules.sequence import Sequence
from tests.unit.schedules.examples import SEQUENCE, after, delivered, message_of, planned, steps_of

ARRIVED = after(days=3)


def switched_on() -> Sequence:
    step = SEQUENCE.steps["replenishment"].model_copy(update={"enabled": True})
    return SEQUENCE.model_copy(update={"steps": SEQUENCE.steps | {"replenishment": step}})


def low(days: float) -> Prospect:
    """Something runs low so long after it arrived."""
    return Prospect(runs_low_at=after(ARRIVED, days=days))


@pytest.mark.parametrize(("days", "goes"), [(8, 8), (12, 12), (5, 9), (20, 9)])
def test_a_follow_up_goes_when_something_runs_low_in_its_window(days: int, goes: int) -> None:
    new = message_of(planned(delivered(ARRIVED), now=ARRIVED, prospect=low(days)), "follow_up")
    assert new.send_at.date() == after(ARRIVED, days=goes).date()


def test_it_ships_switched_off() -> None:
    plan = planned(delivered(ARRIVED), now=ARRIVED, prospect=low(40))
    assert "replenishment" not in steps_of(plan)
    assert "replenishment" not in plan.unsent


@pytest.mark.parametrize(("days", "goes"), [(40, 40), (8, 15)])
def test_switched_on_it_goes_when_something_runs_low_and_never_beside_the_follow_up(days: int, goes: int) -> None:
    plan = planned(delivered(ARRIVED), now=ARRIVED, sequence=switched_on(), prospect=low(days))
    new = message_of(plan, "replenishment")
    assert new.send_at.date() == after(ARRIVED, days=goes).date()
    assert (new.stream, new.template) == ("marketing", "replenishment")


def test_a_better_one_is_shown_after_thirty_days() -> None:
    plan = planned(delivered(ARRIVED), now=ARRIVED, sequence=switched_on(), prospect=Prospect(has_upgrade=True))
    assert _day(message_of(plan, "replenishment").send_at) == _day(after(ARRIVED, days=30))


@pytest.mark.parametrize(("prospect", "why"), [(Prospect(), reasons.NOTHING_AGAIN), (low(91), reasons.LASTS_LONG)])
def test_without_anything_to_offer_there_is_none(prospect: Prospect, why: str) -> None:
    plan = planned(delivered(ARRIVED), now=ARRIVED, sequence=switched_on(), prospect=prospect)
    assert plan.unsent["replenishment"] == why


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
