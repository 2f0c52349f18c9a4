"""Whether SendGrid signed a batch of events: ECDSA over its timestamp and the raw bytes, a trailing CRLF included.

Source: SendGrid's "Event Webhook security features". An old batch that somebody sends again says nothing new.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from worker.errors import SettingsError

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def event_keys(setting: str) -> tuple[str, ...]:
    """The keys of POSTPURCHASE_SENDGRID_EVENT_PUBLIC_KEY: one per SendGrid account, separated by commas."""
    return tuple(key for part in setting.split(",") if (key := _bare(part)))


def is_signed(*, keys: Iterable[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the keys' owners signed these bytes. Header names are lower case.

    Raises:
        SettingsError: a key is none.
    """
    signature, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    return any(_verified(_verifier(key), signature, timestamp, body) for key in keys)


def _verified(verifier: Any, signature: str, timestamp: str, body: bytes) -> bool:
    try:
        return bool(verifier.verify_signature(body.decode("utf-8"), signature, timestamp))
    except ValueError:  # a signature that is no base64, a body that is no UTF-8: SendGrid writes neither
        return False


def _verifier(key: str) -> Any:
    # Ten megabytes that only those need whose events are signed.
    from sendgrid.helpers.eventwebhook import EventWebhook  # type: ignore[import-untyped]  # ships no types

    try:
        return EventWebhook(key)
    except ValueError as error:
        raise SettingsError(
            "POSTPURCHASE_SENDGRID_EVENT_PUBLIC_KEY is no public key. Copy the Verification Key from SendGrid's "
            "Settings → Mail Settings → Event Webhook."
        ) from error


def _bare(key: str) -> str:
    """The key without the lines around it, and in one piece."""
    return "".join(line.strip() for line in key.splitlines() if not line.strip().startswith("-----"))
