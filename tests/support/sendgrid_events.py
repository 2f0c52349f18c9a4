"""Batches of SendGrid's events, signed as SendGrid signs them."""

import base64
import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

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


def told_of(
    mails: Sequence[tuple[str, str]], *, roll: random.Random, at: float, bounced: float = 0.1
) -> list[dict[str, Any]]:
    """What SendGrid tells of accepted mails, given as (message, attempt): some events twice, in any order."""
    told: list[dict[str, Any]] = []
    for message, attempt in mails:
        kinds = ["processed", "bounce" if roll.random() < bounced else "delivered"]
        for kind in kinds:
            event = an_event(kind, UUID(message), UUID(attempt), timestamp=int(at), sg_event_id=uuid4().hex)
            del event["email"]  # Mia's; whom it happened to is not needed
            told += [event] * (2 if roll.random() < 0.3 else 1)
    roll.shuffle(told)
    return told


def post_batch(base_url: str, signer: EventSigner, events: Sequence[dict[str, Any]]) -> int:
    """Posts a signed batch to the program, as SendGrid does; its answer, or 0 when none came."""
    body = batch(*events)
    request = urllib.request.Request(f"{base_url}/events/sendgrid", body, signer.headers(body))
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
