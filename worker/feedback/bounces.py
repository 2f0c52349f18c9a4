"""Mailboxes' reports worked in: each is looked up by its message and recorded as an event of the mail."""

from collections.abc import Iterable, Sequence
from itertools import islice
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from worker.bootstrap import Installation
from worker.feedback.delivery_events import Tally, record_events
from worker.feedback.mailbox_reports import Report, read_report
from worker.feedback.sendgrid_events import Batch
from worker.store.models import Attempt

log = structlog.get_logger()


AT_ONCE = 500
"""Mails that are in memory, and looked up, together: a mailbox may hold any number."""


def record_reports(installation: Installation, mails: Iterable[bytes], *, at_once: int = AT_ONCE) -> Tally:
    """Records what mails report; those that report nothing of ours are counted as foreign. Twice changes nothing twice.

    Raises:
        StorageUnavailableError: part of it may be stored; hand all in again.
    """
    waiting, tally = iter(mails), Tally()
    while some := list(islice(waiting, at_once)):
        tally += _record(installation, some)
    return tally


def _record(installation: Installation, mails: Sequence[bytes]) -> Tally:
    reports, foreign = [], 0
    for raw in mails:
        report = _read(raw)
        if report is None:
            foreign += 1
        else:
            reports.append(report)
    known = _known(installation, [report.named for report in reports])
    events = [report.told(*known[report.named]) for report in reports if report.named in known]
    return record_events(installation, Batch(events=tuple(events), foreign=foreign + len(reports) - len(events)))


def _read(raw: bytes) -> Report | None:
    try:
        return read_report(raw)
    except (ValueError, LookupError) as error:
        log.warning("feedback.report.unreadable", error=type(error).__name__, size=len(raw))
        return None


def _known(installation: Installation, named: list[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """The message and attempt that each of these ids stands for; of a message it is the last attempt."""
    asked = or_(Attempt.id.in_(named), Attempt.message_id.in_(named))
    with installation.database.read() as session:
        query = select(Attempt.message_id, Attempt.id).where(asked).order_by(Attempt.number)
        found = [(row.message_id, row.id) for row in session.execute(query)]
    return {message: (message, attempt) for message, attempt in found} | {pair[1]: pair for pair in found}
