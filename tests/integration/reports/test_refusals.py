"""Where a person sees what somebody refused and whether their shop knows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.misbehaving import Trouble
from tests.support.shop_apis import ShopApi, shop_api
from tests.support.writing_back import ADDRESS, Subscribed, subscribed
from worker.doctor.service import _refusals
from worker.reports.refusals import untold
from worker.reports.status import read_status
from worker.reports.timeline import order_timeline
from worker.store.models import OrderRow, Shop, Source
from worker.store.session import Database


@pytest.fixture(scope="module")
def api() -> Iterator[ShopApi]:
    with shop_api() as found:
        yield found


@pytest.fixture
def mia(database: Database, tmp_path: Path, api: ShopApi) -> Subscribed:
    api.troubles.clear()
    return subscribed(database, tmp_path, api, "shopify")


def test_the_timeline_tells_the_refusal_and_when_the_shop_heard_of_it(mia: Subscribed) -> None:
    world = mia.world
    mia.refuses()

    def told() -> list[tuple[str, str]]:
        with world.installation.database.read() as session:
            shop, order = session.get_one(Shop, world.shop_id), session.get_one(OrderRow, world.order_id)
            story = order_timeline(session, shop, order)
        assert [(line.scope, line.reason, line.source) for line in story.refused] == [
            ("marketing", "unsubscribed", "link")
        ]
        assert ADDRESS not in story.model_dump_json()
        return [(line.source, line.state) for line in story.told]

    assert told() == [("shopify", "pending")]
    mia.waits()
    assert told() == [("shopify", "done")]


def test_status_and_doctor_say_nothing_while_all_is_well_and_why_when_it_is_not(mia: Subscribed) -> None:
    world = mia.world

    def seen() -> tuple[list[tuple[int, int, int, str]], list[str]]:
        with world.installation.database.read() as session:
            report = read_status(session, now=world.now, real_now=world.installation.database.now())
            checks = _refusals(session)
        lines = [(line.waiting, line.stuck, line.lost, line.note) for line in report.refusals]
        return lines, [check.text for check in checks]

    assert seen() == ([], [])
    mia.refuses()
    assert seen() == ([(1, 0, 0, "")], [])
    mia.api.meets(Trouble(status=401), Trouble(status=422))
    mia.waits()
    note = "the shop answers 401: the API key is refused"
    assert seen() == ([(1, 1, 0, note)], [f"Refusals that shopify has not heard of: 1 ({note})."])
    mia.waits(timedelta(hours=1))
    assert seen() == (
        [(0, 0, 1, "the shop answers 422")],
        ["Refusals that shopify has not heard of: 1 (the shop answers 422)."],
    )
    with world.installation.database.read() as session:
        [line] = untold(session, session.query(Source).one().id)
    assert (line.address, line.wanted, line.state) == (ADDRESS, "unsubscribed", "failed")


def test_doctor_tells_of_sources_that_cannot_be_written_to(mia: Subscribed) -> None:
    with mia.world.installation.database.write() as session:
        session.query(Source).one().api = {}
        session.flush()
        [check] = _refusals(session)
    assert check.text == "Refusals are not written back to shopify."
    assert "source set northkettle shopify" in check.remedy
