"""Whatever is posted: an answer that is no error of ours, a row for each 2xx, and an end with a sentence."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import standard, woocommerce
from tests.support.effort import effort
from tests.support.intake import Connected
from tests.support.orders import NORTHKETTLE
from tests.support.shopify import fulfillment, order
from tests.support.signing import TOPICS, connect_everywhere, signed
from worker.intake.service import Incoming, accept
from worker.planning.service import plan_event
from worker.store.models import InboundEvent

DEEP = 60_000
ANSWERS = {200, 202, 401, 404, 413, 422}
BOMBS: dict[str, bytes] = {
    "nothing": b"",
    "a lone brace": b"{",
    "no UTF-8": b'\xff\xfe{"id": 1}',
    "a byte order mark": b'\xef\xbb\xbf{"id": 1}',
    "UTF-16": '{"id": 1, "email": "mia@example.com"}'.encode("utf-16"),
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "NaN": b'{"id": NaN, "total_price": Infinity}',
    "a huge number": b'{"id": ' + b"9" * 20_000 + b"}",
    "a huge exponent": b'{"id": 1, "total_price": "1e999999999", "currency": "EUR"}',
    "duplicate keys": b'{"id": 1, "id": 2, "id": null}',
    "lone surrogates": b'{"id": 1, "email": "\\ud800@example.com", "name": "\\udfff"}',
    "NUL": b'{"id": "\\u0000", "email": "a\\u0000@example.com", "name": "\\u0000"}',
    "a list": b'[{"id": 1}]',
    "a text": b'"order"',
    "null": b"null",
    "a year that never was": b'{"id": 1, "created_at": "99999-99-99T99:99:99Z"}',
    "a header in a name": b'{"id": 1, "email": "mia@example.com\\r\\nBcc: x@example.com", "name": "#1\\r\\nX: y"}',
}


@pytest.fixture
def everywhere(shop: Connected) -> Connected:
    """Northkettle with a source of every kind."""
    connect_everywhere(shop.installation)
    return shop


def posted(kind: str, topic: str, body: bytes) -> Incoming:
    """The body, signed as its source does."""
    return Incoming(shop=NORTHKETTLE.slug, source=kind, headers=signed(kind, topic, body), body=body)


def survive(shop: Connected, kind: str, topic: str, body: bytes) -> None:
    [answer] = accept(shop.installation, [posted(kind, topic, body)])
    assert answer.status in ANSWERS, answer
    if answer.status != 202 or answer.to_plan is None:
        return
    plan_event(shop.installation, answer.to_plan)
    with shop.installation.database.read() as session:
        event = session.get_one(InboundEvent, answer.to_plan)
    assert event.body == body
    assert event.state in ("planned", "ignored", "failed")
    assert event.state == "planned" or event.note


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize(("kind", "topic"), [(kind, topic) for kind, topics in TOPICS.items() for topic in topics])
def test_a_bomb_gets_an_answer_and_an_end(everywhere: Connected, kind: str, topic: str, name: str) -> None:
    survive(everywhere, kind, topic, BOMBS[name])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body where something stands."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*path, index))
    return found


def spoiled(body: Any, path: tuple[Any, ...], value: Any) -> bytes:
    """The body with something else at one place."""
    copy = json.loads(json.dumps(body))
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return json.dumps(copy).encode()


@settings(max_examples=effort(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_body_with_anything_at_any_place_gets_an_answer_and_an_end(
    everywhere: Connected, data: st.DataObject
) -> None:
    good: list[tuple[str, str, Any]] = [
        ("shopify", "orders/create", order(1042, everywhere.now)),
        ("shopify", "fulfillments/create", fulfillment(1042, everywhere.now)),
        ("woocommerce", "order.updated", woocommerce.order()),
        ("woocommerce", "product.updated", woocommerce.product()),
        ("standard", "order.placed", standard.event("order.placed", standard.order())),
    ]
    kind, topic, body = data.draw(st.sampled_from(good))
    path = data.draw(st.sampled_from(places(body)))
    survive(everywhere, kind, topic, spoiled(body, path, data.draw(JSON)))
