"""Shops that are slow, busy, closed or gone, and workers that die: every refusal arrives, or somebody is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import structlog
from structlog.typing import EventDict

from schedules.facts import ConsentState, Facts
from tests.support.misbehaving import Trouble
from tests.support.orders import an_order, keep_order
from tests.support.shop_apis import ShopApi, shop_api
from tests.support.writing_back import Subscribed, subscribed
from worker.feedback.writing_back import tell_refusal
from worker.store.models import Source, WriteBack
from worker.store.session import Database
from worker.store.to_dos import LEASE
from worker.store.write_backs import claim_write_back, finish_write_back, wake_source

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def api() -> Iterator[ShopApi]:
    with shop_api() as found:
        yield found


@pytest.fixture
def mia(database: Database, tmp_path: Path, api: ShopApi) -> Subscribed:
    return subscribed(database, tmp_path, api, "shopify")


def _others_refuse(mia: Subscribed, count: int, *, known: bool = True) -> None:
    """So many more customers of the shop, each with an order, refuse."""
    world = mia.world
    with world.installation.database.write() as session:
        source = session.query(Source).one()
        for number in range(count):
            address, customer_id = f"buyer-{number}@example.com", str(100 + number)
            order = an_order(world.now, number=f"{2000 + number}", email=address)
            order = order.model_copy(update={"customer": order.customer.model_copy(update={"id": customer_id})})
            keep_order(session, world.shop_id, Facts(order=order), world.now).source_id = source.id
            tell_refusal(session, world.shop_id, address, world.now)
            if known:
                mia.api.known.add(customer_id)


def _alarms(logs: list[EventDict]) -> list[str]:
    return [line["event"] for line in logs if line.get("alarm")]


def _source(mia: Subscribed) -> Source:
    with mia.world.installation.database.read() as session:
        return session.query(Source).one()


@pytest.mark.parametrize("trouble", [Trouble(status=503), Trouble(status=429), Trouble("drop_before")])
def test_what_passes_is_tried_again_and_raises_no_alarm(mia: Subscribed, trouble: Trouble) -> None:
    mia.api.meets(trouble, trouble)
    mia.refuses()
    with structlog.testing.capture_logs() as logs:
        assert mia.waits() == 1
        assert mia.sweep() == 0
        assert mia.waits(MINUTE) == 1
        assert mia.waits(MINUTE) == 0
        assert mia.waits(MINUTE) == 1
    assert mia.heard() == ["no"]
    assert _alarms(logs) == []


def test_a_call_that_was_taken_and_never_answered_is_made_again_and_changes_nothing(mia: Subscribed) -> None:
    mia.api.meets(Trouble("drop_after"))
    mia.refuses()
    mia.waits()
    once = dict(mia.api.consents)
    assert mia.waits(MINUTE) == 1
    assert mia.api.consents == once
    assert mia.heard() == ["no", "no"]


def test_the_shops_own_wait_is_kept_for_everybody(mia: Subscribed) -> None:
    mia.refuses()
    _others_refuse(mia, 3)
    mia.api.meets(Trouble(status=429, headers={"Retry-After": "600"}))
    assert mia.waits() == 1
    assert mia.waits(9 * MINUTE) == 0
    assert mia.waits(MINUTE) == 4


def test_a_shop_that_is_down_is_asked_ever_more_seldom_however_many_wait(mia: Subscribed) -> None:
    mia.refuses()
    _others_refuse(mia, 5)
    mia.api.meets(*[Trouble(status=503)] * 30)
    tried = [mia.waits()] + [mia.waits(timedelta(hours=1)) for _ in range(8)]
    assert tried == [1, 1, 1, 1, 1, 1, 1, 0, 1]
    mia.api.troubles.clear()
    mia.waits(DAY)
    assert len(mia.heard()) == 6


def test_one_that_the_shop_never_takes_stands_in_nobodys_way(mia: Subscribed) -> None:
    mia.refuses()
    mia.waits(MINUTE)
    _others_refuse(mia, 5)
    mia.api.meets(Trouble(status=401))
    mia.waits(timedelta(minutes=15))
    for _ in range(3):
        mia.waits(timedelta(minutes=5))
    assert len(mia.heard()) == 6


def test_a_wrong_key_is_told_by_an_alarm_and_all_goes_on_at_once_when_it_is_mended(mia: Subscribed) -> None:
    mia.refuses()
    mia.api.scopes.clear()
    with structlog.testing.capture_logs() as logs:
        mia.waits()
        mia.waits(DAY)
    assert set(_alarms(logs)) == {"feedback.refusal.postponed"}
    assert "mia@" not in repr(logs)
    assert "shpat" not in repr(logs)
    mia.api.scopes.add("write_customers")
    with mia.world.installation.database.write() as session:
        wake_source(session, _source(mia).id, mia.world.now)
    assert mia.sweep() == 1
    assert mia.heard() == ["no"]


def test_after_thirty_days_it_is_given_up_with_an_alarm(mia: Subscribed) -> None:
    mia.refuses()
    mia.api.meets(*[Trouble(status=503)] * 99)
    with structlog.testing.capture_logs() as logs:
        mia.waits()
        for _ in range(4):
            mia.waits(8 * DAY)
    row = mia.note()
    assert row is not None
    assert (row.state, row.note) == ("failed", "the shop answers 503")
    assert _alarms(logs) == ["feedback.refusal.lost"]


def test_a_key_that_cannot_be_opened_waits_for_somebody(mia: Subscribed) -> None:
    with mia.world.installation.database.write() as session:
        source = session.query(Source).one()
        source.api = source.api | {"sealed": "nonsense"}
    mia.refuses()
    assert mia.waits() == 1
    row = mia.note()
    assert row is not None
    assert (row.state, row.note) == ("pending", "the API key cannot be opened: set it again")


def test_many_workers_tell_each_refusal_once(mia: Subscribed) -> None:
    _others_refuse(mia, 12)
    mia.world.pass_time(timedelta(minutes=15))
    start = Barrier(4)

    def work(_: int) -> int:
        start.wait()
        return sum(mia.sweep() for _ in range(3))

    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(work, range(4)))
    tried.append(mia.sweep())
    assert sum(tried) == len(mia.heard()) == 12
    assert len({customer for customer, _ in mia.api.calls}) == 12


def test_what_a_dead_worker_left_is_told_once_its_lease_has_ended(mia: Subscribed) -> None:
    mia.refuses()
    mia.world.pass_time(timedelta(minutes=15))
    database = mia.world.installation.database
    with database.write() as session:
        dead = claim_write_back(session, [_source(mia).id], mia.world.now)
    assert dead is not None
    assert mia.sweep() == 0
    with database.write() as session:
        row = session.get_one(WriteBack, dead.id)
        assert row.claimed_until is not None
        row.claimed_until -= LEASE
    assert mia.sweep() == 1
    with database.write() as session:
        assert not finish_write_back(session, dead, state="failed", note="too late")
    left = mia.note()
    assert left is not None
    assert (left.state, left.wanted) == ("done", ConsentState.UNSUBSCRIBED)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_a_worker_that_claims_while_another_does_leaves_that_source_alone(mia: Subscribed) -> None:
    _others_refuse(mia, 3)
    mia.world.pass_time(DAY)
    database, now, sources = mia.world.installation.database, mia.world.now, [_source(mia).id]
    with database.write() as one, database.write() as other:
        assert claim_write_back(one, sources, now) is not None
        assert claim_write_back(other, sources, now) is None
