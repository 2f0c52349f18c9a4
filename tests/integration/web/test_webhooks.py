"""POST /webhooks over real HTTP: every answer of the contract."""

import http.client
import json
import urllib.error
import urllib.request
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from pydantic import SecretStr

from tests.integration.web.conftest import Served, serving
from tests.support.intake import delivery
from tests.support.servers import free_port
from tests.support.shopify import ShopifyShop, order
from worker.bootstrap import build
from worker.links import PAGES
from worker.settings import Settings
from worker.web.webhooks import LARGEST_BODY


def test_the_first_delivery_is_stored_and_the_second_is_known(served: Served) -> None:
    body = order(1042, served.shop.now)
    assert [served.sender.post("orders/create", body, event_id="e1") for _ in range(3)] == [202, 200, 200]
    assert len(served.shop.events()) == 1


def test_an_answer_is_json_with_a_plain_detail(served: Served) -> None:
    status, detail = post(served.url, "/webhooks/northkettle/shopify", b"{}", {})
    assert status == 401
    assert detail["detail"].startswith("The signature")


@pytest.mark.parametrize("path", ["/webhooks/elsewhere/shopify", "/webhooks/northkettle/magento"])
def test_an_unknown_shop_or_source_is_not_found(served: Served, path: str) -> None:
    assert post(served.url, path, b"{}", {})[0] == 404


def test_a_body_of_five_megabytes_is_taken(served: Served) -> None:
    assert send_size(served.url, LARGEST_BODY) == 202


def test_a_larger_body_is_refused(served: Served) -> None:
    assert send_size(served.url, LARGEST_BODY + 1) == 413
    assert served.shop.events() == []


def test_a_larger_body_is_refused_while_it_streams_in_unannounced(served: Served) -> None:
    place = urlsplit(served.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    pieces = (b"x" * 1024 * 1024 for _ in range(7))
    connection.request("POST", "/webhooks/northkettle/shopify", body=pieces, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert served.shop.events() == []


@pytest.mark.parametrize("where", ["no_server", "no_folder"])
def test_storage_that_is_gone_is_told_so_that_the_shop_tries_again(tmp_path: Path, where: str) -> None:
    gone = {
        "no_server": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        "no_folder": f"sqlite:///{tmp_path}/missing/postpurchase.db",
    }[where]
    installation = build(Settings(data_dir=tmp_path, database_url=SecretStr(gone)))
    for url in serving(installation):
        assert ShopifyShop(url, "any").post("orders/create", {"id": 1}) == 503
        assert get(url, "/health/ready")[0] == 503
        assert get(url, "/health/live")[0] == 200


def test_who_follows_a_link_while_the_storage_is_gone_reads_a_page_in_their_language(tmp_path: Path) -> None:
    gone = SecretStr(f"sqlite:///{tmp_path}/missing/postpurchase.db")
    installation = build(Settings(data_dir=tmp_path, database_url=gone, secret_key=SecretStr("a test's secret key")))
    for url in serving(installation):
        for purpose, method in product(PAGES, ("GET", "POST")):
            link = installation.links.url(purpose, UUID(int=1), base=url)
            asked = urllib.request.Request(link, method=method, headers={"Accept-Language": "de-AT,en;q=0.5"})
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(asked, timeout=30)
            told, page = raised.value.headers, raised.value.read().decode()
            assert (raised.value.code, told["Retry-After"], told["Cache-Control"]) == (503, "10", "no-store")
            assert '<html lang="de">' in page
            assert "noch einmal" in page


def test_a_served_installation_is_ready(served: Served) -> None:
    assert get(served.url, "/health/ready") == (200, {"detail": "ready"})


def send_size(url: str, size: int) -> int:
    signed = delivery("orders/create", b"1" * size)
    return post(url, "/webhooks/northkettle/shopify", signed.body, dict(signed.headers))[0]


def post(url: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    return _answer(urllib.request.Request(url + path, body, headers))


def get(url: str, path: str) -> tuple[int, dict[str, Any]]:
    return _answer(urllib.request.Request(url + path))


def _answer(request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
