"""Answers that arrive together are written down together, and none is lost to an error after it."""

import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from worker.delivery.port import Outcome, Verdict
from worker.dispatch.gathering import gathered


def outcome() -> Outcome:
    return Outcome(attempt_id=uuid4(), verdict=Verdict.ACCEPTED)


def test_every_outcome_comes_once_and_in_its_order() -> None:
    told = [outcome() for _ in range(500)]
    heard = [each.attempt_id for group in gathered(iter(told)) for each in group]
    assert heard == [each.attempt_id for each in told]


def test_what_arrives_while_a_group_is_written_down_makes_the_next_one() -> None:
    first, others = outcome(), [outcome() for _ in range(20)]
    first_is_taken, all_told = threading.Event(), threading.Event()

    def provider() -> Iterator[Outcome]:
        yield first
        assert first_is_taken.wait(10)
        yield from others
        all_told.set()

    groups = gathered(provider())
    assert list(next(groups)) == [first]
    first_is_taken.set()
    assert all_told.wait(10)
    assert list(next(groups)) == others


def test_an_error_of_the_provider_is_raised_after_what_it_told_before() -> None:
    def provider() -> Iterator[Outcome]:
        yield outcome()
        yield outcome()
        raise ConnectionError("gone")

    heard: list[UUID] = []

    def listen() -> None:
        for group in gathered(provider()):
            heard.extend(each.attempt_id for each in group)

    with pytest.raises(ConnectionError, match="gone"):
        listen()
    assert len(heard) == 2


def test_a_provider_that_tells_nothing_ends_it() -> None:
    assert list(gathered(iter(()))) == []
