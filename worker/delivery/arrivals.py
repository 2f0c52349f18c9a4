"""Outcomes on their way from where a provider's calls are made to where they are written down."""

import queue
from collections.abc import Iterator, Sequence
from itertools import chain
from uuid import UUID

from worker.delivery.port import Outcome, Verdict


class Arrivals:
    """The outcomes of some attempts as they arrive: one by one, or all that are there at a time.

    `patience_s`: after so long without a word what is still open is unknown, for the reason `silence`; None: it waits.
    """

    def __init__(self, attempt_ids: Sequence[UUID], *, patience_s: float | None = None, silence: str = "") -> None:
        self._open = dict.fromkeys(attempt_ids)
        self._patience_s = patience_s
        self._silence = silence
        self._arrived: queue.SimpleQueue[Sequence[Outcome]] = queue.SimpleQueue()

    def put(self, outcomes: Sequence[Outcome]) -> None:
        """Tells of outcomes; from any thread."""
        self._arrived.put(outcomes)

    def groups(self) -> Iterator[Sequence[Outcome]]:
        """All that have arrived since the group before was taken."""
        while self._open:
            try:
                group = list(self._arrived.get(timeout=self._patience_s))
            except queue.Empty:
                yield [Outcome(attempt_id=each, verdict=Verdict.UNKNOWN, error=self._silence) for each in self._open]
                return
            while not self._arrived.empty():
                group += self._arrived.get()
            for outcome in group:
                self._open.pop(outcome.attempt_id, None)
            yield group

    def __iter__(self) -> Iterator[Outcome]:
        return chain.from_iterable(self.groups())
