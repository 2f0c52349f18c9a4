"""One conversation with an SMTP server, and what its answers mean for an attempt (RFC 5321, 4.2.1).

4xx may pass, 5xx will not. What ends before the end of the mail's content was sent certainly did not go out; what ends
after it may have: SMTP has no way to ask.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.delivery.port import Verdict
from worker.delivery.smtp_mail import Envelope
from worker.delivery.smtp_server import SmtpServer, Tls
from worker.delivery.smtp_timing import COMMAND_TIMEOUT_S, TimedSMTP, TimedSMTPS
from worker.telemetry import without_addresses

LONGEST_TALK_S = 35.0
"""From when a mail is handed over until its content is sent; waiting for a connection and opening it count."""
PATIENCE_S = 55.0
"""From when a mail is handed over until its answer is there: below dispatch's lease of an attempt, after which another
worker may send the same mail. An answer that comes later costs a copy, so it is waited for as long as can be."""
SHORTEST_ANSWER_S = 1.0
TOO_SLOW = "the mail server was too slow"
IDLE_S = 5.0
MOST_MAILS = 50
"""Mails per connection; many servers end one after a hundred."""
OUR_FAULT = frozenset({530, 534, 535, 538})
"""The login is missing or wrong: no message's fault, so messages wait for whoever mends it."""

SENDER_REFUSED = re.compile(rb"5\.(7\.\d|1\.[78]\b)")
"""Enhanced codes (RFC 3463) by which a server turns the sender away when it hears of the recipient: not authorized, not
allowed to relay, its address is bad."""
SENDER_REFUSED_LATE = re.compile(
    rb"5\.(1\.[78]|2\.252|4\.5|7\.(2\d|5[07]|60|64|7\d\d))\b|message rejected: email address is not verified", re.I
)
"""The same, by servers that say so only after the content: Microsoft's (may not send as, tenant blocked), Google's (not
authenticated; the account's limit of a day), Amazon's. A plain 5.7.1 is about the content by then."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What became of one mail. `text` is safe to show. `is_alarming`: a person must mend something first.

    `is_about_sender`: that is so for this sender; others may be welcome.
    """

    verdict: Verdict
    text: str
    is_alarming: bool = False
    is_about_sender: bool = False
    is_over: bool = False  # the connection is of no further use


def is_too_late(began: float) -> bool:
    """Whether a mail that was handed over then, by the monotonic clock, must not be sent any more."""
    return time.monotonic() - began > LONGEST_TALK_S


class Connection:
    """An open, encrypted where demanded, and logged-in connection. One thread at a time."""

    def __init__(self, server: SmtpServer, context: ssl.SSLContext, *, patience_s: float = PATIENCE_S) -> None:
        """Connects.

        Raises:
            OSError, smtplib.SMTPException: it cannot be had. Nothing was sent.
        """
        self._patience_s = patience_s
        self._mails = 0
        self._content_sent = False
        self._smtp = _opened(server, context)
        self._used_at = time.monotonic()

    def is_usable(self) -> bool:
        """Whether the server still listens; one that was idle for long is asked."""
        if self._mails >= MOST_MAILS:
            return False
        if time.monotonic() - self._used_at < IDLE_S:
            return True
        try:
            return self._smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def send(self, envelope: Envelope, *, began: float) -> Reply:
        """Hands one mail over; `began`: since when its lease has run, by the monotonic clock.

        Never raises for what the network or the server does.
        """
        self._content_sent = False
        self._mails += 1
        try:
            refusal = self._announce(envelope, began)
            if refusal is not None:
                return refusal
            code, text = self._content(envelope.content, began + self._patience_s)
            return _about_sender(_reply(code, text), text, SENDER_REFUSED_LATE)
        except (OSError, smtplib.SMTPException) as error:
            when = "after the mail was sent; no answer" if self._content_sent else "before the mail was sent"
            verdict = Verdict.UNKNOWN if self._content_sent else Verdict.RETRY
            told = f"the connection to the mail server ended {when} ({type(error).__name__})"
            self._smtp.close()  # a goodbye would be waited for, and stand within the mail
            return Reply(verdict=verdict, text=told, is_over=True)
        finally:
            self._used_at = time.monotonic()

    def close(self) -> None:
        """Says goodbye where the server still listens."""
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def _announce(self, envelope: Envelope, began: float) -> Reply | None:
        """Sender, recipient, and the wish to send; None: the server waits for the content."""
        if is_too_late(began):
            return Reply(verdict=Verdict.RETRY, text=TOO_SLOW)
        options: list[str] = []
        if envelope.needs_utf8:
            if not self._smtp.has_extn("smtputf8"):
                return Reply(verdict=Verdict.REFUSED, text="the mail server takes no addresses outside ASCII")
            options += ["SMTPUTF8", "BODY=8BITMIME"]  # RFC 6531, 3.6: headers in UTF-8 need both
        steps: tuple[tuple[tuple[int, ...], Callable[[], tuple[int, bytes]]], ...] = (
            ((250,), lambda: self._smtp.mail(envelope.sender, options)),
            ((250, 251), lambda: self._smtp.rcpt(envelope.recipient)),
            ((354,), lambda: self._smtp.docmd("DATA")),
        )
        for welcome, step in steps:
            code, text = step()
            if code not in welcome:
                return self._given_up(_turned_away(code, text, is_early=step is steps[0][1]))
        if is_too_late(began):
            return Reply(verdict=Verdict.RETRY, text=TOO_SLOW, is_over=True)
        return None

    def _given_up(self, reply: Reply) -> Reply:
        """A refusal before the content; a success code in the wrong place is none."""
        if reply.verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):
            reply = replace(reply, verdict=Verdict.RETRY, is_over=True)
        if reply.is_over:
            return reply
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            return replace(reply, is_over=True)
        return reply

    def _content(self, content: bytes, until: float) -> tuple[int, bytes]:
        self._smtp.send_by(content, until)
        self._content_sent = True
        self._smtp.until = max(until, time.monotonic() + SHORTEST_ANSWER_S)
        try:
            return self._smtp.getreply()
        finally:
            self._smtp.until = None


def _opened(server: SmtpServer, context: ssl.SSLContext) -> TimedSMTP | TimedSMTPS:
    smtp: TimedSMTP | TimedSMTPS
    if server.tls is Tls.IMPLICIT:
        smtp = TimedSMTPS(server.host, server.port, timeout=COMMAND_TIMEOUT_S, context=context)
    else:
        smtp = TimedSMTP(server.host, server.port, timeout=COMMAND_TIMEOUT_S)
    try:
        smtp.ehlo_or_helo_if_needed()
        offered = smtp.has_extn("starttls")
        if server.tls is Tls.REQUIRED or (server.tls is Tls.OPTIONAL and offered):
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _reply(code: int, text: bytes) -> Reply:
    told = shown(code, text)
    if 200 <= code < 300:
        return Reply(verdict=Verdict.ACCEPTED, text=told)
    if code in OUR_FAULT:
        return Reply(verdict=Verdict.RETRY, text=told, is_alarming=True, is_over=True)
    if 400 <= code < 500:
        return Reply(verdict=Verdict.RETRY, text=told, is_over=code == 421)
    if 500 <= code < 600:
        return Reply(verdict=Verdict.REFUSED, text=told)
    return Reply(verdict=Verdict.UNKNOWN, text=told, is_over=True)


def _turned_away(code: int, text: bytes, *, is_early: bool) -> Reply:
    """A refusal before the content. `is_early`: the server knows nothing but the sender yet."""
    return _about_sender(_reply(code, text), text, re.compile(b"") if is_early else SENDER_REFUSED)


def _about_sender(reply: Reply, text: bytes, pattern: re.Pattern[bytes]) -> Reply:
    """What is refused for its sender, by a text of this pattern, waits for whoever mends that."""
    if reply.verdict is Verdict.REFUSED and pattern.match(text):
        return replace(reply, verdict=Verdict.RETRY, is_about_sender=True)
    return reply


def shown(code: int, text: bytes) -> str:
    """An answer in one line that is safe to show: the server's own words, addresses masked."""
    words = " ".join(text.decode("utf-8", "replace").split())
    return without_addresses(f"the mail server answered {code} {words}")[:240]
