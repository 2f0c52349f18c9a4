"""Links in mails: signed, short, and without anything about the person."""

from uuid import UUID

import pytest

from worker.links import PATHS, LinkSigner, LinkToken, Purpose

MESSAGE = UUID("01890000-0000-7000-8000-000000000001")


def _signer(*keys: str) -> LinkSigner:
    return LinkSigner(keys, "https://mail.northkettle.example/")


def _token(url: str) -> str:
    return url.rsplit("/", 1)[1]


@pytest.mark.parametrize("purpose", list(Purpose))
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
