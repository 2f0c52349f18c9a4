"""Consent, erasure, and a shop that goes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from schedules.facts import ConsentState
from tests.support.intake import Connected
from tests.support.rows import make_click
from tests.support.shopify import order
from worker.planning.replay import replay
from worker.planning.service import plan_event
from worker.store.models import Click, DeliveryEvent
from worker.store.orders import facts_of
from worker.store.shops import add_source, get_shop


def consent(shop: Connected, order_id: int, state: str, minutes: int) -> dict[str, Any]:
    at = (shop.now + timedelta(minutes=minutes)).isoformat()
    told = {"state": state, "consent_updated_at": at, "opt_in_level": "single_opt_in"}
    return {
        "id": 700_000 + order_id,
        "email": "mia@example.com",
        "orders_count": 1,
        "created_at": at,
        "updated_at": at,
        "email_marketing_consent": told,
    }


def redact(order_id: int) -> dict[str, Any]:
    customer = {"id": 700_000 + order_id, "email": "Mia@example.com", "phone": None}
    return {"shop_id": 1, "shop_domain": "x.myshopify.com", "customer": customer, "orders_to_redact": [order_id]}


def test_the_newest_consent_counts_whatever_comes_last(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/update", consent(shop, 1042, "unsubscribed", minutes=10))
    shop.plan("customers/update", consent(shop, 1042, "subscribed", minutes=5))
    [customer] = shop.customers()
    assert (customer.address, customer.consent) == ("mia@example.com", "unsubscribed")


def test_a_change_of_consent_gives_the_customer_a_new_version(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    before = shop.customers()[0].version
    shop.plan("customers/update", consent(shop, 1042, "unsubscribed", minutes=10))
    assert shop.customers()[0].version == before + 1


def test_a_redacted_customer_leaves_no_trace_but_numbers(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/update", consent(shop, 1042, "unsubscribed", minutes=10))
    event = shop.plan("customers/redact", redact(1042))
    assert event.state == "planned"
    row = shop.order(1042)
    facts = facts_of(row).order
    assert facts is not None
    assert (row.address, facts.customer.email, facts.customer.last_name) == (None, None, "")
    assert facts.shipping_address is not None
    assert (facts.shipping_address.line1, facts.shipping_address.country) == ("", "SE")
    assert facts.totals.total.amount > 0
    assert shop.customers() == []
    assert [stored.body for stored in shop.events()] == [None, None, None]
    for message in shop.messages():
        assert (message.state, message.address) == ("cancelled", None)
        assert "erased" in message.reason


def test_what_mailboxes_said_of_an_erased_customer_keeps_no_words(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    told = {"kind": "bounce", "provider": "sendgrid", "attempt_id": uuid4(), "at": shop.now, "received_at": shop.now}
    with shop.installation.database.write() as session:
        session.add(DeliveryEvent(message_id=shop.messages()[0].id, details={"reason": "550 no Mia here"}, **told))
    shop.plan("customers/redact", redact(1042))
    with shop.installation.database.read() as session:
        [event] = session.scalars(select(DeliveryEvent))
    assert (event.kind, event.details) == ("bounce", {})


def test_the_clicks_of_an_erased_customer_are_forgotten(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    with shop.installation.database.write() as session:
        make_click(session, shop.messages()[0])
    shop.plan("customers/redact", redact(1042))
    with shop.installation.database.read() as session:
        assert session.scalars(select(Click)).all() == []


def test_replay_brings_nothing_erased_back(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/redact", redact(1042))
    assert {result.after for result in replay(shop.installation)} == {"purged"}
    assert shop.order(1042).address is None


def test_other_customers_stay_when_one_is_redacted(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    shop.plan("customers/redact", redact(1042))
    assert [customer.address for customer in shop.customers()] == ["noah@example.com"]
    assert shop.order(1043).address == "noah@example.com"


def test_an_uninstalled_app_sends_nothing_more_and_says_so(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("app/uninstalled", {"id": 1, "name": "Northkettle"})
    shop.plan("orders/create", order(1043, shop.now, email="noah@example.com"))
    assert [message.state for message in shop.messages()] == ["cancelled"]
    assert "disconnected" in shop.messages()[0].reason
    assert "disconnected" in shop.order(1043).unsent["all"]


def test_a_shop_that_connects_again_is_sent_for_again(shop: Connected) -> None:
    shop.plan("app/uninstalled", {"id": 1, "name": "Northkettle"})
    installation = shop.installation
    with installation.database.write() as session:
        owner = get_shop(session, "northkettle")
        add_source(session, installation.sealer, owner, "shopify", "fresh", now=installation.clock.now())
    shop.plan("orders/create", order(1042, shop.now))
    assert [message.state for message in shop.messages()] == ["scheduled"]
    replay(installation)
    assert [message.state for message in shop.messages()] == ["scheduled"]


def test_what_was_erased_before_it_was_planned_is_no_failure(shop: Connected) -> None:
    waiting = shop.take("orders/create", order(1042, shop.now)).to_plan
    assert waiting is not None
    shop.plan("shop/redact", {"shop_id": 1, "shop_domain": "x.myshopify.com"})
    assert plan_event(shop.installation, waiting) == "ignored"
    assert "erased" in shop.event(waiting).note


def test_a_redacted_shop_keeps_no_person_and_no_body(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("shop/redact", {"shop_id": 1, "shop_domain": "x.myshopify.com"})
    assert shop.customers() == []
    assert shop.order(1042).address is None
    assert [event.body for event in shop.events()] == [None, None]
    assert [message.state for message in shop.messages()] == ["cancelled"]


def test_an_order_that_changes_later_does_not_subscribe_who_has_unsubscribed_since(shop: Connected) -> None:
    placed = shop.now - timedelta(days=3)
    buyer = {"id": 7, "email": "mia@example.com", "first_name": "Mia"}
    ticked = {"customer": buyer, "buyer_accepts_marketing": True}
    shop.plan("orders/create", order(1042, placed, **ticked))
    refused = {"state": "unsubscribed", "consent_updated_at": (shop.now - timedelta(days=1)).isoformat()}
    shop.plan("customers/update", buyer | {"email_marketing_consent": refused})
    shop.plan("orders/updated", order(1042, placed, updated_at=shop.now.isoformat(), **ticked))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.UNSUBSCRIBED]


def test_a_box_left_unticked_does_not_unsubscribe_a_subscriber(shop: Connected) -> None:
    buyer = {"id": 7, "email": "mia@example.com"}
    told = {"state": "subscribed", "consent_updated_at": (shop.now - timedelta(days=90)).isoformat()}
    shop.plan("customers/create", buyer | {"email_marketing_consent": told})
    shop.plan("orders/create", order(1042, shop.now, customer=buyer, buyer_accepts_marketing=False))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.SUBSCRIBED]
