"""HMAC-SHA256 over raw bytes."""

import base64
import hashlib
import hmac

import pytest

from worker.platforms.signing import is_signed

BODY = b'{"id": 1}'


def _mac(secret: str, body: bytes = BODY) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("secrets", [["new"], ["new", "old"], ["old", "new"], ["old", "older", "new"]])
def test_any_active_secret_may_have_signed(secrets: list[str]) -> None:
    assert is_signed(_mac("new"), BODY, secrets)


@pytest.mark.parametrize("secrets", [[], ["other"], [""]])
def test_nobody_elses_secret_signs(secrets: list[str]) -> None:
    assert not is_signed(_mac("new"), BODY, secrets)


@pytest.mark.parametrize("body", [b"", b'{"id": 2}', BODY + b"\r\n", b" " + BODY, BODY.replace(b" ", b"")])
def test_every_byte_of_the_body_counts(body: bytes) -> None:
    assert not is_signed(_mac("new"), body, ["new"])


@pytest.mark.parametrize("given", ["", "=", "é", "\ud800", "x" * 10_000, _mac("new")[:-1], _mac("new").lower()])
def test_a_signature_of_another_shape_is_refused_without_an_error(given: str) -> None:
    assert not is_signed(given, BODY, ["new"])


def test_blanks_around_a_signature_are_no_part_of_it() -> None:
    assert is_signed(f" {_mac('new')} ", BODY, ["new"])
