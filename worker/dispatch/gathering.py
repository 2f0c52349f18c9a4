"""Answers that arrive while others are being written down are written down together."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.delivery.arrivals import Arrivals
from worker.delivery.port import Outcome


@dataclass(frozen=True)
class _End:
    """No more answers come. `error`: what ended them before their time."""

    error: BaseException | None = None


def gathered(outcomes: Iterable[Outcome]) -> Iterator[Sequence[Outcome]]:
    """Groups of outcomes in their order: each holds what has arrived since the one before was taken.

    An error of the provider is raised after the outcomes that arrived before it.
    """
    if isinstance(outcomes, Arrivals):
        yield from outcomes.groups()
        return
    arrived: queue.SimpleQueue[Outcome | _End] = queue.SimpleQueue()
    threading.Thread(target=_collect, args=(outcomes, arrived), name="answers", daemon=True).start()
    while True:
        group: list[Outcome] = []
        end = None
        while end is None and (not group or not arrived.empty()):
            each = arrived.get()
            if isinstance(each, _End):
                end = each
            else:
                group.append(each)
        if group:
            yield group
        if end is not None:
            if end.error is not None:
                raise end.error
            return


def _collect(outcomes: Iterable[Outcome], arrived: "queue.SimpleQueue[Outcome | _End]") -> None:
    try:
        for outcome in outcomes:
            arrived.put(outcome)
    except BaseException as error:  # noqa: BLE001 - raised again where the answers are waited for
        arrived.put(_End(error))
    else:
        arrived.put(_End())
