"""Webhooks that arrive at once share a commit, and nothing else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.installation import installed
from tests.support.intake import Connected, delivery
from worker.errors import StorageUnavailableError
from worker.intake import grouping
from worker.intake.grouping import Group
from worker.intake.service import Answer, Incoming
from worker.store.session import Database


def taken(shop: Connected, incoming: Sequence[Incoming]) -> list[Answer | BaseException]:
    """All of them at once through one group."""

    async def all_at_once(group: Group) -> list[Answer | BaseException]:
        return await asyncio.gather(*(group.accept(each) for each in incoming), return_exceptions=True)

    group = Group(shop.installation)
    try:
        return asyncio.run(all_at_once(group))
    finally:
        group.close()


def statuses(answers: Sequence[Answer | BaseException]) -> list[int]:
    return [answer.status if isinstance(answer, Answer) else 500 for answer in answers]


def test_each_of_many_at_once_gets_its_own_answer(shop: Connected) -> None:
    many = [delivery("orders/create", {"id": number}, event_id=f"e{number % 100}") for number in range(150)]
    many[7] = delivery("orders/create", {"id": 7}, event_id="e7", secret="wrong")
    answers = taken(shop, many)
    assert statuses(answers).count(401) == 1
    assert statuses(answers)[7] == 401
    assert statuses(answers).count(202) == 100
    assert statuses(answers).count(200) == 49
    planned = {answer.to_plan for answer in answers if isinstance(answer, Answer) and answer.to_plan}
    assert planned == {event.id for event in shop.events()}


def test_one_that_cannot_be_stored_costs_the_others_nothing(shop: Connected) -> None:
    many = [delivery("orders/create", {"id": number}, event_id=f"e{number}") for number in range(20)]
    spoiled = dict(many[3].headers) | {"x-shopify-event-id": object()}
    many[3] = replace(many[3], headers=spoiled)  # type: ignore[arg-type]  # nothing like it comes over HTTP
    answers = taken(shop, many)
    assert statuses(answers) == [202] * 3 + [500] + [202] * 16
    assert len(shop.events()) == 19


def test_while_the_database_does_not_answer_all_are_told_to_try_again(database: Database, tmp_path: Path) -> None:
    from tests.support.intake import connected

    shop = connected(database, tmp_path / "var")
    with database.write() as session:
        session.execute(text("ALTER TABLE inbound_event RENAME TO elsewhere"))
    try:
        answers = taken(shop, [delivery("orders/create", {"id": number}) for number in range(5)])
        assert all(isinstance(answer, Exception) for answer in answers)
    finally:
        with database.write() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO inbound_event"))
    assert shop.events() == []


def test_a_database_that_is_gone_is_said_to_be_unavailable(tmp_path: Path) -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")

    async def one() -> Answer:
        group = Group(installed(gone, tmp_path / "var"))
        try:
            return await group.accept(delivery("orders/create", {"id": 1}))
        finally:
            group.close()

    with pytest.raises(StorageUnavailableError):
        asyncio.run(one())


def test_a_heavy_body_takes_a_way_of_its_own(shop: Connected) -> None:
    heavy = delivery("orders/create", {"id": 1, "note": "x" * grouping.HEAVY_BYTES}, event_id="heavy")
    light = [delivery("orders/create", {"id": number}, event_id=f"e{number}") for number in range(2, 6)]
    assert statuses(taken(shop, [heavy, *light])) == [202] * 5
    assert len(shop.events()) == 5


def test_what_waits_is_stored_before_it_closes(shop: Connected) -> None:
    async def left_behind() -> list[Answer]:
        group = Group(shop.installation)
        waiting = [
            asyncio.create_task(group.accept(delivery("orders/create", {"id": n}, event_id=f"e{n}"))) for n in range(9)
        ]
        await asyncio.sleep(0)
        await asyncio.to_thread(group.close)
        return await asyncio.gather(*waiting)

    assert [answer.status for answer in asyncio.run(left_behind())] == [202] * 9
    assert len(shop.events()) == 9
