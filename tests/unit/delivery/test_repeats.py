"""An alarm that every mail would raise is raised once a minute."""

import time

import pytest

from worker.delivery import repeats
from worker.delivery.repeats import Repeats


def test_what_is_said_again_within_the_minute_is_counted_and_said_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, now = Repeats(), time.monotonic()
    said = []
    for after in (0, 1, 59, 60, 61, 120):
        monkeypatch.setattr(time, "monotonic", lambda after=after: now + after)
        said.append(told.due("sendgrid:1", "401"))
    assert said == [1, 0, 0, 3, 0, 2]


def test_what_is_about_something_else_is_said_by_itself() -> None:
    told = Repeats()
    assert [told.due(key) for key in ("a", "b", "a", "b", "c")] == [1, 1, 0, 0, 1]


def test_what_was_said_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Repeats()
    monkeypatch.setattr(repeats, "SPAN_S", 0.0)
    for number in range(3 * repeats.MOST_KEPT):
        told.due(str(number))
    assert len(told._said) <= repeats.MOST_KEPT
