"""New content plans a shop's waiting orders anew: each by itself, and others get their turn meanwhile."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from schedules.catalog import load_sequence
from schedules.sequence import ASSUME_DELIVERED_AFTER
from schedules.shop import Role
from tests.support.intake import Connected
from tests.support.locks import until_it_waits
from tests.support.shopify import fulfillment, order, tracking
from worker.heartbeats import record_life
from worker.planning.anew import replan_shop
from worker.planning.apply import apply_reading
from worker.planning.forecast import forecast
from worker.planning.service import read_event
from worker.planning.unit import Unit
from worker.store.content import content_of, packaged_content, publish
from worker.store.models import OrderRow, Source
from worker.store.session import Database
from worker.store.shops import change_shop, get_shop

SEQUENCE = "sequences/post_purchase.yaml"
AS_PACKAGED = packaged_content().files[SEQUENCE]
LATER = {SEQUENCE: AS_PACKAGED.replace("send: 9 days", "send: 11 days").replace("send: 2 minutes", "send: 9 minutes")}


def _delivered(shop: Connected, number: int) -> UUID:
    placed = shop.now - timedelta(days=4)
    shop.plan("orders/create", order(number, placed, email=f"m{number}@example.com"))
    shop.plan("fulfillments/create", fulfillment(number, placed + timedelta(days=1)))
    shop.plan("fulfillment_events/create", tracking(number, "delivered", placed + timedelta(days=3)))
    return shop.order(number).id


def _follow_ups(shop: Connected) -> dict[UUID, datetime]:
    return {each.order_id: each.send_at for each in shop.messages() if each.step == "follow_up"}


def _owner(shop: Connected) -> UUID:
    with shop.installation.database.read() as session:
        return get_shop(session, "northkettle").id


def test_an_order_that_cannot_be_read_keeps_no_other_from_moving(shop: Connected) -> None:
    first, broken, last = (_delivered(shop, number) for number in (1042, 1043, 1044))
    before, owner = _follow_ups(shop), _owner(shop)
    with shop.installation.database.write() as session:
        session.execute(update(OrderRow).where(OrderRow.id == broken).values(facts={"order": 7}))
    files = dict(packaged_content().files) | LATER
    effect = forecast(shop.installation, owner, load_sequence(files))
    assert len(effect.moved) == 2
    with shop.installation.database.write() as session:
        publish(session, owner, content_of(files), "", shop.installation.clock.now())
    with structlog.testing.capture_logs() as lines:
        assert replan_shop(shop.installation, owner, "content revision 1") == 3
    after = _follow_ups(shop)
    assert {each for each in before if after[each] == before[each]} == {broken}
    assert after[first] - before[first] == after[last] - before[last] == timedelta(days=2)
    assert [(line["event"], line["order_id"]) for line in lines if line.get("alarm")] == [
        ("planning.order.failed", str(broken))
    ]


def test_orders_that_nothing_changes_for_are_only_read(shop: Connected) -> None:
    """Most pushes change words and looks alone."""
    for number in (1042, 1043):
        _delivered(shop, number)
    owner, locking = _owner(shop), list[str]()
    with shop.installation.database.write() as session:
        publish(session, owner, packaged_content(), "", shop.installation.clock.now())

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "IMMEDIATE" in statement or "FOR UPDATE" in statement:
            locking.append(statement)

    engine = shop.installation.database.engine
    event.listen(engine, "before_cursor_execute", note)
    assert replan_shop(shop.installation, owner, "content revision 1") == 2
    event.remove(engine, "before_cursor_execute", note)
    assert locking == []


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_what_is_planned_while_content_is_published_goes_by_the_new_content(shop: Connected) -> None:
    """Publishing looks at what waits; what a unit that began before is about to let wait, it could not see."""
    owner = _owner(shop)
    files = dict(packaged_content().files) | {SEQUENCE: AS_PACKAGED.replace("send: 9 days", "send: 11 days")}
    _plan_a_parcel_beside(shop, lambda session: publish(session, owner, content_of(files), "", shop.now))
    assert min(_follow_ups(shop).values()) > shop.now + ASSUME_DELIVERED_AFTER + timedelta(days=10)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_what_is_planned_while_settings_change_goes_by_the_new_settings(shop: Connected) -> None:
    """Else a mail would be taken for the receipt that the shop's own was just said to be."""
    roles = {"shipping": Role.COMPANION}
    _plan_a_parcel_beside(
        shop,
        lambda session: change_shop(session, "northkettle", lambda known: known.model_copy(update={"roles": roles})),
    )
    waiting = [each for each in shop.messages() if each.step == "shipping" and each.state == "scheduled"]
    assert [(each.role, each.stream) for each in waiting] == [("companion", "marketing")]


def _plan_a_parcel_beside(shop: Connected, change: Callable[[Session], object]) -> None:
    """Plans what a parcel brings while somebody changes what it is planned by, and then plans what waits anew."""
    database, owner, placed = shop.installation.database, _owner(shop), shop.now - timedelta(days=1)
    shop.plan("orders/create", order(1042, placed))
    told = shop.take("fulfillments/create", fulfillment(1042, shop.now))
    assert told.to_plan is not None
    parcel = shop.event(told.to_plan)

    def change_and_replan() -> None:
        with database.write() as session:
            change(session)
        replan_shop(shop.installation, owner, "a test")

    changing = threading.Thread(target=change_and_replan)
    with database.write() as session:
        unit = Unit.begin(session, owner, parcel.source_id, shop.now)
        apply_reading(unit, read_event(parcel, session.get_one(Source, parcel.source_id)).events)
        session.flush()
        changing.start()
        until_it_waits(changing, session)
    changing.join()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_other_processes_write_while_many_orders_are_planned_anew(shop: Connected, tmp_path: Path) -> None:
    """On SQLite, which has one writer, and whose waiters look only now and then whether it is their turn."""
    number = 16
    for each in range(number):
        shop.plan("orders/create", order(2000 + each, shop.now, email=f"m{each}@example.com"))
    another = Database(f"sqlite:///{tmp_path / 'postpurchase.db'}")
    done, written, owner = threading.Event(), 0, _owner(shop)
    with shop.installation.database.write() as session:
        publish(session, owner, content_of(dict(packaged_content().files) | LATER), "", shop.installation.clock.now())

    def write() -> None:
        nonlocal written
        while not done.is_set():
            record_life(another, {"worker:elsewhere:1": "worker"})
            written += 1

    writing = threading.Thread(target=write)
    writing.start()
    assert replan_shop(shop.installation, owner, "content revision 1") == number
    done.set()
    writing.join()
    another.close()
    assert written > number / 4
