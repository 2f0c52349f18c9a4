"""SendGrid's signature over timestamp and raw bytes."""

import pytest

from tests.support.sendgrid_events import EventSigner
from worker.errors import SettingsError
from worker.feedback.sendgrid_signature import SIGNATURE, TIMESTAMP, event_keys, is_signed

BODY = b'[{"event":"open"}]\r\n'
SIGNER = EventSigner()


def _headers(body: bytes = BODY) -> dict[str, str]:
    return {name.lower(): value for name, value in SIGNER.headers(body).items()}


def test_the_owner_of_the_key_is_recognised() -> None:
    assert is_signed(keys=[SIGNER.public_key], headers=_headers(), body=BODY)


def test_each_account_of_several_is_recognised() -> None:
    keys = event_keys(f"{EventSigner().public_key}, {SIGNER.public_key},")
    assert len(keys) == 2
    assert is_signed(keys=keys, headers=_headers(), body=BODY)


def test_a_key_may_be_pasted_with_the_lines_around_it() -> None:
    key = SIGNER.public_key
    pasted = f"-----BEGIN PUBLIC KEY-----\n{key[:64]}\n{key[64:]}\n-----END PUBLIC KEY-----\n"
    assert event_keys(pasted) == (key,)


@pytest.mark.parametrize("body", [BODY.rstrip(), BODY + b" ", b"", b"\xff"])
def test_other_bytes_are_not_what_was_signed(body: bytes) -> None:
    assert not is_signed(keys=[SIGNER.public_key], headers=_headers(), body=body)


@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
@pytest.mark.parametrize("value", [None, "", "nonsense", "é"])
def test_a_missing_or_broken_header_is_no_signature(name: str, value: str | None) -> None:
    headers = _headers()
    headers.pop(name)
    if value is not None:
        headers[name] = value
    assert not is_signed(keys=[SIGNER.public_key], headers=headers, body=BODY)


def test_a_key_that_is_none_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="Verification Key"):
        is_signed(keys=["bm9uc2Vuc2U="], headers=_headers(), body=BODY)
