"""Batches of SendGrid's events, signed as SendGrid signs them."""

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True)
class EventSigner:
    """SendGrid's side of the signature. `public_key` is what its settings page shows."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> str:
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        stamp = str(int(time.time()))
        signature = self.key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }


def an_event(kind: str, message_id: UUID, attempt_id: UUID, **fields: Any) -> dict[str, Any]:
    """One event about Mia's mail, a second after the epoch of the example unless told otherwise."""
    return {
        "email": "mia@example.com",
        "event": kind,
        "timestamp": 1936602001,
        "sg_event_id": "c2c5e1",
        "sg_message_id": "filter-7b.recvd-1",
        "message": str(message_id),
        "attempt": str(attempt_id),
    } | fields


def batch(*events: dict[str, Any]) -> bytes:
    """A body as SendGrid writes it: one event per line, CRLF at its end."""
    return b"[" + b",\r\n".join(json.dumps(event).encode() for event in events) + b"]\r\n"
