"""Keeps claims while the process that has them lives. Leases can so be short: what a dead one had is soon free."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import literal_column, select, update

from worker.errors import StorageUnavailableError
from worker.store.many import are_among, is_among
from worker.store.models import Message
from worker.store.session import Database, database_now

log = structlog.get_logger()

CLAIM_LEASE = timedelta(seconds=3)
RENEW_S = 0.75
OLD_S = 0.6
"""A lease is renewed from this age on; most batches are done by then."""
KEEP_FOR_S = 120.0
"""A batch that takes longer hangs, and others should try: it may be the machine."""


@dataclass(eq=False)
class _Batch:
    claims: list[tuple[UUID, int]]  # ids and fences
    until: float
    renewed: float  # or claimed


class Keeper:
    """Renews the leases of the batches in hand. Thread-safe; its own thread starts with the first batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batches: set[_Batch] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, messages: Sequence[Message]) -> Iterator[None]:
        """While this lasts the claims on the messages do not end, unless it lasts for minutes."""
        claims = [(message.id, message.fence) for message in messages]
        now = time.monotonic()
        batch = _Batch(claims, until=now + KEEP_FOR_S, renewed=now)
        with self._changed:
            self._batches.add(batch)
            self._start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._batches.discard(batch)

    def renew(self, *, older_than_s: float = 0.0) -> int:
        """Moves the ends of the leases; how many. A message that has moved on keeps the lease it got with that.

        `older_than_s`: leases given or renewed later than so long ago are left as they are.
        """
        now = time.monotonic()
        with self._changed:
            old = [each for each in self._batches if each.until > now and now - each.renewed >= older_than_s]
        in_hand = [claim for batch in old for claim in batch.claims]
        if not in_hand:
            return 0
        claimed = Message.state == literal_column("'claimed'")
        with self._database.write() as session:
            mine = select(Message.id).where(are_among(session, Message.id, Message.fence, in_hand), claimed)
            # What another unit has locked is moving on; waiting for it might make that unit wait for this one.
            found = session.scalars(mine.with_for_update(skip_locked=True)).all()
            until = database_now(session) + CLAIM_LEASE
            session.execute(update(Message).where(is_among(session, Message.id, found)).values(lease_until=until))
        for batch in old:
            batch.renewed = now
        return len(found)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._batches:
                    self._changed.wait()
            time.sleep(RENEW_S)
            try:
                self.renew(older_than_s=OLD_S)
            except StorageUnavailableError as error:
                log.warning("dispatch.leases.not_renewed", error=str(error))
