"""One conversation with an SMTP server, and what its answers mean for an attempt (RFC 5321, 4.2.1).

4xx may pass, 5xx will not. What ends before the mail's content was sent certainly did not go out; what ends after it
may have: SMTP has no way to ask.
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

COMMAND_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 20.0
LONGEST_TALK_S = 35.0
"""Before the content is sent. With the answer's time-out it stays below dispatch's lease of an attempt."""
IDLE_S = 5.0
MOST_MAILS = 50
"""Mails per connection; many servers end one after a hundred."""
OUR_FAULT = frozenset({530, 534, 535, 538})
"""The login is missing or wrong: no message's fault, so messages wait for whoever mends it."""

_ADDRESS = re.compile(r"[^\s\"'<>:]+@[^\s\"'<>]+")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What became of one mail. `text` is safe to show. `is_alarming`: a person must mend something first."""

    verdict: Verdict
    text: str
    is_alarming: bool = False
    is_over: bool = False  # the connection is of no further use


class Connection:
    """An open, encrypted where demanded, and logged-in connection. One thread at a time."""

    def __init__(self, server: SmtpServer, context: ssl.SSLContext, *, answer_timeout_s: float) -> None:
        """Connects.

        Raises:
            OSError, smtplib.SMTPException: it cannot be had. Nothing was sent.
        """
        self._answer_timeout_s = answer_timeout_s
        self._mails = 0
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

    def send(self, envelope: Envelope) -> Reply:
        """Hands one mail over. Never raises for what the network or the server does."""
        content_sent = False
        self._mails += 1
        try:
            refusal = self._announce(envelope)
            if refusal is not None:
                return refusal
            content_sent = True
            code, text = self._content(envelope.content)
            return _reply(code, text)
        except (OSError, smtplib.SMTPException) as error:
            when = "after the mail was sent; no answer" if content_sent else "before the mail was sent"
            verdict = Verdict.UNKNOWN if content_sent else Verdict.RETRY
            told = f"the connection to the mail server ended {when} ({type(error).__name__})"
            return Reply(verdict=verdict, text=told, is_over=True)
        finally:
            self._used_at = time.monotonic()

    def close(self) -> None:
        """Says goodbye where the server still listens."""
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def _announce(self, envelope: Envelope) -> Reply | None:
        """Sender, recipient, and the wish to send; None: the server waits for the content."""
        started = time.monotonic()
        options: list[str] = []
        if envelope.needs_utf8:
            if not self._smtp.has_extn("smtputf8"):
                return Reply(verdict=Verdict.REFUSED, text="the mail server takes no addresses outside ASCII")
            options.append("SMTPUTF8")
        steps: tuple[tuple[tuple[int, ...], Callable[[], tuple[int, bytes]]], ...] = (
            ((250,), lambda: self._smtp.mail(envelope.sender, options)),
            ((250, 251), lambda: self._smtp.rcpt(envelope.recipient)),
            ((354,), lambda: self._smtp.docmd("DATA")),
        )
        for welcome, step in steps:
            code, text = step()
            if code not in welcome:
                return self._given_up(_reply(code, text))
        if time.monotonic() - started > LONGEST_TALK_S:
            return Reply(verdict=Verdict.RETRY, text="the mail server was too slow", is_over=True)
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

    def _content(self, content: bytes) -> tuple[int, bytes]:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._answer_timeout_s)
        self._smtp.send(content)
        answer = self._smtp.getreply()
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(COMMAND_TIMEOUT_S)
        return answer


def _opened(server: SmtpServer, context: ssl.SSLContext) -> smtplib.SMTP:
    smtp: smtplib.SMTP
    if server.tls is Tls.IMPLICIT:
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=COMMAND_TIMEOUT_S, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=COMMAND_TIMEOUT_S)
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


def shown(code: int, text: bytes) -> str:
    """An answer in one line that is safe to show: the server's own words, addresses masked."""
    words = " ".join(text.decode("utf-8", "replace").split())
    return _ADDRESS.sub("…@…", f"the mail server answered {code} {words}")[:240]
