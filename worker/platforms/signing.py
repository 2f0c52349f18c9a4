"""HMAC-SHA256 over raw bytes, compared in constant time against every active secret."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def base64_hmac(secret: bytes, body: bytes) -> bytes:
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())


def is_signed(signature: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets made this base64 signature of the body."""
    return is_signed_bytes(signature, body, [secret.encode() for secret in secrets])


def is_signed_bytes(signature: str, body: bytes, keys: Iterable[bytes]) -> bool:
    """As `is_signed`, with keys as bytes. Always tries all of them, so that time tells nothing."""
    given = signature.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(base64_hmac(key, body), given) for key in keys]
    return any(matches)
