"""Webhooks that arrive at once share a commit: waiting for the disk is most of what storing one costs.

Nobody waits for company: while one group is being committed the next one gathers.
"""

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from worker.bootstrap import Installation
from worker.errors import StorageUnavailableError
from worker.intake.service import Answer, Incoming, accept

log = structlog.get_logger()

MOST = 128
"""Webhooks in a commit. Larger groups gain nothing and make the first of them wait."""
HEAVY_BYTES = 256 * 1024
"""Checking a body this large takes so long that it should delay no others."""


@dataclass(frozen=True)
class _Waiting:
    incoming: Incoming
    answer: "asyncio.Future[Answer]"


class Group:
    """Takes webhooks one by one and stores in one commit those that wait. One per process; a thread of its own."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    async def accept(self, incoming: Incoming) -> Answer:
        """The answer to one webhook, once its fate is committed.

        Raises:
            StorageUnavailableError: it is not known to be stored; the sender should try again.
        """
        if len(incoming.body) > HEAVY_BYTES:
            [answer] = await asyncio.to_thread(accept, self._installation, [incoming])
            return answer
        waiting = _Waiting(incoming, asyncio.get_running_loop().create_future())
        self._waiting.put(waiting)
        return await waiting.answer

    def close(self) -> None:
        """Stores what waits, then stops."""
        self._waiting.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            is_last = False
            while len(group) < MOST and not self._waiting.empty():
                other = self._waiting.get()
                if other is None:
                    is_last = True
                    break
                group.append(other)
            self._store(group)
            if is_last:
                return

    def _store(self, group: Sequence[_Waiting]) -> None:
        try:
            outcomes: list[Answer | Exception] = [*accept(self._installation, [each.incoming for each in group])]
        except StorageUnavailableError as error:
            outcomes = [error] * len(group)
        except Exception as error:  # noqa: BLE001 - what one webhook provokes must not cost the others their answer
            if len(group) > 1:
                for each in group:
                    self._store([each])
                return
            log.error("intake.webhook.failed", alarm=True, error=type(error).__name__)
            outcomes = [error]
        group[0].answer.get_loop().call_soon_threadsafe(_tell, group, outcomes)


def _tell(group: Sequence[_Waiting], outcomes: Sequence[Answer | Exception]) -> None:
    for each, outcome in zip(group, outcomes, strict=True):
        if each.answer.done():  # its sender has hung up
            continue
        if isinstance(outcome, Exception):
            each.answer.set_exception(outcome)
        else:
            each.answer.set_result(outcome)
