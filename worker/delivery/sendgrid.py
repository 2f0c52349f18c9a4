"""SendGrid's v3 mail/send: bodies by its own helpers, posts over kept connections.

Its client opens a connection per call (a TLS handshake each in earnest), so only the helpers are used.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
import structlog

from worker.delivery.arrivals import Arrivals
from worker.delivery.naming import account_name
from worker.delivery.port import Health, Outcome, OutgoingMail, Verdict
from worker.delivery.posting import Post, Poster, Reply
from worker.delivery.repeats import Repeats
from worker.delivery.sendgrid_answers import (
    ACCEPTED,
    Answer,
    error_of,
    health_of,
    is_alarming,
    limit_of,
    refuses_all,
    verdict_of,
    wait_of,
)
from worker.delivery.sendgrid_body import body_of

PATH = "/v3/mail/send"
CONNECTIONS = 64
CONNECT_TIMEOUT_S = 10.0
TOTAL_TIMEOUT_S = 30.0
MARGIN_S = 15.0
LONGEST_ANSWER = 16_384

log = structlog.get_logger()


class SendGrid:
    """Hands mails to SendGrid."""

    name = "sendgrid"
    connections = CONNECTIONS

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        can_reconcile: bool,
        bypass: Sequence[str] = (),
        total_timeout_s: float = TOTAL_TIMEOUT_S,
    ) -> None:
        """`bypass`: lists of SendGrid's in spite of which receipts and tracking mails go out."""
        self.can_reconcile = can_reconcile
        self._bypass = tuple(bypass)
        self._key = api_key
        self._url = base_url + PATH
        self._patience_s = total_timeout_s + MARGIN_S
        self._repeats = Repeats()
        self._poster = Poster(
            connections=CONNECTIONS,
            connect_s=CONNECT_TIMEOUT_S,
            total_s=total_timeout_s,
            longest_answer=LONGEST_ANSWER,
        )

    def account(self, api_key: str | None) -> str:
        """The key's name."""
        return account_name(self.name, api_key or self._key)

    def deliver(self, mails: Sequence[OutgoingMail]) -> Arrivals:
        """Posts the mails at once; outcomes come in the order the answers arrive."""
        of = {mail.attempt_id: mail for mail in mails}
        arrivals = Arrivals(list(of), patience_s=self._patience_s, silence="the call to SendGrid never ended")
        posts: dict[UUID, Post] = {}
        for mail in mails:
            try:
                posts[mail.attempt_id] = Post(
                    url=self._url, headers=self._headers(mail), body=orjson.dumps(body_of(mail, bypass=self._bypass))
                )
            except Exception as error:  # noqa: BLE001 - whatever one mail provokes must not cost the others their outcome
                arrivals.put((_unsendable(mail, error),))

        def tell(replies: Mapping[UUID, Reply]) -> None:
            arrivals.put([self._settled(of[key], reply) for key, reply in replies.items()])

        self._poster.post(posts, tell)
        return arrivals

    def close(self) -> None:
        """Closes the connections and ends the thread; calls that are open end with what is known of them."""
        self._poster.close()

    def _headers(self, mail: OutgoingMail) -> tuple[str, ...]:
        return f"Authorization: Bearer {mail.api_key or self._key}", "Content-Type: application/json", "Expect:"

    def _settled(self, mail: OutgoingMail, reply: Reply) -> Outcome:
        if not reply.status:
            return _unanswered(mail, reply)
        body = "" if reply.status == ACCEPTED else reply.body.decode(errors="replace")
        answer = Answer(status=reply.status, headers=reply.headers, body=body)
        self._alarm(mail, answer)
        return _outcome(mail, answer)

    def _alarm(self, mail: OutgoingMail, answer: Answer) -> None:
        """Once a minute per key and status, and per shop where its sender alone may be at fault."""
        if not is_alarming(answer):
            return
        whose = "" if refuses_all(answer.status) else mail.shop
        if mails := self._repeats.due(self.account(mail.api_key), str(answer.status), whose):
            told = {"provider": self.name, "status": answer.status, "shop": mail.shop, "mails": mails}
            log.error("delivery.provider.refused", alarm=True, **told)


def _unsendable(mail: OutgoingMail, error: Exception) -> Outcome:
    kind = type(error).__name__
    log.error("delivery.mail.failed", message_id=str(mail.message_id), error=kind, exc_info=False)
    return Outcome(attempt_id=mail.attempt_id, verdict=Verdict.REFUSED, error=f"not a sendable mail: {kind}")


def _unanswered(mail: OutgoingMail, reply: Reply) -> Outcome:
    when = "after the mail was sent; no answer" if reply.is_sent else "before the mail was sent"
    return Outcome(
        attempt_id=mail.attempt_id,
        verdict=Verdict.UNKNOWN if reply.is_sent else Verdict.RETRY,
        error=f"the connection to SendGrid ended {when} ({reply.error})",
        health=Health.UNTOLD if reply.is_closed else Health.DOWN,
    )


def _outcome(mail: OutgoingMail, answer: Answer) -> Outcome:
    verdict = verdict_of(answer)
    now = datetime.now(UTC)
    return Outcome(
        attempt_id=mail.attempt_id,
        verdict=verdict,
        receipt=answer.headers.get("x-message-id", "") if verdict is Verdict.ACCEPTED else "",
        error="" if verdict is Verdict.ACCEPTED else error_of(answer),
        retry_after=wait_of(answer, now),
        health=health_of(answer),
        limit=limit_of(answer, now),
    )
