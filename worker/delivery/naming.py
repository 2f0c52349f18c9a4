"""Names of providers' keys: the same on every machine, and no way back to the key."""

import hashlib

SHOWN = 12
"""Hex digits; two keys of an installation never share them."""


def account_name(provider: str, key: str) -> str:
    """`sendgrid:` and a fingerprint of the key."""
    return f"{provider}:{hashlib.sha256(key.encode()).hexdigest()[:SHOWN]}"
