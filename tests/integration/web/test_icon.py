"""The icon of all pages that people open in a browser."""

import http.client
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.integration.web.conftest import Served
from worker.rendering.pictures import camera


def test_the_icon_is_a_small_picture_that_browsers_keep(served: Served) -> None:
    reply, picture = fetched(served, "/favicon.ico")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/x-icon")
    assert "max-age" in reply.headers["Cache-Control"]
    assert {(16, 16), (32, 32), (48, 48)} == Image.open(BytesIO(picture)).info["sizes"]


@pytest.mark.parametrize("path", ["/outbox", "/u/none-of-ours"])
def test_the_policy_of_a_page_lets_the_icon_in(served: Served, path: str) -> None:
    assert "img-src 'self'" in fetched(served, path)[0].headers["Content-Security-Policy"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/outbox", "/u/none-of-ours"])
def test_the_browser_finds_the_icon_of_a_page_and_complains_of_nothing(served: Served, path: str) -> None:
    with camera() as taken:
        page = taken.browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(f"{message.text} {message.location.get('url')}"))
        page.goto(served.url + path)
        page.wait_for_timeout(1000)  # the icon comes after the page, and no event tells of it
    assert [line for line in said if "favicon" in line] == []


def fetched(served: Served, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    place = urlsplit(served.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply, reply.read()
    finally:
        connection.close()
