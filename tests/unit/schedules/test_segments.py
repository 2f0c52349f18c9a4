"""Who a customer is: certain, and the same for the same facts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from schedules.segments import Segment, Standing, is_resting, segment_of

SENT = [datetime(2031, 1, 1, tzinfo=UTC) + timedelta(days=30 * number) for number in range(6)]


@pytest.mark.parametrize(
    ("person", "segment"),
    [
        (Standing(others=0, told=1), Segment.FIRST_TIME),
        (Standing(others=0, history_is_known=True), Segment.FIRST_TIME),
        (Standing(others=0), Segment.UNKNOWN),
        (Standing(others=0, told=3), Segment.REPEAT),
        (Standing(others=1, told=1), Segment.REPEAT),
        (Standing(others=1, orders=2, spent=Decimal(300), high_value_from=Decimal(300)), Segment.HIGH_VALUE),
        (Standing(others=1, orders=2, spent=Decimal(299), high_value_from=Decimal(300)), Segment.REPEAT),
        (Standing(others=1, orders=2, spent=Decimal(999)), Segment.REPEAT),
        (Standing(others=0, told=1, spent=Decimal(999), high_value_from=Decimal(300)), Segment.FIRST_TIME),
        (Standing(others=1, orders=2, spent=Decimal(300), high_value_from=Decimal(300), is_resting=True), "resting"),
    ],
)
def test_a_person_belongs_to_one_segment(person: Standing, segment: Segment) -> None:
    assert segment_of(person) is Segment(segment)


def test_six_mails_since_the_last_sign_are_enough() -> None:
    long_ago = SENT[0] - timedelta(days=400)
    assert is_resting(SENT, long_ago)
    assert not is_resting(SENT[1:], long_ago)


def test_who_never_gave_a_sign_rests_after_six_mails_too() -> None:
    assert is_resting(SENT, None)
    assert not is_resting(SENT[1:], None)


def test_a_click_since_the_first_of_the_last_six_wakes() -> None:
    assert is_resting(SENT, SENT[0] - timedelta(days=1))
    assert not is_resting(SENT, SENT[0] + timedelta(days=1))
    later = [*SENT, SENT[-1] + timedelta(days=30)]
    assert is_resting(later, SENT[0] + timedelta(days=1))
