"""The adapter of our own form.

Signature per Standard Webhooks: `v1,` + base64 HMAC-SHA256 over `id.timestamp.body` with the base64-decoded secret
after `whsec_`; several signatures, separated by spaces, for rotation; timestamps more than 5 minutes off are refused.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from worker.errors import UnreadableEventError
from worker.platforms.bodies import parse, reading, text
from worker.platforms.port import Delivery, Reading
from worker.platforms.signing import is_signed_bytes

TOLERANCE_S = 300
STAMP = re.compile(r"[0-9]{1,12}")
PREFIX = "whsec_"
TYPES = (
    "order.placed",
    "order.updated",
    "order.shipped",
    "order.delivered",
    "order.cancelled",
    "order.refunded",
    "order.hold",
    "order.release",
    "customer.updated",
    "customer.redacted",
    "product.upserted",
)


class Standard:
    """Signature, names and reading of our own form."""

    kind = "standard"

    def verify(self, *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        stamp = headers.get("webhook-timestamp", "")
        if not STAMP.fullmatch(stamp) or abs(int(stamp) - now.timestamp()) > TOLERANCE_S:
            return False
        signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
        given = [each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split() if each[:3] == "v1,"]
        keys = [key for secret in secrets for key in _keys(secret)]
        return any(is_signed_bytes(signature, signed, keys) for signature in given)

    def identify(self, *, headers: Mapping[str, str], body: bytes) -> Delivery:
        try:
            topic = text(parse(body).get("type"))
        except UnreadableEventError:
            topic = ""
        delivery_id = headers.get("webhook-id", "")
        return Delivery(
            topic=topic or "unknown",
            dedupe_key=delivery_id or hashlib.sha256(body).hexdigest(),
            delivery_id=delivery_id,
            headers_to_keep={name: headers[name] for name in ("webhook-id", "webhook-timestamp") if name in headers},
        )

    def check(self, body: bytes) -> str | None:
        try:
            parsed = parse(body)
            if parsed.get("type") in TYPES:
                from worker.platforms.standard.readers import fault_of

                return fault_of(parsed)
            if not isinstance(parsed.get("type"), str):
                return "type is missing: it says what happened, like order.placed."
        except UnreadableEventError as error:
            return f"{error}."
        return None

    def is_known(self, topic: str) -> bool:
        return topic in TYPES

    def read(
        self,
        *,
        topic: str,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        options: Mapping[str, Any],
    ) -> Reading:
        if topic not in TYPES:
            return Reading(note=f"nothing here reads {topic}")
        from worker.platforms.standard.readers import read_body

        with reading():
            return read_body(parse(body))


def _keys(secret: str) -> list[bytes]:
    """What a secret may mean: the key in base64, or, where it has no prefix that says so, the key itself."""
    told = secret.strip()
    plain = [] if told.startswith(PREFIX) else [told.encode()]
    try:
        decoded = base64.b64decode(told.removeprefix(PREFIX), validate=True)
        return [key for key in (decoded, *plain) if key]  # with an empty key anybody could sign
    except (binascii.Error, ValueError):
        return plain or [told.encode()]
