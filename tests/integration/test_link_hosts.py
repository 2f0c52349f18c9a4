"""`doctor` visits link hosts as a mailbox would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.web.conftest import serving
from tests.support.intake import connected
from tests.support.servers import free_port
from worker.doctor.checks import Level
from worker.doctor.links import check_link_host
from worker.store.session import Database


@contextmanager
def somebody_else(health: int, click: int) -> Iterator[str]:
    """A server that is not ours, or a proxy that is in the way."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(health)
            self.end_headers()

        def do_POST(self) -> None:
            self.send_response(click)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_host_that_leads_here_is_only_asked_for_https(database: Database, tmp_path: Path) -> None:
    shop = connected(database, tmp_path / "var")
    for url in serving(shop.installation):
        [check] = check_link_host("links", url)
        assert check.level is Level.WARN
        assert "not https" in check.text


@pytest.mark.parametrize("answer", [301, 307, 401, 403, 405])
def test_a_proxy_that_stops_the_one_click_post_fails(answer: int) -> None:
    with somebody_else(200, answer) as url:
        [check] = check_link_host("links", url)
    assert check.level is Level.FAIL
    assert f"answers {answer} to a one-click unsubscribe" in check.text


def test_a_proxy_that_keeps_clicks_to_itself_fails() -> None:
    with somebody_else(200, 404) as url:
        [check] = check_link_host("links", url)
    assert check.level is Level.FAIL
    assert "clicks" in check.text
    assert "/c/" in check.remedy


def test_a_host_that_is_somebody_elses_fails() -> None:
    with somebody_else(404, 404) as url:
        [check] = check_link_host("links", url)
    assert check.level is Level.FAIL
    assert "not Postpurchase" in check.text


def test_a_host_that_cannot_be_reached_fails_with_a_remedy() -> None:
    [check] = check_link_host("links", f"http://127.0.0.1:{free_port()}")
    assert check.level is Level.FAIL
    assert "DNS record" in check.remedy


def test_a_host_without_a_certificate_fails() -> None:
    with somebody_else(200, 404) as url:
        [check] = check_link_host("links", url.replace("http://", "https://"))
    assert check.level is Level.FAIL
    assert "certificate" in check.text
