"""Stored events run again page by page, and what was broken off goes on."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.intake import Connected
from tests.support.shopify import order
from worker.planning.replay import replay
from worker.store.events import Choice
from worker.store.models import InboundEvent

MANY, AT_ONCE = 11, 3


@pytest.fixture
def shop(shop: Connected) -> Connected:
    for number in range(MANY):
        shop.take("orders/create", order(1000 + number, shop.now, email=f"m{number}@example.com"))
    return shop


@pytest.fixture
def read() -> Iterator[list[InboundEvent]]:
    """The events whose bodies were read from the database so far."""
    seen: list[InboundEvent] = []

    def loaded(target: InboundEvent, *_: Any) -> None:
        seen.append(target)

    event.listen(InboundEvent, "load", loaded)
    yield seen
    event.remove(InboundEvent, "load", loaded)


def test_no_more_than_a_page_of_bodies_is_read_ahead(shop: Connected, read: list[InboundEvent]) -> None:
    told = []
    for each in replay(shop.installation, dry_run=True, at_once=AT_ONCE):
        told.append(each.event_id)
        assert len(read) - len(told) < AT_ONCE
    assert told == [each.id for each in shop.events()]


def test_a_replay_that_broke_off_goes_on_after_the_last_it_told_of(shop: Connected) -> None:
    begun = list(islice(replay(shop.installation, at_once=AT_ONCE), 4))
    rest = list(replay(shop.installation, Choice(after=begun[-1].event_id), at_once=AT_ONCE))
    assert [each.event_id for each in (*begun, *rest)] == [each.id for each in shop.events()]
    assert {each.state for each in shop.events()} == {"planned"}


def test_what_comes_while_it_runs_is_not_replayed(shop: Connected) -> None:
    running = replay(shop.installation, at_once=AT_ONCE)
    next(running)
    late = shop.take("orders/create", order(2000, shop.now)).to_plan
    assert late not in {each.event_id for each in running}


def test_nothing_chosen_is_nothing_done(shop: Connected) -> None:
    assert list(replay(shop.installation, Choice(states=["failed"]))) == []
