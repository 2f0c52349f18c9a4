"""Orders of one person see one another; however many there are, few are planned anew because of one."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, insert, select

from tests.support.intake import Connected
from tests.support.shopify import fulfillment, order, tracking
from worker.planning.service import replan_order
from worker.store.content import content_of, packaged_content, publish
from worker.store.models import OrderRow
from worker.store.shops import get_shop
from worker.store.types import new_id

STOCKHOLM = ZoneInfo("Europe/Stockholm")

MANY = 80
PEOPLE = ("mia@example.com", "mia@example.com", "mia@example.com", "office@example.com")


@pytest.fixture
def read() -> Iterator[set[str]]:
    """The orders that were read whole."""
    seen: set[str] = set()

    def loaded(target: OrderRow, *_: Any) -> None:
        seen.add(target.external_id)

    for name in ("load", "refresh"):
        event.listen(OrderRow, name, loaded)
    yield seen
    for name in ("load", "refresh"):
        event.remove(OrderRow, name, loaded)


def crowd(shop: Connected, number: int) -> None:
    """So many more orders of Mia's address, spread over thirteen days."""
    shop.plan("orders/create", order(1, shop.now - timedelta(days=13)))
    like = shop.order(1)
    columns = {column.key: getattr(like, column.key) for column in OrderRow.__table__.columns}
    rows = []
    for each in range(number):
        placed = shop.now - timedelta(days=13) * (each + 1) / number
        told = like.facts["order"] | {"id": f"x{each}", "placed_at": placed.isoformat()}
        facts = like.facts | {"order": told}
        rows.append(columns | {"id": new_id(), "external_id": f"x{each}", "placed_at": placed, "facts": facts})
    with shop.installation.database.write() as session:
        session.execute(insert(OrderRow), rows)


def test_an_event_of_an_address_with_many_orders_reads_few_of_them(shop: Connected, read: set[str]) -> None:
    crowd(shop, MANY)
    read.clear()
    shop.plan("orders/create", order(5000, shop.now))
    shop.plan("fulfillments/create", fulfillment(5000, shop.now))
    assert len(read) <= 3


def history(shuffled: random.Random, now: datetime) -> list[tuple[str, dict[str, Any]]]:
    """Events of eight orders, close together and far apart, of which some move, change hands or end."""
    told: list[tuple[str, dict[str, Any]]] = []
    for number in range(8):
        placed = now - timedelta(days=shuffled.choice([0, 1, 9, 14, 15, 20]), minutes=shuffled.choice([0, 0, 3]))
        told.append(("orders/create", order(number, placed, email=shuffled.choice(PEOPLE))))
        if shuffled.random() < 0.9:
            told.append(("fulfillments/create", fulfillment(number, now - timedelta(hours=shuffled.randrange(200)))))
        changed = placed + timedelta(minutes=5)
        ended = {"cancelled_at": changed.isoformat()} if shuffled.random() < 0.3 else {}
        later = {"updated_at": changed.isoformat(), "email": shuffled.choice(PEOPLE), **ended}
        told.append(("orders/updated", order(number, placed, **later)))
    shuffled.shuffle(told)
    return told


def schedule(shop: Connected) -> list[tuple[Any, ...]]:
    return sorted((each.order_id, each.step, each.occurrence, each.state, each.send_at) for each in shop.messages())


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_to_orders_of_one_person_nothing_is_left_to_plan(shop: Connected, seed: int) -> None:
    for topic, body in history(random.Random(seed), shop.now):
        shop.plan(topic, body)
    with shop.installation.database.read() as session:
        orders = session.scalars(select(OrderRow)).all()
    before, unsent = schedule(shop), {row.id: row.unsent for row in orders}
    assert {message.step for message in shop.messages()} >= {"confirmation", "follow_up"}
    for row in orders:
        replan_order(shop.installation, row.id, "to see that nothing changes")
    assert schedule(shop) == before
    assert {row.id: shop.order(row.external_id).unsent for row in orders} == unsent


def test_an_order_whose_later_neighbour_is_erased_gets_its_own_follow_up_back(shop: Connected) -> None:
    for number in (1, 2):
        shop.plan("orders/create", order(number, shop.now - timedelta(days=4 - number)))
        shop.plan("fulfillments/create", fulfillment(number, shop.now - timedelta(days=1)))
    assert waiting_for(shop) == [shop.order(2).id]
    nobody = {"id": None, "email": None}
    shop.plan("customers/redact", {"shop_id": 1, "customer": nobody, "orders_to_redact": [2]})
    assert waiting_for(shop) == [shop.order(1).id]


def test_orders_between_two_that_are_far_apart_are_combined_with_the_earlier(shop: Connected) -> None:
    """Under content that was published with more days than orders are looked at together for."""
    path, files = "sequences/post_purchase.yaml", dict(packaged_content().files)
    files[path] = files[path].replace("combine_orders_within: 14 days", "combine_orders_within: 30 days")
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        assert publish(session, owner, content_of(files), "", shop.now) == 1
        assert "combine_orders_within: 30 days" in files[path]
    for number, days in ((1, 20), (3, 0), (2, 12)):
        shop.plan("orders/create", order(number, shop.now - timedelta(days=days)))
        shop.plan("fulfillments/create", fulfillment(number, shop.now))
    combined = shop.order(1).unsent
    replan_order(shop.installation, shop.order(1).id, "to see that nothing changes")
    assert shop.order(1).unsent == combined
    assert waiting_for(shop) == [shop.order(3).id]


def test_a_neighbour_without_a_report_counts_as_delivered_when_the_shop_says_so(shop: Connected) -> None:
    """A shop that sends overseas takes parcels as delivered after 20 days."""
    path, files = "sequences/post_purchase.yaml", dict(packaged_content().files)
    files[path] = files[path].replace("assume_delivered_after: 10 days", "assume_delivered_after: 20 days")
    with shop.installation.database.write() as session:
        publish(session, get_shop(session, "northkettle").id, content_of(files), "", shop.now)
    left = shop.now - timedelta(days=2)
    for number in (1, 2):
        shop.plan("orders/create", order(number, shop.now - timedelta(days=4 - number)))
        shop.plan("fulfillments/create", fulfillment(number, left))
    shop.plan("fulfillment_events/create", tracking(2, "delivered", shop.now))
    [follow_up] = [each for each in shop.messages() if each.step == "follow_up" and each.state == "scheduled"]
    assert follow_up.order_id == shop.order(2).id
    assert follow_up.aim_at.astimezone(STOCKHOLM).date() == (left.astimezone(STOCKHOLM) + timedelta(days=29)).date()


def waiting_for(shop: Connected) -> list[UUID]:
    """The orders that a follow-up waits for."""
    waiting = [each for each in shop.messages() if each.step == "follow_up" and each.state == "scheduled"]
    return [each.order_id for each in waiting]
