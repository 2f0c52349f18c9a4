"""WooCommerce's deliveries: signature, ping, names, and bodies of any shape."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.events import CustomerStated, OrderDeleted, OrderStated, ProductDeleted
from schedules.facts import ConsentState
from tests.support.woocommerce import meta, order, product, signed
from worker.errors import UnreadableEventError
from worker.platforms.port import Reading
from worker.platforms.registry import PLATFORMS
from worker.platforms.woocommerce.platform import READERS, WooCommerce

NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)
WOO = WooCommerce()


def _read(topic: str, body: Any, **options: Any) -> Reading:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WOO.read(topic=topic, body=raw, headers={}, received_at=NOW, options=options)


def test_woocommerce_is_a_known_kind_of_source() -> None:
    assert PLATFORMS["woocommerce"].kind == "woocommerce"


def test_a_body_signed_with_any_active_secret_is_accepted() -> None:
    body = b'{"id": 1}'
    headers = signed("order.created", body, "old-secret")
    assert WOO.verify(headers=headers, body=body, secrets=["new-secret", "old-secret"], now=NOW)
    assert not WOO.verify(headers=headers, body=body, secrets=["new-secret"], now=NOW)
    assert not WOO.verify(headers=headers, body=body + b" ", secrets=["old-secret"], now=NOW)
    assert not WOO.verify(headers={}, body=body, secrets=["old-secret"], now=NOW)


def test_the_first_contact_is_a_ping() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert WOO.identify(headers=form, body=b"webhook_id=4").is_ping


def test_nothing_that_is_signed_or_holds_more_is_a_ping() -> None:
    assert not WOO.identify(headers={}, body=b"webhook_id=4&order=1").is_ping
    assert not WOO.identify(headers=signed("order.created", b"webhook_id=4", "s"), body=b"webhook_id=4").is_ping
    assert not WOO.identify(headers={}, body=b"{}").is_ping


def test_two_orders_of_one_second_share_a_delivery_id_and_are_two_events() -> None:
    keys = {
        WOO.identify(headers=signed("order.created", body, "s", delivery_id="same"), body=body).dedupe_key
        for body in (b'{"id": 1042}', b'{"id": 1043}')
    }
    assert len(keys) == 2


def test_the_same_delivery_twice_is_one_event() -> None:
    body = b'{"id": 1042}'
    one, two = (WOO.identify(headers=signed("order.created", body, "s"), body=body) for _ in range(2))
    assert (one.topic, one.dedupe_key) == (two.topic, two.dedupe_key)


def test_the_platforms_headers_are_kept_but_never_the_signature() -> None:
    kept = WOO.identify(headers=signed("order.created", b"{}", "s"), body=b"{}").headers_to_keep
    assert kept["x-wc-webhook-source"] == "https://northkettle.example/"
    assert "x-wc-webhook-signature" not in kept


def test_a_topic_without_use_is_known_as_such() -> None:
    assert not WOO.is_known("coupon.updated")
    assert WOO.is_known("order.updated")
    assert "coupon.updated" in _read("coupon.updated", {"id": 1}).note


def test_an_order_is_found_by_its_id() -> None:
    reading = _read("order.created", order())
    assert reading.order_ref == "1042"
    assert isinstance(reading.events[0], OrderStated)


def test_a_deleted_order_is_told_by_its_id_alone() -> None:
    assert _read("order.deleted", {"id": 1042}).events == (OrderDeleted(order_id="1042", at=NOW),)


def test_a_deleted_product_is_told_by_its_id_alone() -> None:
    assert _read("product.deleted", {"id": 7006}).events == (ProductDeleted(product_id="7006", is_either=True),)


def test_an_empty_draft_is_ignored_with_a_reason() -> None:
    draft = order(status="auto-draft", date_created_gmt=None, date_modified_gmt=None, line_items=[], billing={})
    reading = _read("order.created", draft)
    assert reading.events == ()
    assert reading.note == "a draft that holds no order yet"


def test_a_legacy_payload_says_what_to_change() -> None:
    with pytest.raises(UnreadableEventError, match="API version"):
        _read("order.updated", {"order": {"id": 1}})


def test_an_account_tells_consent_by_the_mapped_key_alone() -> None:
    account = {"id": 31, "email": "mia@example.com", "meta_data": meta(newsletter="1")}
    assert _read("customer.updated", account).events == ()
    (told,) = _read("customer.updated", account, consent_meta_key="newsletter").events
    assert isinstance(told, CustomerStated)
    assert (told.email, told.consent) == ("mia@example.com", ConsentState.SUBSCRIBED)


def test_an_account_without_the_mapped_key_tells_nothing() -> None:
    account = {"id": 31, "email": "mia@example.com", "meta_data": meta(other="1")}
    assert _read("customer.updated", account, consent_meta_key="newsletter").events == ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["completed", "2026-05-14T09:30:00", "EUR", "1.00", "flat_rate", "_wc_shipment_tracking_items"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@given(topic=st.sampled_from(sorted(READERS)), body=st.binary(max_size=60))
def test_random_bytes_are_read_or_refused_by_name(topic: str, body: bytes) -> None:
    try:
        _read(topic, body)
    except UnreadableEventError:
        return


@given(
    topic=st.sampled_from(sorted(READERS)),
    changes=st.dictionaries(st.sampled_from(sorted({*order(), *product()})), JSON, max_size=3),
    base=st.sampled_from([order(), product(), {}]),
)
def test_any_json_is_read_or_refused_by_name(topic: str, changes: dict[str, Any], base: dict[str, Any]) -> None:
    try:
        _read(topic, base | changes, consent_meta_key="newsletter")
    except UnreadableEventError:
        return


@given(
    place=st.sampled_from(["line_items", "fee_lines", "shipping_lines", "refunds", "coupon_lines", "meta_data"]),
    entry=st.dictionaries(
        st.sampled_from(["id", "name", "quantity", "total", "subtotal", "meta_data", "key", "value", "method_id"]), JSON
    ),
)
def test_any_part_of_an_order_is_read_or_refused_by_name(place: str, entry: dict[str, Any]) -> None:
    try:
        _read("order.updated", order(status="completed", **{place: [entry]}))
    except UnreadableEventError:
        return


@given(
    entry=st.dictionaries(
        st.sampled_from(["tracking_number", "date_shipped", "products_list", "tracking_provider"]), JSON
    )
)
def test_any_tracking_entry_is_read_or_refused_by_name(entry: dict[str, Any]) -> None:
    try:
        _read("order.updated", order(meta_data=meta(_wc_shipment_tracking_items=[entry])))
    except UnreadableEventError:
        return
