"""Links in mails: signed, short, and without anything about the person."""

from uuid import UUID

import pytest
from itsdangerous import Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from worker.links import CLICK_SALT, PAGES, PATHS, SALT, ClickToken, LinkKind, LinkSigner, LinkToken, Purpose, Target

KETTLE = Target(LinkKind.PRODUCT, "https://northkettle.example/kettle?size=0.9&colour=grün#now", "7104")
MESSAGE = UUID("01890000-0000-7000-8000-000000000001")


def _signer(*keys: str) -> LinkSigner:
    return LinkSigner(keys, "https://mail.northkettle.example/")


def _token(url: str) -> str:
    return url.rsplit("/", 1)[1]


@pytest.mark.parametrize("purpose", PAGES)
def test_what_was_signed_is_read_again(purpose: Purpose) -> None:
    url = _signer("new").url(purpose, MESSAGE, "product-9")
    assert url.startswith(f"https://mail.northkettle.example/{PATHS[purpose]}/")
    assert _signer("new").read(_token(url)) == LinkToken(purpose, MESSAGE, "product-9")
    assert len(url) < 200


def test_a_stream_has_its_own_link_host() -> None:
    url = _signer("new").url(Purpose.UNSUBSCRIBE, MESSAGE, base="https://links.northkettle.example/")
    assert url.startswith("https://links.northkettle.example/u/")


def test_links_survive_a_rotation_of_the_key_and_the_newest_signs() -> None:
    old = _token(_signer("old").url(Purpose.UNSUBSCRIBE, MESSAGE))
    assert _signer("new", "old").read(old) is not None
    assert _signer("new").read(old) is None
    fresh = _token(_signer("new", "old").url(Purpose.UNSUBSCRIBE, MESSAGE))
    assert _signer("new").read(fresh) is not None


def test_a_changed_link_is_refused() -> None:
    token = _token(_signer("new").url(Purpose.OFFERS, MESSAGE))
    for at in range(0, len(token), 7):
        other = "A" if token[at] != "A" else "B"
        changed = token[:at] + other + token[at + 1 :]
        assert _signer("new").read(changed) is None
    assert _signer("new").read("") is None


@pytest.mark.parametrize("url", [KETTLE.url, "http://127.0.0.1:8000/a", "https://northkettle.example/?" + "q=1&" * 300])
def test_a_counted_link_says_whose_it_is_and_where_it_leads(url: str) -> None:
    target = Target(LinkKind.GUIDE, url)
    link = _signer("new").counted(MESSAGE, target, base="https://links.northkettle.example/")
    assert link.startswith("https://links.northkettle.example/c/")
    assert _signer("new").read_click(_token(link)) == ClickToken(MESSAGE, target)


def test_a_counted_link_is_short_and_shorter_than_its_target_where_that_is_long() -> None:
    assert len(_token(_signer("new").counted(MESSAGE, KETTLE))) < 180
    long = f"https://northkettle.example/?{'utm_source=mail&' * 60}"
    assert len(_token(_signer("new").counted(MESSAGE, Target(LinkKind.SHOP, long)))) < 250


def test_counted_links_survive_a_rotation_of_the_key() -> None:
    old = _token(_signer("old").counted(MESSAGE, KETTLE))
    assert _signer("new", "old").read_click(old) == ClickToken(MESSAGE, KETTLE)
    assert _signer("new").read_click(old) is None


def test_a_changed_counted_link_is_refused() -> None:
    token = _token(_signer("new").counted(MESSAGE, KETTLE))
    for at in range(len(token) - 1):
        other = "A" if token[at] != "A" else "B"
        assert _signer("new").read_click(token[:at] + other + token[at + 1 :]) is None
    assert [_signer("new").read_click(each) for each in ("", ".", "x.y", token.partition(".")[0], "\u00e9.\u00e9")] == [
        None
    ] * 5


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "data:text/html,x", "//evil.example", "/checkout", "", "ftp://shop.example/x"),
        *("HTTPS://shop.example", "https://shop.example/\r\nSet-Cookie: a=b", "https://shöp.example/"),
    ],
)
def test_nothing_but_an_address_of_the_web_is_ever_counted(url: str) -> None:
    """Neither is such a link written, nor followed if somebody who has the key should write one."""
    with pytest.raises(ValueError, match="addresses of the web"):
        _signer("new").counted(MESSAGE, Target(LinkKind.SHOP, url))
    said = b"c" + MESSAGE.bytes + f"shop\0\0{url}".encode()
    token = Signer(["new"], salt=CLICK_SALT).sign(base64_encode(said)).decode()
    assert _signer("new").read_click(token) is None


def test_tokens_of_one_purpose_are_none_of_another() -> None:
    signer = _signer("new")
    assert signer.read_click(_token(signer.url(Purpose.HIDE, MESSAGE, "https://evil.example"))) is None
    assert signer.read(_token(signer.counted(MESSAGE, KETTLE))) is None
    said = URLSafeSerializer(["new"], salt=SALT).dumps(["c", MESSAGE.hex, "https://evil.example"])
    assert signer.read_click(str(said)) is None
