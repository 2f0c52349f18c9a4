"""SendGrid's v3 mail/send: bodies by its own helpers, calls over pooled connections.

Its client opens a connection per call (measured: 848 mails a second against 4,466 over 64 pooled ones, and a TLS
handshake each in earnest), so only the helpers are used.
"""

import asyncio
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp
import orjson
import structlog
from aiohttp.abc import AbstractStreamWriter

from worker.delivery.arrivals import Arrivals
from worker.delivery.naming import account_name
from worker.delivery.port import Health, Outcome, OutgoingMail, Verdict
from worker.delivery.repeats import Repeats
from worker.delivery.sendgrid_answers import (
    KEY_REFUSED,
    Answer,
    error_of,
    health_of,
    is_alarming,
    limit_of,
    verdict_of,
    wait_of,
)
from worker.delivery.sendgrid_body import body_of

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop  # a tenth less work per mail than asyncio's own

PATH = "/v3/mail/send"
CONNECTIONS = 64
CONNECT_TIMEOUT_S = 10.0
TOTAL_TIMEOUT_S = 30.0
MARGIN_S = 15.0
LONGEST_ANSWER = 16_384

log = structlog.get_logger()


class Body(aiohttp.BytesPayload):
    """One request's body. `is_sent`: bytes of it may have left; before, SendGrid cannot have the mail."""

    is_sent = False

    def __init__(self, value: bytes) -> None:
        super().__init__(value, content_type="application/json")

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self.is_sent = True
        await super().write_with_length(writer, content_length)


class SendGrid:
    """Hands mails to SendGrid. The event loop and its thread start with the first call, after any fork."""

    name = "sendgrid"
    connections = CONNECTIONS

    def __init__(
        self, *, api_key: str, base_url: str, can_reconcile: bool, total_timeout_s: float = TOTAL_TIMEOUT_S
    ) -> None:
        self.can_reconcile = can_reconcile
        self._key = api_key
        self._url = base_url + PATH
        self._timeout = aiohttp.ClientTimeout(total=total_timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        self._patience_s = total_timeout_s + MARGIN_S
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._repeats = Repeats()
        self._calls: set[asyncio.Task[Outcome]] = set()

    def account(self, api_key: str | None) -> str:
        """The key's name."""
        return account_name(self.name, api_key or self._key)

    def deliver(self, mails: Sequence[OutgoingMail]) -> Arrivals:
        """Posts the mails at once; outcomes come in the order the answers arrive."""
        ids = [mail.attempt_id for mail in mails]
        arrivals = Arrivals(ids, patience_s=self._patience_s, silence="the call to SendGrid never ended")
        with self._starting:  # whatever is begun here, `close` still finds
            loop = self._loop = self._loop or _running_loop()
            loop.call_soon_threadsafe(self._start, loop, mails, arrivals)
        return arrivals

    def close(self) -> None:
        """Closes the connections and ends the thread; calls that are open end with what is known of them."""
        with self._starting:
            loop, self._loop = self._loop, None
            if loop is not None:
                asyncio.run_coroutine_threadsafe(self._end_calls(), loop).result()
                loop.call_soon_threadsafe(loop.stop)

    async def _end_calls(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        while self._calls:
            await asyncio.wait(self._calls)

    def _start(self, loop: asyncio.AbstractEventLoop, mails: Sequence[OutgoingMail], arrivals: Arrivals) -> None:
        """Begins all calls; answers that arrive at one moment are told together."""
        told: list[Outcome] = []

        def flush() -> None:
            arrivals.put(tuple(told))
            told.clear()

        def end(call: "asyncio.Task[Outcome]") -> None:
            self._calls.discard(call)
            told.append(call.result())
            if len(told) == 1:
                loop.call_soon(flush)

        for mail in mails:
            call = loop.create_task(self._post(mail))
            self._calls.add(call)
            call.add_done_callback(end)

    def _is_closed(self) -> bool:
        """Whether the provider was closed since the call was begun."""
        return self._loop is not asyncio.get_running_loop()

    def _pool(self) -> aiohttp.ClientSession:
        if self._is_closed():
            raise aiohttp.ClientConnectionError("it was closed meanwhile")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=10),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _post(self, mail: OutgoingMail) -> Outcome:
        body: Body | None = None
        try:
            body = Body(orjson.dumps(body_of(mail)))
            return await self._call(mail, body)
        except (TimeoutError, aiohttp.ClientError, OSError, asyncio.CancelledError) as error:
            # Nobody cancels a call; aiohttp cancels what it waits for when its session is closed.
            is_sent = body is not None and body.is_sent
            verdict = Verdict.UNKNOWN if is_sent else Verdict.RETRY
            health = Health.UNTOLD if self._is_closed() else Health.DOWN
            return Outcome(attempt_id=mail.attempt_id, verdict=verdict, error=_told(error, is_sent), health=health)
        except Exception as error:  # noqa: BLE001 - whatever one mail provokes must not cost the others their outcome
            verdict = Verdict.UNKNOWN if body is not None and body.is_sent else Verdict.REFUSED
            kind = type(error).__name__
            log.error("delivery.mail.failed", message_id=str(mail.message_id), error=kind, exc_info=False)
            return Outcome(attempt_id=mail.attempt_id, verdict=verdict, error=f"not a sendable mail: {kind}")

    async def _call(self, mail: OutgoingMail, body: Body) -> Outcome:
        headers = {"Authorization": f"Bearer {mail.api_key or self._key}"}
        async with self._pool().post(self._url, data=body, headers=headers, allow_redirects=False) as response:
            text = ""
            if response.status != 202:
                text = (await response.content.read(LONGEST_ANSWER)).decode(errors="replace")
            answer = Answer(status=response.status, headers=response.headers, body=text)
        self._alarm(mail, answer)
        return _outcome(mail, answer)

    def _alarm(self, mail: OutgoingMail, answer: Answer) -> None:
        """Once a minute per key and status, and per shop where its sender alone may be at fault."""
        if not is_alarming(answer.status):
            return
        whose = "" if answer.status in KEY_REFUSED else mail.shop
        if mails := self._repeats.due(self.account(mail.api_key), str(answer.status), whose):
            told = {"provider": self.name, "status": answer.status, "shop": mail.shop, "mails": mails}
            log.error("delivery.provider.refused", alarm=True, **told)


def _running_loop() -> asyncio.AbstractEventLoop:
    loop = new_event_loop()
    threading.Thread(target=loop.run_forever, name="sendgrid", daemon=True).start()
    return loop


def _outcome(mail: OutgoingMail, answer: Answer) -> Outcome:
    verdict = verdict_of(answer.status)
    now = datetime.now(UTC)
    return Outcome(
        attempt_id=mail.attempt_id,
        verdict=verdict,
        receipt=answer.headers.get("x-message-id", "") if verdict is Verdict.ACCEPTED else "",
        error="" if verdict is Verdict.ACCEPTED else error_of(answer),
        retry_after=wait_of(answer, now),
        health=health_of(answer.status),
        limit=limit_of(answer, now),
    )


def _told(error: BaseException, sent: bool) -> str:
    when = "after the mail was sent; no answer" if sent else "before the mail was sent"
    return f"the connection to SendGrid ended {when} ({type(error).__name__})"
