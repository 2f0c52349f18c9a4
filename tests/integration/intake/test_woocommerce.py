"""WooCommerce's webhooks through intake and planning, on both databases."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schedules.facts import ConsentState
from tests.support.intake import Connected, connected
from tests.support.orders import NORTHKETTLE
from tests.support.woocommerce import gmt, meta, order, product, signed, tracking
from worker.intake.service import Answer, Incoming, accept
from worker.planning.service import plan_event
from worker.store.models import Product
from worker.store.session import Database
from worker.store.shops import add_source, get_shop, list_sources

SECRET = "northkettle-woo-secret"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Connected:
    made = connected(database, tmp_path / "var")
    with database.write() as session:
        owner = get_shop(session, NORTHKETTLE.slug)
        add_source(session, made.installation.sealer, owner, "woocommerce", SECRET, now=made.now)
        [source] = (each for each in list_sources(session, owner.id) if each.kind == "woocommerce")
        source.options = {"consent_meta_key": "newsletter"}
    return made


def _take(shop: Connected, topic: str, body: dict[str, Any], *, delivery_id: str = "d1") -> Answer:
    raw = json.dumps(body).encode()
    headers = signed(topic, raw, SECRET, delivery_id=delivery_id)
    return accept(
        shop.installation, [Incoming(shop=NORTHKETTLE.slug, source="woocommerce", headers=headers, body=raw)]
    )[0]


def _plan(shop: Connected, topic: str, body: dict[str, Any]) -> str | None:
    answer = _take(shop, topic, body)
    assert answer.to_plan is not None, answer
    return plan_event(shop.installation, answer.to_plan)


def _order(at: datetime, **more: Any) -> dict[str, Any]:
    placed = {"date_created_gmt": gmt(at), "date_modified_gmt": gmt(at)}
    return order(**(placed | more))


def test_a_ping_is_answered_and_stores_nothing(shop: Connected) -> None:
    ping = Incoming(shop=NORTHKETTLE.slug, source="woocommerce", headers={}, body=b"webhook_id=4")
    assert accept(shop.installation, [ping])[0].status == 200
    assert shop.events() == []


def test_a_body_without_a_signature_is_refused(shop: Connected) -> None:
    forged = Incoming(shop=NORTHKETTLE.slug, source="woocommerce", headers={}, body=b'{"id": 1}')
    assert accept(shop.installation, [forged])[0].status == 401


def test_two_orders_of_one_second_are_both_stored(shop: Connected) -> None:
    bodies = [_order(shop.now), _order(shop.now, id=1043, number="1043")]
    assert [_take(shop, "order.created", body, delivery_id="same").status for body in bodies] == [202, 202]
    assert _take(shop, "order.created", bodies[0], delivery_id="same").status == 200
    assert len(shop.events()) == 2


def test_an_unpaid_order_starts_nothing_and_its_payment_starts_the_confirmation(shop: Connected) -> None:
    at = shop.now - timedelta(minutes=3)
    assert _plan(shop, "order.created", _order(at, status="pending", date_paid_gmt=None)) == "planned"
    assert shop.messages() == []
    assert _plan(shop, "order.updated", _order(at, date_modified_gmt=gmt(shop.now))) == "planned"
    assert [message.step for message in shop.messages()] == ["confirmation"]


def test_a_bank_transfer_gets_its_confirmation_at_once(shop: Connected) -> None:
    _plan(shop, "order.created", _order(shop.now, status="on-hold", payment_method="bacs", date_paid_gmt=None))
    assert [message.step for message in shop.messages()] == ["confirmation"]


def test_a_tracking_number_and_later_updates_make_one_shipping_mail(shop: Connected) -> None:
    at = shop.now - timedelta(hours=5)
    entered = meta(_wc_shipment_tracking_items=[tracking("JD1", date_shipped=str(int(shop.now.timestamp())))])
    _plan(shop, "order.created", _order(at))
    for minutes, status in ((0, "processing"), (20, "processing"), (40, "completed")):
        later = gmt(shop.now + timedelta(minutes=minutes))
        done = later if status == "completed" else None
        body = _order(at, status=status, meta_data=entered, date_modified_gmt=later, date_completed_gmt=done)
        _plan(shop, "order.updated", body)
    shipping = [message for message in shop.messages() if message.step == "shipping"]
    assert len(shipping) == 1
    assert abs(shipping[0].aim_at - shop.now) < timedelta(minutes=15)


def test_a_refund_inside_an_order_is_kept_once(shop: Connected) -> None:
    body = _order(shop.now, refunds=[{"id": 88, "reason": "", "total": "-12.00"}])
    _plan(shop, "order.updated", body)
    _plan(shop, "order.updated", body | {"date_modified_gmt": gmt(shop.now + timedelta(minutes=1))})
    facts = shop.order("1042").facts
    assert [refund["amount"]["amount"] for refund in facts["refunds"]] == ["12.00"]
    assert facts["order"]["payment"] == "partially_refunded"


def test_consent_comes_from_the_key_that_the_source_maps(shop: Connected) -> None:
    _plan(shop, "order.created", _order(shop.now, meta_data=meta(newsletter="yes")))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.SUBSCRIBED]


def test_product_webhooks_keep_the_catalogue_current(shop: Connected) -> None:
    _plan(shop, "product.created", product())
    _plan(shop, "product.updated", product(price="59.00", stock_quantity=0, date_modified_gmt=gmt(shop.now)))
    assert [(str(row.price), row.inventory, row.is_active) for row in _products(shop)] == [("59.0000", 0, True)]
    _plan(shop, "product.deleted", {"id": 7006})
    assert [row.is_active for row in _products(shop)] == [False]


def test_a_variation_belongs_to_its_product_until_it_is_deleted(shop: Connected) -> None:
    _plan(shop, "product.created", product(type="variable", price="64.00", variations=[7106]))
    steel = product(id=7106, type="variation", parent_id=7006, name="Hand grinder, steel", price="69.00")
    _plan(shop, "product.updated", steel)
    _plan(shop, "product.deleted", {"id": 7106})
    told = [(row.variant_id, row.product_id, row.is_active) for row in _products(shop)]
    assert sorted(told) == [("", "7006", True), ("7106", "7006", False)]


def test_a_product_in_the_bin_is_offered_no_more_until_it_is_restored(shop: Connected) -> None:
    _plan(shop, "product.created", product())
    _plan(shop, "product.deleted", {"id": 7006})
    _plan(shop, "product.restored", product(date_modified_gmt=gmt(shop.now)))
    assert [row.is_active for row in _products(shop)] == [True]


def test_an_order_in_the_bin_gets_nothing_until_it_is_restored(shop: Connected) -> None:
    _plan(shop, "order.created", _order(shop.now))
    _plan(shop, "order.deleted", {"id": 1042})
    assert [message.state for message in shop.messages()] == ["cancelled"]
    _plan(shop, "order.restored", _order(shop.now))
    assert [message.state for message in shop.messages()] == ["cancelled", "scheduled"]
    _plan(shop, "order.deleted", {"id": 1042, "again": True})
    assert [message.state for message in shop.messages()] == ["cancelled", "cancelled"]


def test_an_account_keeps_its_consent_when_a_later_order_does_not_tell_any(shop: Connected) -> None:
    account = {"id": 31, "email": "mia@example.com", "meta_data": meta(newsletter="1")}
    _plan(shop, "customer.created", account | {"date_modified_gmt": gmt(shop.now - timedelta(days=9))})
    _plan(shop, "order.created", _order(shop.now))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.SUBSCRIBED]
    _plan(shop, "customer.updated", account | {"meta_data": meta(newsletter="no"), "date_modified_gmt": gmt(shop.now)})
    assert [customer.consent for customer in shop.customers()] == [ConsentState.NOT_SUBSCRIBED]


def _products(shop: Connected) -> list[Product]:
    with shop.installation.database.read() as session:
        return session.query(Product).all()
