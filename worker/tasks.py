"""Every Celery task, in the order of the pipeline. Tasks carry ids only and may be lost, doubled or late."""

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from celery import Task

from worker import queues
from worker.bootstrap import Installation
from worker.dispatch.service import batch_size, deliver_batch, due_within, has_work_within, sweep_due, sweep_leases
from worker.errors import StorageUnavailableError
from worker.feedback.writing_back import write_back_due
from worker.heartbeats import Pulse
from worker.hints import Hints
from worker.personalisation.code_keeping import keep_codes
from worker.planning.anew import replan_returned
from worker.planning.service import plan_event, sweep_events
from worker.retention import purge_bodies
from worker.telemetry import bound

if TYPE_CHECKING:
    BaseTask = Task[Any, Any]
else:
    BaseTask = Task

log = structlog.get_logger()

SWEEP_FOR_S = 2.0
WATCH_S = 0.9
"""A sweep watches what falls due until the next tick of `beat`, a second after its own."""
DELIVER_FOR_S = 5.0
"""A stop waits for running tasks, so they should not run for long."""
LONGEST_DELIVER_QUEUE = 100
"""More would find nothing left: each of them may take several batches."""
NAP_S = 0.05
"""Mails that fall due this close together share a delivery."""


class StageTask(BaseTask):
    """A task of one installation. Its name is bound to what it logs; an error ends it, the sweeps go on."""

    ignore_result = True

    def __init__(self, installation: Installation, hints: Hints, pulse: Pulse) -> None:
        self.installation = installation
        self.hints = hints
        self.pulse = pulse

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        with bound(task=self.name.rpartition(".")[2]):
            try:
                super().__call__(*args, **kwargs)
                self.pulse.beat()
            except StorageUnavailableError as error:
                log.error("task.storage.unavailable", error=str(error))


class PlanEvent(StageTask):
    name = queues.PLAN_EVENT

    def run(self, event_id: str) -> None:
        plan_event(self.installation, UUID(event_id))


class SweepEvents(StageTask):
    """Plans what hints have missed, for as long as a tick lasts."""

    name = queues.SWEEP_EVENTS

    def run(self) -> None:
        sweep_events(self.installation, for_s=SWEEP_FOR_S)


class SweepReturned(StageTask):
    """Plans what no event tells of: mails that came back after their address was corrected."""

    name = queues.SWEEP_RETURNED

    def run(self) -> None:
        replan_returned(self.installation)


class SweepDue(StageTask):
    """Asks for delivery of what is due, and again whenever something falls due before the next tick."""

    name = queues.SWEEP_DUE

    def run(self) -> None:
        until = time.monotonic() + WATCH_S
        if not has_work_within(self.installation, timedelta(seconds=WATCH_S)):
            return
        while True:
            for _ in range(sweep_due(self.installation)):
                self.hints.send(queues.DELIVER, longest=LONGEST_DELIVER_QUEUE)
            left = until - time.monotonic()
            wait = due_within(self.installation, timedelta(seconds=left)) if left > 0 else None
            if wait is None:
                return
            time.sleep(max(wait, NAP_S))


class Deliver(StageTask):
    """Delivers batch after batch while there is more than one of work; long rushes need no more hints than that."""

    name = queues.DELIVER

    def run(self) -> None:
        until, full = time.monotonic() + DELIVER_FOR_S, batch_size(self.installation)
        while deliver_batch(self.installation) >= full and time.monotonic() < until:
            pass


class SweepLeases(StageTask):
    name = queues.SWEEP_LEASES

    def run(self) -> None:
        sweep_leases(self.installation)


class WriteBack(StageTask):
    """Writes refusals back to their shops; one thread at a time, so that slow shops leave the others to the mails."""

    name = queues.WRITE_BACK

    def __init__(self, installation: Installation, hints: Hints, pulse: Pulse) -> None:
        super().__init__(installation, hints, pulse)
        self._turn = threading.Lock()

    def run(self) -> None:
        if not self._turn.acquire(blocking=False):
            return
        try:
            write_back_due(self.installation)
        finally:
            self._turn.release()


class KeepCodes(StageTask):
    """Tells shops of discount codes: made, extended, taken back; marks those that ran out."""

    name = queues.KEEP_CODES

    def run(self) -> None:
        keep_codes(self.installation)


class Learn(StageTask):
    """Learns suggestions anew for the shops whose orders changed."""

    name = queues.LEARN

    def run(self) -> None:
        from worker.personalisation.learning.fitting import fit_all  # numpy and scipy: for the process that learns

        fit_all(self.installation)


class PurgeBodies(StageTask):
    """Empties raw webhooks that were kept long enough."""

    name = queues.PURGE_BODIES

    def run(self) -> None:
        purge_bodies(self.installation)


TASKS: tuple[type[StageTask], ...] = (
    PlanEvent,
    SweepEvents,
    SweepReturned,
    SweepDue,
    Deliver,
    SweepLeases,
    WriteBack,
    KeepCodes,
    Learn,
    PurgeBodies,
)
