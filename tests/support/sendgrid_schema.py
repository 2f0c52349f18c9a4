"""What the stand-in demands of a mail/send body. Our own words, stricter than SendGrid where we promise more."""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

ADDRESS = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "properties": {"email": {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"}, "name": {"type": "string"}},
}
OFF = {"type": "object", "required": ["enable"], "properties": {"enable": {"const": False}}}
ON = {"type": "object", "required": ["enable"], "properties": {"enable": {"const": True}}}
TEXT = {"type": "string", "minLength": 1}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["personalizations", "from", "subject", "content", "custom_args", "tracking_settings", "headers"],
    "additionalProperties": False,
    "properties": {
        "personalizations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["to"],
                "additionalProperties": False,
                "properties": {"to": {"type": "array", "minItems": 1, "maxItems": 1, "items": ADDRESS}},
            },
        },
        "from": ADDRESS,
        "reply_to": ADDRESS,
        "subject": TEXT,
        "content": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "prefixItems": [
                {"type": "object", "properties": {"type": {"const": "text/plain"}, "value": TEXT}},
                {"type": "object", "properties": {"type": {"const": "text/html"}, "value": TEXT}},
            ],
            "items": {"required": ["type", "value"]},
        },
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "categories": {
            "type": "array",
            "maxItems": 10,
            "uniqueItems": True,
            "items": {"type": "string", "maxLength": 255},
        },
        "custom_args": {
            "type": "object",
            "required": ["message", "attempt"],
            "additionalProperties": False,
            "properties": {"message": {"type": "string"}, "attempt": {"type": "string"}},
        },
        "mail_settings": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {f"bypass_{kind}_management": ON for kind in ("spam", "bounce", "unsubscribe")},
        },
        "tracking_settings": {
            "type": "object",
            "required": ["click_tracking", "open_tracking", "subscription_tracking", "ganalytics"],
            "additionalProperties": False,
            "properties": {
                "click_tracking": OFF | {"required": ["enable", "enable_text"]},
                "open_tracking": OFF,
                "subscription_tracking": OFF,
                "ganalytics": OFF,
            },
        },
    },
}

RESERVED = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
    | {"to", "from", "subject", "reply-to", "cc", "bcc"}
)
LARGEST_BYTES = 30 * 1024 * 1024
"""Of a whole request, by SendGrid's reference of mail/send."""
LARGEST_ARGS = 10_000
"""Bytes of all custom arguments, by the same."""
UUID_TEXT = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

_BREAK = re.compile(r"[\r\n\x00]")
_VALIDATOR = Draft202012Validator(SCHEMA)


def faults_of(body: Any) -> list[dict[str, str]]:
    """Everything wrong with a body, as SendGrid words its errors: a message and a field."""
    found = [
        {"message": error.message[:200], "field": ".".join(str(part) for part in error.absolute_path)}
        for error in _VALIDATOR.iter_errors(body)
    ]
    if found:
        return found
    for name, value in body["headers"].items():
        if name.lower() in RESERVED:
            found.append({"message": f"The header {name} is reserved", "field": f"headers.{name}"})
        if _BREAK.search(name + value):
            found.append({"message": "A header must be one line", "field": f"headers.{name}"})
    if _BREAK.search(body["subject"]):
        found.append({"message": "The subject must be one line", "field": "subject"})
    if len(json.dumps(body["custom_args"])) > LARGEST_ARGS:
        found.append({"message": "The custom_args are larger than 10,000 bytes", "field": "custom_args"})
    for name, value in body["custom_args"].items():
        if not UUID_TEXT.match(value):
            found.append({"message": "Only our ids belong here", "field": f"custom_args.{name}"})
    return found
