"""Outgoing mails for tests of providers."""

from typing import Any
from uuid import uuid4

from worker.delivery.port import OutgoingMail


def a_mail(**changes: Any) -> OutgoingMail:
    """A complete marketing mail of the example shop; `changes` replace single fields."""
    fields: dict[str, Any] = {
        "message_id": uuid4(),
        "attempt_id": uuid4(),
        "shop": "northkettle",
        "stream": "marketing",
        "sender_name": "Northkettle",
        "sender": "hello@news.northkettle.example",
        "reply_to": "help@northkettle.example",
        "to": "mia@example.com",
        "subject": "How is your Dripper 02?",
        "preview": "One tap tells us.",
        "html": "<p>How is your Dripper 02?</p>",
        "text": "How is your Dripper 02?",
        "headers": {"Auto-Submitted": "auto-generated"},
    }
    return OutgoingMail(**(fields | changes))
