"""No value that came from outside adds a header to a mail, whichever way it goes out."""

import json
from email import message_from_bytes

import pytest

from tests.support.mails import a_mail
from worker.delivery.sendgrid_body import body_of
from worker.delivery.smtp_mail import envelope_of

INJECTED = ("x\r\nBcc: thief@example.com", "x\nBcc: thief@example.com", "x\rBcc: thief@example.com", "x\r\n\r\n<p>")


@pytest.mark.parametrize("value", INJECTED)
@pytest.mark.parametrize("field", ["subject", "sender_name", "sender", "reply_to", "to"])
def test_a_line_break_in_a_field_adds_no_header(field: str, value: str) -> None:
    """The mail is refused, or the break is gone; SendGrid gets JSON, where it is a letter like any other."""
    address = value + "@example.com" if field in ("sender", "reply_to", "to") else value
    mail = a_mail(**{field: address})
    try:
        content = envelope_of(mail).content
    except ValueError:
        content = b""
    parsed = message_from_bytes(content)
    assert parsed["Bcc"] is None
    assert b"\nBcc:" not in content.partition(b"\r\n\r\n")[0].replace(b"\r", b"\n")
    assert set(json.loads(json.dumps(body_of(mail))).get("headers", {})) == {"Auto-Submitted"}
