"""Deliveries of our own form: signature per Standard Webhooks, names, refusals that say what to mend."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.standard import NOW, STANDARD, event, order, read
from worker.errors import UnreadableEventError
from worker.platforms.registry import PLATFORMS
from worker.platforms.standard.form import json_schema
from worker.platforms.standard.platform import TYPES

KEY = b"twenty-four random bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = b'{"type": "order.placed"}'


def _signature(key: bytes = KEY, *, name: str = "msg_1", at: datetime = NOW, body: bytes = BODY) -> str:
    signed = f"{name}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _headers(signature: str, *, name: str = "msg_1", at: datetime = NOW) -> dict[str, str]:
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def _is_accepted(headers: dict[str, str], *secrets: str, body: bytes = BODY) -> bool:
    return STANDARD.verify(headers=headers, body=body, secrets=secrets or (SECRET,), now=NOW)


def test_the_standard_form_is_a_known_kind_of_source() -> None:
    assert PLATFORMS["standard"].kind == "standard"


def test_a_body_signed_with_any_active_secret_is_accepted() -> None:
    other = "whsec_" + base64.b64encode(b"another secret").decode()
    assert _is_accepted(_headers(_signature()), other, SECRET)
    assert not _is_accepted(_headers(_signature()), other)


def test_of_several_signatures_one_is_enough() -> None:
    rotated = f"v1a,unknown {_signature(b'old')} {_signature()}"
    assert _is_accepted(_headers(rotated))
    assert not _is_accepted(_headers(f"v1a,unknown {_signature(b'old')}"))


@pytest.mark.parametrize("body", [b"", BODY + b"\r\n", BODY.replace(b"placed", b"refund")])
def test_a_tampered_body_is_refused(body: bytes) -> None:
    assert not _is_accepted(_headers(_signature()), body=body)


def test_the_id_and_the_time_are_signed_as_well() -> None:
    assert not _is_accepted(_headers(_signature(), name="msg_2"))
    assert not _is_accepted(_headers(_signature(), at=NOW + timedelta(seconds=1)))


@pytest.mark.parametrize(("off", "accepted"), [(-300, True), (-301, False), (300, True), (301, False)])
def test_a_time_more_than_five_minutes_off_is_refused(off: int, accepted: bool) -> None:
    at = NOW + timedelta(seconds=off)
    assert _is_accepted(_headers(_signature(at=at), at=at)) is accepted


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "²", "١٢٣", "9" * 400, "9" * 5000, "1747224000.0", " "])
def test_a_time_of_another_shape_is_refused_without_an_error(stamp: str) -> None:
    assert not _is_accepted(_headers(_signature()) | {"webhook-timestamp": stamp})


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,é", "v2," + "x" * 44, "x" * 10_000])
def test_a_signature_of_another_shape_is_refused_without_an_error(signature: str) -> None:
    assert not _is_accepted(_headers(signature))
    assert not _is_accepted({})


@pytest.mark.parametrize("secret", ["a plain secret!", "abcdefgh", f" {SECRET.removeprefix('whsec_')}\n"])
def test_a_secret_without_its_prefix_is_taken_as_it_is_or_as_base64(secret: str) -> None:
    keys = [secret.strip().encode()]
    if secret.strip() not in ("a plain secret!",):
        keys.append(base64.b64decode(secret))
    for key in keys:
        assert _is_accepted(_headers(_signature(key)), secret)


def test_a_secret_of_which_nothing_is_left_lets_nobody_in() -> None:
    """A file with the prefix alone: an empty key is one that everybody knows."""
    assert not _is_accepted(_headers(_signature(b"")), "whsec_")


def test_a_redelivery_has_the_same_key() -> None:
    one, two = (STANDARD.identify(headers=_headers("v1,x"), body=BODY) for _ in range(2))
    assert one.dedupe_key == two.dedupe_key == one.delivery_id == "msg_1"
    assert one.topic == "order.placed"
    assert sorted(one.headers_to_keep) == ["webhook-id", "webhook-timestamp"]


def test_deliveries_without_an_id_are_told_apart_by_their_bodies() -> None:
    keys = {STANDARD.identify(headers={}, body=body).dedupe_key for body in (b"{}", b"{ }")}
    assert len(keys) == 2


@pytest.mark.parametrize("body", [b"", b"[]", b'{"type": {"a": 1}}', b'{"id": 1e99999999999999999999}', b"\xff"])
def test_a_body_of_another_shape_has_no_topic_and_is_refused_with_a_sentence(body: bytes) -> None:
    assert STANDARD.identify(headers={}, body=body).topic == "unknown"
    sentence = STANDARD.check(body)
    assert sentence is not None
    assert sentence.endswith(".")


def test_a_type_of_no_use_here_is_stored_and_ignored() -> None:
    body = event("loyalty.points", {"points": 3})
    assert STANDARD.check(json.dumps(body).encode()) is None
    assert not STANDARD.is_known("loyalty.points")
    assert read(body).note == "nothing here reads loyalty.points"


def test_what_passes_the_check_can_be_read() -> None:
    assert STANDARD.check(json.dumps(event("order.placed", order())).encode()) is None
    assert len(read(event("order.placed", order())).events) == 1


def test_the_published_schema_knows_every_type() -> None:
    mapped = json_schema()["discriminator"]["mapping"]
    assert sorted(mapped) == sorted(TYPES)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["paid", "2026-05-14T09:30:00Z", "EUR", 10**400, "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@given(type_=st.sampled_from(TYPES), changes=st.dictionaries(st.sampled_from(sorted(order())), JSON, max_size=3))
def test_any_json_passes_the_check_and_is_read_or_is_refused_with_a_sentence(
    type_: str, changes: dict[str, Any]
) -> None:
    body = json.dumps({"type": type_, "timestamp": NOW.isoformat(), "data": order() | changes}).encode()
    if STANDARD.check(body) is not None:
        return
    STANDARD.read(topic=type_, body=body, headers={}, received_at=NOW, options={})


@given(st.binary(max_size=60))
def test_random_bytes_are_refused_with_a_sentence(body: bytes) -> None:
    sentence = STANDARD.check(body)
    if sentence is None:
        return
    with pytest.raises(UnreadableEventError):
        STANDARD.read(topic="order.placed", body=body, headers={}, received_at=NOW, options={})
