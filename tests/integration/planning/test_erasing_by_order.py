"""Shopify may name nothing but orders when it demands erasure: the person behind them goes with the last of these."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.support.intake import Connected
from tests.support.locks import until_it_waits
from tests.support.shopify import order
from worker.store.models import CustomerRow, HiddenProduct, Purchase
from worker.store.orders import facts_of, locked_customer
from worker.store.shops import get_shop
from worker.store.suggestions import learning_of, person_of


def redact(*orders: int) -> dict[str, Any]:
    nobody = {"id": None, "email": None, "phone": None}
    return {"shop_id": 1, "shop_domain": "x.myshopify.com", "customer": nobody, "orders_to_redact": list(orders)}


def test_the_customer_goes_with_the_last_of_their_orders(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("orders/create", order(1043, shop.now))
    shop.plan("customers/redact", redact(1042))
    assert [customer.address for customer in shop.customers()] == ["mia@example.com"]
    shop.plan("customers/redact", redact(1043))
    assert shop.customers() == []
    assert (shop.order(1042).address, shop.order(1043).address) == (None, None)


def test_what_else_hangs_on_the_address_goes_with_the_last_order(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    broken = shop.plan("orders/updated", {"id": 7, "email": "mia@example.com", "updated_at": "soon"})
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        hidden = {"shop_id": owner, "address": "mia@example.com", "product_id": "1"}
        session.add(HiddenProduct(**hidden, created_at=shop.now))
    shop.plan("customers/redact", redact(1042))
    assert shop.event(broken.id).body is None
    with shop.installation.database.read() as session:
        assert session.scalars(select(HiddenProduct)).all() == []


def test_an_address_that_an_order_had_before_goes_with_it(shop: Connected) -> None:
    later = (shop.now + timedelta(minutes=5)).isoformat()
    shop.plan("orders/create", order(1042, shop.now, email="mai@example.com"))
    shop.plan("orders/updated", order(1042, shop.now, email="mia@example.com", updated_at=later))
    assert len(shop.customers()) == 2
    shop.plan("customers/redact", redact(1042))
    assert shop.customers() == []


def test_people_with_other_orders_stay(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    shop.plan("customers/redact", redact(1042))
    assert [customer.address for customer in shop.customers()] == ["noah@example.com"]


def test_an_order_told_after_its_erasure_brings_nobody_back(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/redact", redact(1042))
    shop.plan("orders/updated", order(1042, shop.now, updated_at=(shop.now + timedelta(minutes=5)).isoformat()))
    assert shop.customers() == []
    assert shop.order(1042).address is None


def test_an_order_first_told_after_its_erasure_brings_nobody(shop: Connected) -> None:
    """Webhooks come in any order: the first word of an order may be that it is to be forgotten."""
    shop.plan("customers/redact", redact(1042))
    shop.plan("orders/create", order(1042, shop.now))
    known = facts_of(shop.order(1042)).order
    assert known is not None
    assert (shop.order(1042).address, known.customer.email) == (None, None)
    assert known.totals.total.amount > 0
    assert (shop.customers(), shop.messages()) == ([], [])


def test_an_imported_order_named_for_erasure_becomes_nobodys(shop: Connected) -> None:
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        mia = person_of(learning_of(session, owner).person_key, "mia@example.com")
        same = {"shop_id": owner, "person": mia, "placed_at": shop.now, "products": ["1"], "imported": True}
        session.add_all([Purchase(order_ref="9001", **same), Purchase(order_ref="9002", **same)])
    shop.plan("customers/redact", redact(9001))
    with shop.installation.database.read() as session:
        people = {row.order_ref: row.person for row in session.scalars(select(Purchase))}
    assert people == {"9001": "", "9002": mia}


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_who_waits_for_a_person_that_is_being_erased_makes_them_anew(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    database, found = shop.installation.database, []
    with database.read() as session:
        owner = get_shop(session, "northkettle").id

    def lock() -> None:
        with database.write() as session:
            found.append(locked_customer(session, owner, "mia@example.com", now=shop.now).address)

    with database.write() as session:
        locked_customer(session, owner, "mia@example.com", now=shop.now)
        other = Thread(target=lock)
        other.start()
        until_it_waits(other, session)
        session.execute(delete(CustomerRow).where(CustomerRow.address == "mia@example.com"))
    other.join()
    assert found == ["mia@example.com"]
