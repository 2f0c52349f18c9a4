"""Shopify's deliveries: signature, names, and bodies of any shape."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.events import AppUninstalled, OrderStated
from tests.support.shopify import fulfillment, order
from tests.support.shopify_reading import NOW, PLACED, SHOPIFY, only, read
from worker.errors import UnreadableEventError
from worker.platforms.port import Delivery
from worker.platforms.registry import PLATFORMS
from worker.platforms.shopify.platform import NOTES, READERS

BODY = b'{"id": 820982911946154508, "email": null}'


def _signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    return {
        "x-shopify-hmac-sha256": base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    }


def _named(body: bytes = BODY, **headers: str) -> Delivery:
    told = {f"x-shopify-{name.replace('_', '-')}": value for name, value in headers.items()}
    return SHOPIFY.identify(headers=told | _signed("s"), body=body)


def test_shopify_is_a_known_kind_of_source() -> None:
    assert PLATFORMS["shopify"].kind == "shopify"


def test_a_body_signed_with_any_active_secret_is_accepted() -> None:
    for secrets in (["old"], ["new", "old"], ["old", "new"]):
        assert SHOPIFY.verify(headers=_signed("old"), body=BODY, secrets=secrets, now=NOW)
    assert not SHOPIFY.verify(headers=_signed("old"), body=BODY, secrets=["new"], now=NOW)


def test_a_tampered_body_is_refused() -> None:
    tampered = BODY.replace(b"null", b'"eve@example.com"')
    assert not SHOPIFY.verify(headers=_signed("s"), body=tampered, secrets=["s"], now=NOW)
    assert not SHOPIFY.verify(headers={}, body=BODY, secrets=["s"], now=NOW)


def test_a_redelivery_has_the_same_key_and_another_delivery_id() -> None:
    one, two = (_named(topic="orders/create", event_id="e1", webhook_id=name) for name in ("w1", "w2"))
    assert (one.topic, one.dedupe_key) == (two.topic, two.dedupe_key) == ("orders/create", "e1")
    assert (one.delivery_id, two.delivery_id) == ("w1", "w2")


def test_one_event_under_two_topics_is_told_apart_by_its_topic() -> None:
    created, paid = (_named(topic=topic, event_id="e1") for topic in ("orders/create", "orders/paid"))
    assert created.dedupe_key == paid.dedupe_key
    assert created.topic != paid.topic


def test_without_an_event_id_the_delivery_id_is_the_key_and_without_both_the_body() -> None:
    assert _named(topic="orders/create", webhook_id="w1").dedupe_key == "w1"
    keys = {_named(body, topic="orders/create").dedupe_key for body in (b"{}", b"{ }")}
    assert len(keys) == 2


def test_a_key_that_no_index_holds_becomes_its_hash() -> None:
    keys = {_named(topic="orders/create", event_id="x" * 5000 + end).dedupe_key for end in "ab"}
    assert sorted(map(len, keys)) == [64, 64]
    assert len(_named(topic="t" * 5000).topic) == 200


def test_topics_are_read_in_any_case_and_a_missing_one_is_unknown() -> None:
    assert _named(topic=" Orders/Create ").topic == "orders/create"
    assert _named().topic == "unknown"


def test_the_platforms_headers_are_kept_but_never_the_signature() -> None:
    kept = _named(topic="orders/create", triggered_at="2026-05-14T09:30:00Z", access_token="secret").headers_to_keep
    assert sorted(kept) == ["x-shopify-topic", "x-shopify-triggered-at"]


def test_a_signed_body_is_never_refused_for_what_it_holds() -> None:
    assert SHOPIFY.check(b"not even JSON") is None


def test_a_topic_without_use_is_known_as_such() -> None:
    assert not SHOPIFY.is_known("carts/update")
    assert "carts/update" in read("carts/update", {}).note
    assert not set(NOTES) & set(READERS)


def test_a_topic_that_people_must_answer_says_how() -> None:
    """It is known, so that it is looked at and its note kept."""
    assert SHOPIFY.is_known("customers/data_request")
    note = read("customers/data_request", {}).note
    assert "within 30 days" in note
    assert "`postpurchase person SHOP ADDRESS`" in note


def test_what_carries_no_time_happened_when_it_was_triggered() -> None:
    triggered = NOW - timedelta(hours=3)
    told = only("app/uninstalled", {"id": 1}, triggered_at="2026-05-14T09:00:00.123456789Z")
    assert told == AppUninstalled(at=triggered.replace(microsecond=123456))


@pytest.mark.parametrize("told", ["", "soon", "2026-05-15T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_triggered_time_that_cannot_be_true_is_not_taken(told: str) -> None:
    assert only("app/uninstalled", {"id": 1}, triggered_at=told) == AppUninstalled(at=NOW)


def test_an_id_beyond_2_to_the_53_is_exact_everywhere() -> None:
    number = 820982911946154508
    events = read("orders/create", order(number, PLACED, fulfillments=[fulfillment(number, PLACED)])).events
    assert isinstance(events[0], OrderStated)
    assert events[0].order.id == "820982911946154508"
    assert [getattr(event, "order_id", None) for event in events[1:]] == ["820982911946154508"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"id": NaN}', b'{"a":' * 50_000, b'{"id": 1e99999999999999999999}', b"\xff", b'{"line_items": "x"}'],
)
@pytest.mark.parametrize("topic", sorted(READERS))
def test_hostile_bodies_are_read_or_refused_by_name(topic: str, body: bytes) -> None:
    try:
        read(topic, body)
    except UnreadableEventError:
        return


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["paid", "delivered", "2026-05-14T09:30:00Z", "EUR", "1.00", 10**400, "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
BASES = [order(1042, datetime(2026, 5, 14, tzinfo=UTC)), fulfillment(1042, datetime(2026, 5, 14, tzinfo=UTC)), {}]


@given(topic=st.sampled_from(sorted(READERS)), body=st.binary(max_size=60))
def test_random_bytes_are_read_or_refused_by_name(topic: str, body: bytes) -> None:
    try:
        read(topic, body)
    except UnreadableEventError:
        return


@given(
    topic=st.sampled_from(sorted(READERS)),
    base=st.sampled_from(BASES),
    changes=st.dictionaries(st.sampled_from(sorted({key for base in BASES for key in base} | {"variants"})), JSON),
)
def test_any_json_is_read_or_refused_by_name(topic: str, base: dict[str, Any], changes: dict[str, Any]) -> None:
    try:
        read(topic, base | changes)
    except UnreadableEventError:
        return


PARTS = ["line_items", "shipping_lines", "refunds", "fulfillments", "note_attributes", "discount_codes", "variants"]
FIELDS = ["id", "title", "quantity", "price", "price_set", "name", "value", "transactions", "amount", "status", "code"]


@given(place=st.sampled_from(PARTS), entry=st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_part_of_a_body_is_read_or_refused_by_name(place: str, entry: dict[str, Any]) -> None:
    for topic in ("orders/updated", "products/update"):
        try:
            read(topic, order(1042, PLACED) | {place: [entry]})
        except UnreadableEventError:
            continue
