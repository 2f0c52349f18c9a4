"""Any SMTP server: a few connections, kept open, one thread each.

SMTP cannot be asked what became of a mail, so an attempt that ended without an answer is decided by policy at once.
"""

import queue
import smtplib
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from worker.delivery.arrivals import Arrivals
from worker.delivery.naming import account_name
from worker.delivery.port import Health, Outcome, OutgoingMail, Verdict
from worker.delivery.repeats import Repeats
from worker.delivery.smtp_connection import (
    OUR_FAULT,
    PATIENCE_S,
    TOO_SLOW,
    Connection,
    Reply,
    is_too_late,
    shown,
)
from worker.delivery.smtp_mail import Envelope, envelope_of
from worker.delivery.smtp_server import SmtpServer

CONNECTIONS = 4

log = structlog.get_logger()


class Smtp:
    """Hands mails to one SMTP server. Its threads start with the first call, after any fork."""

    name = "smtp"
    connections = CONNECTIONS
    can_reconcile = False

    def __init__(
        self, server: SmtpServer, *, context: ssl.SSLContext | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        """`context`: whom to trust; by default the certificate authorities of this machine (`SSL_CERT_FILE`).

        `patience_s`: how long a mail may take from when it is handed over, its answer included.
        """
        self.server = server
        self._context = context or ssl.create_default_context()
        self._patience_s = patience_s
        self._starting = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._repeats = Repeats()

    def account(self, api_key: str | None) -> str:
        """The server and its user: keys of streams are SendGrid's."""
        return account_name(self.name, f"{self.server.user}@{self.server}")

    def deliver(self, mails: Sequence[OutgoingMail]) -> Arrivals:
        """Hands the mails over, a few at once; outcomes come in the order the answers arrive."""
        arrivals = Arrivals([mail.attempt_id for mail in mails])
        threads, began = self._running(), time.monotonic()
        for mail in mails:
            threads.submit(self._deliver_into, arrivals, mail, began)
        return arrivals

    def close(self) -> None:
        """Ends the threads and closes the connections."""
        with self._starting:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def _running(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="smtp")
            return self._threads

    def _deliver_into(self, arrivals: Arrivals, mail: OutgoingMail, began: float) -> None:
        arrivals.put([self._deliver(mail, began)])

    def _deliver(self, mail: OutgoingMail, began: float) -> Outcome:
        if is_too_late(began):
            return Outcome(attempt_id=mail.attempt_id, verdict=Verdict.RETRY, error=TOO_SLOW)
        try:
            reply = self._sent(envelope_of(mail), began)
        except Exception as error:  # noqa: BLE001 - whatever one mail provokes must not cost the others their outcome
            kind = type(error).__name__
            log.error("delivery.mail.failed", message_id=str(mail.message_id), error=kind, exc_info=False)
            return Outcome(attempt_id=mail.attempt_id, verdict=Verdict.REFUSED, error=f"not a sendable mail: {kind}")
        self._alarm(mail, reply)
        is_taken = reply.verdict is Verdict.ACCEPTED
        return Outcome(
            attempt_id=mail.attempt_id,
            verdict=reply.verdict,
            receipt=reply.text.removeprefix("the mail server answered ") if is_taken else "",
            error="" if is_taken else reply.text,
            health=_health(reply),
        )

    def _alarm(self, mail: OutgoingMail, reply: Reply) -> None:
        """Once a minute, and per shop where its sender alone is at fault."""
        if not (reply.is_alarming or reply.is_about_sender):
            return
        if mails := self._repeats.due(self.name, mail.shop if reply.is_about_sender else ""):
            told = {"provider": self.name, "reason": reply.text, "shop": mail.shop, "mails": mails}
            log.error("delivery.provider.refused", alarm=True, **told)

    def _sent(self, envelope: Envelope, began: float) -> Reply:
        try:
            connection = self._connection()
        except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: a host or login is none
            return not_connected(error)
        reply = connection.send(envelope, began=began)
        if reply.is_over:
            connection.close()
        else:
            self._idle.put(connection)
        return reply

    def _connection(self) -> Connection:
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return Connection(self.server, self._context, patience_s=self._patience_s)
            if connection.is_usable():
                return connection
            connection.close()


def _health(reply: Reply) -> Health:
    """4xx about one mail, as of a server that greylists, is no fault of the server."""
    if reply.is_alarming:
        return Health.REFUSES
    is_clear = reply.verdict in (Verdict.ACCEPTED, Verdict.REFUSED)
    if is_clear or (reply.verdict is Verdict.RETRY and not reply.is_over):
        return Health.UP
    return Health.DOWN


def not_connected(error: Exception) -> Reply:
    """What it means that no connection could be had.

    Nothing was sent: it is tried again, with an alarm where waiting alone mends nothing.
    """
    if isinstance(error, smtplib.SMTPResponseException):
        text = shown(error.smtp_code, _bytes(error.smtp_error))
        is_alarming = error.smtp_code in OUR_FAULT or error.smtp_code >= 500
        return Reply(verdict=Verdict.RETRY, text=text, is_alarming=is_alarming, is_over=True)
    is_settled = isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError | ValueError)
    text = f"no connection to the mail server ({type(error).__name__})"
    if isinstance(error, ssl.SSLCertVerificationError):
        text = "the mail server's certificate is not to be trusted"
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        text = "the mail server offers no STARTTLS, or no login"
    return Reply(verdict=Verdict.RETRY, text=text, is_alarming=is_settled, is_over=True)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
