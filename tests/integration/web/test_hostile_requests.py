"""Requests that are wrong in how they come, not in what they say: an answer each, a row for each 2xx, no waiting."""

import gzip
import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.integration.web.conftest import Served
from tests.support.intake import delivery

PATH = "/webhooks/northkettle/shopify"
PATIENCE_S = 20


def _posted(url: str, body: bytes, headers: dict[str, str], *, is_chunked: bool = False) -> int:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE_S)
    pieces = (body[at : at + 7] for at in range(0, len(body), 7)) if is_chunked else body
    connection.request("POST", PATH, body=pieces, headers=headers, encode_chunked=is_chunked)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/json; charset=utf-7"),
        ("Content-Type", "multipart/form-data; boundary="),
        ("Content-Type", "\x01;;;"),
        ("Content-Encoding", "gzip"),
        ("Content-Encoding", "zstd, gzip, unheard-of"),
        ("Accept", "image/png"),
        ("X-Shopify-Topic", "orders/" + "x" * 5_000),
        ("X-Shopify-Event-Id", "é" * 300),
    ],
)
def test_what_headers_say_of_a_signed_body_keeps_nothing_from_being_stored(
    served: Served, name: str, value: str
) -> None:
    body = b'{"id": 1042}'
    headers = {key.title(): told for key, told in delivery("orders/create", body).headers.items()}
    status = _posted(served.url, body, headers | {name: value.encode("latin-1", "replace").decode("latin-1")})
    assert status in (202, 400, 401)
    assert len(served.shop.events()) == (1 if status == 202 else 0)


def test_a_compressed_body_is_stored_as_it_came_and_never_unpacked(served: Served) -> None:
    bomb = gzip.compress(b"[" * 10_000_000)
    headers = dict(delivery("orders/create", bomb).headers) | {"Content-Encoding": "gzip"}
    assert _posted(served.url, bomb, headers) == 202
    assert [event.body for event in served.shop.events()] == [bomb]


def test_a_body_in_pieces_without_a_length_is_stored(served: Served) -> None:
    body = b'{"id": 1042, "email": "mia@example.com"}'
    assert _posted(served.url, body, dict(delivery("orders/create", body).headers), is_chunked=True) == 202
    assert [event.body for event in served.shop.events()] == [body]


def test_senders_that_never_finish_keep_nobody_waiting_and_leave_no_row(served: Served) -> None:
    place = urlsplit(served.url)
    slow = [socket.create_connection((place.hostname or "", place.port or 0)) for _ in range(40)]
    for each in slow:
        each.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{{".encode())
    body = b'{"id": 1042}'
    started = time.monotonic()
    assert _posted(served.url, body, dict(delivery("orders/create", body).headers)) == 202
    assert time.monotonic() - started < PATIENCE_S
    for each in slow:
        each.close()
    assert [event.body for event in served.shop.events()] == [body]
