"""One mail as MIME: multipart/alternative, text before HTML, lines that every server takes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import quote

from schedules.addresses import is_address
from worker.delivery.addressing import on_the_wire
from worker.delivery.port import MESSAGE_HEADER, NO_MESSAGE, OutgoingMail

LINE_END = re.compile(rb"\r\n|\r|\n")
READ_BY_MACHINES = "list-"
PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
"""What stands in a header without quotes (RFC 5322, 3.2.3)."""
LONGEST_NAME = 200
"""A longer one is folded, for which it must be encoded."""


class WirePolicy(EmailPolicy):
    """Lines as SMTP wants them; headers that mailboxes read (List-…) stand in one line, however long a link is.

    Python's own folding makes encoded words of what has no blank to break at, and no mailbox finds a link in those. It
    also loses the quotes around a long name, so that a comma in it makes two senders of one.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it goes over the wire."""
        if addresses := getattr(value, "addresses", ()):
            return f"{name}: {', '.join(map(_mailbox, addresses))}{self.linesep}".encode()
        if name.lower().startswith(READ_BY_MACHINES) and value.isascii():
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = WirePolicy(linesep="\r\n")
WIRE_UTF8 = WirePolicy(linesep="\r\n", utf8=True)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What is said to the server. `content` ends as SMTP demands it, dots at line starts doubled (RFC 5321, 4.5.2)."""

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool


def message_id(mail: OutgoingMail, sender: str) -> str:
    """The Message-ID: known before the call, and in every bounce that quotes the mail.

    A mail that is sent again because nobody knows whether it arrived keeps it (RFC 5322, 3.6.4: it is the same version
    of the same message), so that mailboxes that look for copies show one.
    """
    return f"<{_named(mail)}@{sender.rpartition('@')[2]}>"


def _named(mail: OutgoingMail) -> str:
    return str(mail.attempt_id if mail.message_id == NO_MESSAGE else mail.message_id)


def envelope_of(mail: OutgoingMail) -> Envelope:
    """The mail for the wire.

    Raises:
        ValueError: an address is none, or a header holds a line break.
    """
    sender, recipient = _on_the_wire(mail.sender), _on_the_wire(mail.to)
    needs_utf8 = not (sender + recipient + mail.reply_to.rpartition("@")[0]).isascii()
    made = message_of(mail, sender=sender, recipient=recipient)
    raw = made.as_bytes(policy=WIRE_UTF8 if needs_utf8 else WIRE)
    return Envelope(sender=sender, recipient=recipient, content=_stuffed(raw), needs_utf8=needs_utf8)


def message_of(mail: OutgoingMail, *, sender: str, recipient: str) -> EmailMessage:
    """The message with all its headers. Quoted-printable keeps long lines of HTML within 76 columns."""
    made = EmailMessage(policy=WIRE)
    made["From"] = _address(sender, mail.sender_name)
    made["To"] = _address(recipient)
    if mail.reply_to:
        made["Reply-To"] = _address(_on_the_wire(mail.reply_to))
    made["Subject"] = mail.subject
    made["Date"] = datetime.now(UTC)
    made["Message-ID"] = message_id(mail, sender)
    made[MESSAGE_HEADER] = _named(mail)
    for name, value in mail.headers.items():
        made[name] = value
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return made


def _on_the_wire(address: str) -> str:
    if not is_address(address.strip()):
        raise ValueError("not an address")
    return on_the_wire(address)


def _address(address: str, name: str = "") -> Address:
    """The address with its name. Its parts stay as they go over the wire: `_mailbox` puts them together again."""
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _mailbox(address: Address) -> str:
    """One address as a header holds it; a name that is not plain ASCII in quotes or encoded words (RFC 2047, 5)."""
    name, bare = address.display_name, f"{address.username}@{address.domain}"
    if not name:
        return bare
    if not name.isascii() or "=?" in name or len(name) > LONGEST_NAME:
        return f"{Header(name, 'utf-8').encode(linesep=WIRE.linesep)} <{bare}>"
    return f"{name} <{bare}>" if PLAIN_NAME.fullmatch(name) else f'"{quote(name)}" <{bare}>'


def _stuffed(raw: bytes) -> bytes:
    lines = LINE_END.sub(b"\r\n", raw)
    body = re.sub(rb"(?m)^\.", b"..", lines)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"
