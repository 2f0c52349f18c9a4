"""Shopify's customers: who they are, what they agreed to, and that they want to be forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schedules.events import CustomerRedacted, CustomerStated, ShopRedacted
from schedules.facts import ConsentState, Customer
from tests.support.shopify import order
from tests.support.shopify_reading import NOW, PLACED, only, order_of
from worker.platforms.shopify import tables

KNOWN = order(1042, PLACED)["customer"]
TOLD = datetime(2026, 5, 1, 8, tzinfo=UTC)


def _consent(state: str, at: datetime | None = TOLD) -> dict[str, Any]:
    return {"state": state, "opt_in_level": None, "consent_updated_at": at.isoformat() if at else None}


def _stated(topic: str, body: dict[str, Any]) -> CustomerStated:
    event = only(topic, body)
    assert isinstance(event, CustomerStated)
    return event


def _buyer(**changes: Any) -> Customer:
    return order_of(**changes).customer


def test_the_buyer_is_named_as_they_call_themselves() -> None:
    found = _buyer()
    assert (found.id, found.email, found.first_name, found.orders_count) == ("701042", "mia@example.com", "Mia", 1)


@pytest.mark.parametrize("email", [None, "", "  "])
def test_without_an_email_of_its_own_the_order_takes_the_contacts_then_the_customers(email: str | None) -> None:
    assert _buyer(email=email, contact_email="shop@example.com").email == "shop@example.com"
    assert _buyer(email=email, contact_email=None).email == "mia@example.com"


@pytest.mark.parametrize("email", [None, ""])
@pytest.mark.parametrize("customer", [None, {}, {"id": 5, "email": None}])
def test_an_order_without_any_address_is_read_all_the_same(email: str | None, customer: Any) -> None:
    assert _buyer(email=email, contact_email=email, customer=customer).email is None


def test_an_order_may_have_no_email_field_at_all() -> None:
    body = {name: value for name, value in order(1042, PLACED).items() if name not in ("email", "contact_email")}
    assert _buyer(**body).email == "mia@example.com"


def test_a_guest_has_a_name_from_their_address_and_no_id() -> None:
    found = _buyer(customer=None)
    assert (found.id, found.email, found.first_name) == (None, "mia@example.com", "Mia")
    assert found.orders_count is None


@pytest.mark.parametrize(("told", "state"), sorted(tables.CONSENT.items()))
def test_every_marketing_state_is_a_consent_state(told: str, state: ConsentState) -> None:
    found = _buyer(customer=KNOWN | {"email_marketing_consent": _consent(told.upper())}, buyer_accepts_marketing=True)
    assert (found.consent, found.consent_at) == (state, TOLD)


def test_a_box_ticked_at_checkout_counts_as_of_the_order_not_of_its_newest_change() -> None:
    later = "2026-07-01T10:00:00Z"
    customer = {name: value for name, value in KNOWN.items() if name != "email_marketing_consent"}
    found = _buyer(customer=customer, buyer_accepts_marketing=True, updated_at=later)
    assert (found.consent, found.consent_at) == (ConsentState.SUBSCRIBED, PLACED)


@pytest.mark.parametrize("told", [False, None, "yes"])
def test_a_box_left_unticked_says_nothing(told: Any) -> None:
    assert _buyer(customer=None, buyer_accepts_marketing=told).consent is ConsentState.UNKNOWN


def test_a_consent_state_of_tomorrow_is_unknown() -> None:
    found = _buyer(customer=KNOWN | {"email_marketing_consent": _consent("maybe")})
    assert found.consent is ConsentState.UNKNOWN


@pytest.mark.parametrize("topic", ["customers/create", "customers/update"])
def test_a_customer_record_tells_consent_as_of_its_own_time(topic: str) -> None:
    body = {"id": 7, "email": "mia@example.com", "updated_at": NOW.isoformat(), "orders_count": 3}
    found = _stated(topic, body | {"email_marketing_consent": _consent("unsubscribed")})
    assert (found.customer_id, found.email, found.orders_count) == ("7", "mia@example.com", 3)
    assert (found.consent, found.at) == (ConsentState.UNSUBSCRIBED, TOLD)


@pytest.mark.parametrize(
    ("accepts", "state"),
    [(True, ConsentState.SUBSCRIBED), (False, ConsentState.NOT_SUBSCRIBED), (None, ConsentState.UNKNOWN)],
)
def test_older_customer_records_tell_consent_as_yes_or_no(accepts: bool | None, state: ConsentState) -> None:
    found = _stated("customers/update", {"id": 7, "accepts_marketing": accepts, "updated_at": TOLD.isoformat()})
    assert (found.consent, found.at, found.email, found.orders_count) == (state, TOLD, None, None)


def test_a_change_of_consent_names_the_customer_in_words_of_its_own() -> None:
    body = {"customer_id": 7, "email_address": "mia@example.com", "email_marketing_consent": _consent("subscribed")}
    found = _stated("customers_email_marketing_consent/update", body)
    assert (found.customer_id, found.email, found.consent) == ("7", "mia@example.com", ConsentState.SUBSCRIBED)


def test_a_change_of_consent_without_a_time_happened_when_it_was_triggered() -> None:
    body = {"customer_id": 7, "email_marketing_consent": _consent("not_subscribed", None)}
    triggered = "2026-05-14T11:00:00Z"
    found = only("customers_email_marketing_consent/update", body, triggered_at=triggered)
    assert isinstance(found, CustomerStated)
    assert found.at == datetime(2026, 5, 14, 11, tzinfo=UTC)


def test_erasure_names_the_person_and_their_orders_exactly() -> None:
    body = {
        "shop_id": 1,
        "customer": {"id": 191167, "email": "mia@example.com"},
        "orders_to_redact": [820982911946154508, 2],
    }
    expected = CustomerRedacted(customer_id="191167", email="mia@example.com", order_ids=("820982911946154508", "2"))
    assert only("customers/redact", body) == expected


def test_erasure_may_name_neither_address_nor_orders() -> None:
    assert only("customers/redact", {"customer": {"id": 1, "email": None}}) == CustomerRedacted(
        customer_id="1", email=None
    )


def test_a_shop_may_be_erased_as_a_whole() -> None:
    assert only("shop/redact", {"shop_id": 1}) == ShopRedacted()
