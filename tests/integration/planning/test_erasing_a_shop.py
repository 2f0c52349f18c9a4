"""All of a shop's people are forgotten in small units, and what is broken off goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from tests.support.intake import SECRET, Connected
from tests.support.shopify import order
from worker.planning.service import plan_event, sweep_events
from worker.planning.shop_erasure import erase_people
from worker.store.models import CustomerRow, HiddenProduct, InboundEvent, OrderRow, Purchase
from worker.store.session import Database
from worker.store.shops import add_source, get_shop
from worker.store.suggestions import learning_of
from worker.store.types import new_id

REDACTED = {"shop_id": 1, "shop_domain": "x.myshopify.com"}
MANY, CHUNK = 120, 25


@pytest.fixture
def demand(shop: Connected) -> InboundEvent:
    """The demand to erase a shop with many people, orders, imported orders and bodies; not planned yet."""
    shop.plan("orders/create", order(1042, shop.now))
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        learning_of(session, owner)
        like = shop.order(1042)
        known = {column.key: getattr(like, column.key) for column in OrderRow.__table__.columns}
        stamp = {"created_at": shop.now, "updated_at": shop.now}
        numbers = range(MANY)
        addresses = [f"m{each:04}@example.com" if each % 10 else None for each in numbers]
        orders = [known | {"id": new_id(), "external_id": f"x{each}", "address": addresses[each]} for each in numbers]
        session.execute(insert(OrderRow), orders)
        people = [{"id": new_id(), "shop_id": owner, "address": address, **stamp} for address in addresses if address]
        session.execute(insert(CustomerRow), people)
        bought = {"shop_id": owner, "placed_at": shop.now, "products": ["1"], "imported": True}
        session.execute(
            insert(Purchase), [bought | {"id": new_id(), "order_ref": f"p{each}", "person": "a"} for each in numbers]
        )
        session.add(HiddenProduct(shop_id=owner, address="gone@example.com", product_id="1", created_at=shop.now))
    waiting = shop.take("shop/redact", REDACTED).to_plan
    assert waiting is not None
    return shop.event(waiting)


def left(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            "people": session.scalar(select(func.count()).select_from(CustomerRow)) or 0,
            "orders": session.scalar(select(func.count()).where(OrderRow.erased_at.is_(None))) or 0,
            "addresses": session.scalar(select(func.count()).where(OrderRow.address.is_not(None))) or 0,
            "purchases": session.scalar(select(func.count()).where(Purchase.person != "")) or 0,
            "bodies": session.scalar(select(func.count()).where(InboundEvent.body.is_not(None))) or 0,
        }


def test_a_large_shop_is_erased_in_small_units_each_going_on_where_the_last_stopped(
    shop: Connected, demand: InboundEvent
) -> None:
    database = shop.installation.database
    before, turns = left(database), 0
    while not erase_people(shop.installation, demand, chunk=CHUNK, for_s=0):
        now, turns = left(database), turns + 1
        fewer = [before[name] - now[name] for name in ("people", "orders", "purchases", "bodies")]
        assert max(fewer) <= CHUNK
        before = now
    assert turns >= 3 * MANY / CHUNK
    assert left(database) == {"people": 0, "orders": 0, "addresses": 0, "purchases": 0, "bodies": 1}
    assert plan_event(shop.installation, demand.id) == "planned"  # with nothing left it takes no second turn
    assert left(database)["bodies"] == 0


def test_an_erasure_that_broke_off_is_taken_up_by_the_sweep(shop: Connected, demand: InboundEvent) -> None:
    assert not erase_people(shop.installation, demand, chunk=CHUNK, for_s=0)
    while shop.event(demand.id).state == "stored":
        assert sweep_events(shop.installation, for_s=30) == 1
    assert set(left(shop.installation.database).values()) == {0}
    assert shop.event(demand.id).state == "planned"
    with shop.installation.database.read() as session:
        assert session.scalars(select(HiddenProduct)).all() == []


def test_an_order_that_cannot_be_read_keeps_nobody_from_being_erased(shop: Connected, demand: InboundEvent) -> None:
    broken = {"order": {"customer": {"email": "mia@example.com"}}}
    with shop.installation.database.write() as session:
        for external_id in ("x10", "x11"):
            session.scalars(select(OrderRow).where(OrderRow.external_id == external_id)).one().facts = broken
    while shop.event(demand.id).state == "stored":
        assert sweep_events(shop.installation, for_s=30) == 1
    assert shop.event(demand.id).state == "planned"
    assert set(left(shop.installation.database).values()) == {0}
    assert "mia" not in str([shop.order(external_id).facts for external_id in ("x10", "x11")])


def test_orders_of_an_erased_shop_that_are_told_of_again_bring_nobody_back(
    shop: Connected, demand: InboundEvent
) -> None:
    while not erase_people(shop.installation, demand):
        pass
    shop.plan("orders/updated", order(1042, shop.now, updated_at=(shop.now + timedelta(minutes=5)).isoformat()))
    assert (shop.order(1042).address, shop.customers()) == (None, [])


def connect(shop: Connected, secret: str) -> None:
    installation = shop.installation
    with installation.database.write() as session:
        owner = get_shop(session, "northkettle")
        assert add_source(session, installation.sealer, owner, "shopify", secret, now=installation.clock.now())


def is_connected(shop: Connected) -> bool:
    with shop.installation.database.read() as session:
        return get_shop(session, "northkettle").uninstalled_at is None


def test_a_shop_connected_again_after_the_demand_stays_connected_and_keeps_what_came_since(
    shop: Connected, demand: InboundEvent
) -> None:
    connect(shop, "fresh")
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    while not erase_people(shop.installation, demand):
        pass
    assert plan_event(shop.installation, demand.id) == "planned"
    assert is_connected(shop)
    assert (shop.order(1042).address, shop.order(1043).address) == (None, "noah@example.com")


@pytest.mark.parametrize("secret", [SECRET, "fresh"])
def test_a_demand_that_answers_an_earlier_uninstallation_erases_what_came_before_the_shop_was_connected_again(
    shop: Connected, secret: str
) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    shop.plan("app/uninstalled", {"id": 1, "name": "Northkettle"})
    connect(shop, secret)
    shop.plan("orders/create", order(1044, shop.now))
    shop.plan("orders/create", order(1045, shop.now, email="ida@example.com"))
    assert shop.plan("shop/redact", REDACTED).state == "planned"
    assert is_connected(shop)
    addresses = [shop.order(each).address for each in (1042, 1043, 1044, 1045)]
    assert addresses == [None, None, "mia@example.com", "ida@example.com"]
    assert sorted(each.address for each in shop.customers()) == ["ida@example.com", "mia@example.com"]
    assert [event.body is None for event in shop.events()] == [True, True, True, False, False, True]
    waiting = [each.state for each in shop.messages() if each.address is not None]
    assert waiting == ["scheduled", "scheduled"]


def test_a_demand_long_after_the_shop_was_connected_erases_it_also_where_its_end_was_never_told(
    shop: Connected,
) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("shop/redact", REDACTED)
    assert not is_connected(shop)
    assert shop.order(1042).address is None
