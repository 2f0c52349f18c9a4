"""The provider of an installation that has none: mails are kept and shown instead of sent."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from worker.clock import Clock
from worker.delivery.port import NO_MESSAGE, Outcome, OutgoingMail, Verdict
from worker.store.models import OutboxMail
from worker.store.session import Database, insert_into
from worker.store.types import new_id


class Outbox:
    """Keeps each mail in one row per attempt, so that it can always say what it was given."""

    name = "outbox"
    connections = 64
    can_reconcile = False

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def account(self, api_key: str | None) -> str:
        """None: it is as healthy as the database."""
        return ""

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[Outcome]:
        """Keeps the mails, then yields their outcomes. The same attempt is kept once.

        Raises:
            StorageUnavailableError: the database does not answer; nothing was kept.
        """
        at = self._clock.now()
        rows = [{"id": new_id(), "at": at} | _columns(mail) for mail in mails]
        if rows:
            with self._database.write() as session:
                kept = insert_into(session, OutboxMail).values(rows)
                session.execute(kept.on_conflict_do_nothing(index_elements=["attempt_id"]))
        for mail in mails:
            yield Outcome(attempt_id=mail.attempt_id, verdict=Verdict.ACCEPTED, receipt=str(mail.attempt_id))

    def has(self, attempt_id: UUID) -> bool:
        """Whether the mail of this attempt was kept."""
        with self._database.read() as session:
            return session.scalar(select(OutboxMail.id).where(OutboxMail.attempt_id == attempt_id)) is not None

    def close(self) -> None:
        """Holds nothing open."""


def _columns(mail: OutgoingMail) -> dict[str, Any]:
    return {
        "message_id": None if mail.message_id == NO_MESSAGE else mail.message_id,
        "attempt_id": mail.attempt_id,
        "sender": f"{mail.sender_name} <{mail.sender}>",
        "to": mail.to,
        "reply_to": mail.reply_to,
        "subject": mail.subject,
        "preview": mail.preview,
        "headers": dict(mail.headers),
        "html": mail.html,
        "text": mail.text,
    }
