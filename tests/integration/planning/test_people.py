"""Consent, erasure, and a shop that goes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from schedules.facts import ConsentState
from schedules.lifecycle import State
from tests.support.intake import Connected
from tests.support.rows import make_click
from tests.support.shopify import fulfillment, order
from worker.feedback.people import act
from worker.links import LinkToken, Purpose
from worker.planning import orders
from worker.planning.replay import replay
from worker.planning.service import plan_event
from worker.store.models import Click, DeliveryEvent, HiddenProduct, Message, OrderRow, Transition
from worker.store.orders import facts_of
from worker.store.shops import add_source, get_shop
from worker.store.suppressions import sources_of
from worker.store.transitions import transition


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


def test_what_was_told_before_an_erasure_and_comes_after_it_brings_nothing_back(shop: Connected) -> None:
    """Webhooks come late and in any order; the next snapshot of the order was on its way."""
    placed = shop.now - timedelta(minutes=10)
    shop.plan("orders/create", order(1042, placed))
    shop.plan("customers/redact", redact(1042))
    assert shop.plan("orders/updated", order(1042, placed, updated_at=shop.now.isoformat())).state == "planned"
    row = shop.order(1042)
    known = facts_of(row).order
    assert known is not None
    assert (row.address, known.customer.email, known.customer.last_name) == (None, None, "")
    assert known.updated_at > placed
    assert shop.customers() == []
    assert row.unsent == {"all": "the customer's data was erased on demand"}
    assert {message.state for message in shop.messages()} == {"cancelled"}


def test_a_parcel_told_after_an_erasure_gets_no_mail(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("customers/redact", redact(1042))
    shop.plan("fulfillments/create", fulfillment(1042, shop.now))
    assert {message.state for message in shop.messages()} == {"cancelled"}
    assert [(parcel.tracking_number, parcel.tracking_url) for parcel in facts_of(shop.order(1042)).parcels] == [
        ("", "")
    ]


def test_an_erased_order_tracks_no_parcel(shop: Connected) -> None:
    """A carrier's page shows where a parcel went."""
    shop.plan("orders/create", order(1042, shop.now))
    shop.plan("fulfillments/create", fulfillment(1042, shop.now, tracking_numbers=["JD1", "JD2"]))
    assert facts_of(shop.order(1042)).parcels[0].boxes
    shop.plan("customers/redact", redact(1042))
    assert [(parcel.tracking_number, parcel.tracking_url) for parcel in facts_of(shop.order(1042)).parcels] == [
        ("", "")
    ]
    assert facts_of(shop.order(1042)).parcels[0].boxes == ()


def test_bodies_that_were_never_read_are_forgotten_with_their_person(shop: Connected) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    broken = shop.plan("orders/updated", {"id": 1042, "email": "mia@example.com", "updated_at": "soon"})
    asked = shop.plan("customers/data_request", {"customer": {"id": 701042, "email": "Mia@example.com"}})
    other = shop.plan("orders/updated", {"id": 7, "email": "noah@example.com", "updated_at": "soon"})
    unused = shop.take("carts/update", {"email": "Mia@example.com"})
    assert (broken.state, asked.state, unused.to_plan) == ("failed", "ignored", None)
    shop.plan("customers/redact", redact(1042))
    bodies = {event.id: event.body for event in shop.events()}
    assert [body for key, body in bodies.items() if key != other.id] == [None] * 5
    assert bodies[other.id] is not None


def test_who_asks_for_their_data_raises_an_alarm_since_the_law_gives_a_month(shop: Connected) -> None:
    """Nothing else would tell anybody: no mail is late for it."""
    with capture_logs() as logs:
        asked = shop.plan("customers/data_request", {"customer": {"id": 701042, "email": "Mia@example.com"}})
        shop.plan("fulfillment_events/delete", {"id": 1})
    (alarm,) = [line for line in logs if line.get("alarm")]
    assert (alarm["event"], alarm["shop"], alarm["event_id"]) == ("planning.person.asked", "northkettle", str(asked.id))
    assert "`postpurchase person SHOP ADDRESS`" in alarm["note"]
    assert "example.com" not in repr(logs).lower()


def test_words_of_others_about_an_erased_customer_are_forgotten(shop: Connected) -> None:
    """What support wrote of a hold, and what a mailbox said, may hold a name."""
    shop.plan("orders/create", order(1042, shop.now))
    message = shop.messages()[0]
    with shop.installation.database.write() as session:
        session.get_one(OrderRow, message.order_id).hold = "Mia Keane rang twice"
        transition(session, session.get_one(Message, message.id), State.HELD, "Mia Keane rang twice", now=shop.now)
        line = {"message_id": message.id, "before": "attempting", "after": "scheduled", "at": shop.now}
        session.add(Transition(reason="tried again later: 450 Mia Keane is full", real_at=shop.now, **line))
    shop.plan("customers/redact", redact(1042))
    assert shop.order(1042).hold is None
    with shop.installation.database.read() as session:
        reasons = [each.reason for each in session.scalars(select(Transition))]
    assert "tried again later" in reasons
    assert not any("Mia" in reason for reason in (*reasons, shop.messages()[0].reason))


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_what_waits_for_the_erasure_of_its_person_brings_nobody_back(
    shop: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.plan("orders/create", order(1042, shop.now))
    lock = orders.locked_customer

    def erased_first(*told: Any, **how: Any) -> Any:
        monkeypatch.setattr(orders, "locked_customer", lock)
        shop.plan("customers/redact", redact(1042))
        return lock(*told, **how)

    monkeypatch.setattr(orders, "locked_customer", erased_first)
    shop.plan("orders/updated", order(1042, shop.now, updated_at=(shop.now + timedelta(minutes=5)).isoformat()))
    assert shop.customers() == []
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
    assert [each.after for each in replay(installation)].count("planned") == 2
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


def test_who_unsubscribed_stays_so_under_another_address(shop: Connected) -> None:
    """The platform's id is the person; the order under the new address tells no consent."""
    refused = {"state": "unsubscribed", "consent_updated_at": (shop.now - timedelta(days=1)).isoformat()}
    shop.plan("customers/update", {"id": 7, "email": "mia@example.com", "email_marketing_consent": refused})
    again = {"id": 7, "email": "work@example.com"}
    shop.plan("orders/create", order(1042, shop.now, email="work@example.com", customer=again))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.UNSUBSCRIBED] * 2
    told = {"state": "subscribed", "consent_updated_at": shop.now.isoformat()}
    shop.plan("customers/update", again | {"email_marketing_consent": told})
    shop.plan("orders/updated", order(1042, shop.now, email="work@example.com", customer=again, note="wrap it"))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.SUBSCRIBED] * 2


@pytest.mark.parametrize("is_known", [True, False], ids=["before", "after"])
def test_what_a_person_chooses_by_a_link_holds_for_their_other_address(shop: Connected, is_known: bool) -> None:
    """The platform's id is the person; the other address is known before they choose, or comes after."""

    def order_again() -> None:
        again = {"id": 7, "email": "work@example.com"}
        shop.plan("orders/create", order(1043, shop.now, email="work@example.com", customer=again))

    def choose(*, undo: bool = False) -> list[tuple[frozenset[str], set[str]]]:
        for token in (LinkToken(Purpose.UNSUBSCRIBE, message.id), LinkToken(Purpose.HIDE, message.id, "kettle")):
            assert act(shop.installation, token, undo=undo)
        return chosen()

    def chosen() -> list[tuple[frozenset[str], set[str]]]:
        with shop.installation.database.read() as session:
            mine, hidden = shop.order(1042).shop_id, session.scalars(select(HiddenProduct)).all()
            addresses = [f"{name}@example.com" for name in ("mia", "work", "noah")]
            return [
                (
                    frozenset(sources_of(session, mine, address)),
                    {row.product_id for row in hidden if row.address == address},
                )
                for address in addresses
            ]

    shop.plan("orders/create", order(1042, shop.now, customer={"id": 7, "email": "mia@example.com"}))
    shop.plan("orders/create", order(1044, shop.now, email="noah@example.com", customer={"id": 8}))
    message = next(each for each in shop.messages() if each.address == "mia@example.com")
    if is_known:
        order_again()
        choose()
    else:
        choose()
        order_again()
    nothing: tuple[frozenset[str], set[str]] = (frozenset(), set())
    assert chosen() == [({"marketing"}, {"kettle"}), ({"marketing"}, {"kettle"}), nothing]
    assert choose(undo=True) == [nothing] * 3


def test_a_box_left_unticked_does_not_unsubscribe_a_subscriber(shop: Connected) -> None:
    buyer = {"id": 7, "email": "mia@example.com"}
    told = {"state": "subscribed", "consent_updated_at": (shop.now - timedelta(days=90)).isoformat()}
    shop.plan("customers/create", buyer | {"email_marketing_consent": told})
    shop.plan("orders/create", order(1042, shop.now, customer=buyer, buyer_accepts_marketing=False))
    assert [customer.consent for customer in shop.customers()] == [ConsentState.SUBSCRIBED]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_told_of_a_person_by_id_alone_counts_once_an_order_tells_their_address(shop: Connected) -> None:
    told = {"state": "unsubscribed", "consent_updated_at": (shop.now + timedelta(minutes=5)).isoformat()}
    shop.plan("customers/update", {"id": 7, "email": None, "email_marketing_consent": told})
    assert shop.customers() == []
    for number, customer_id in ((1042, 7), (1043, 8)):
        buyer = {"id": customer_id, "email": f"mia{customer_id}@example.com"}
        body = order(number, shop.now, email=buyer["email"], customer=buyer, buyer_accepts_marketing=True)
        shop.plan("orders/create", body)
    found = {customer.external_id: customer.consent for customer in shop.customers()}
    assert found == {"7": ConsentState.UNSUBSCRIBED, "8": ConsentState.SUBSCRIBED}
