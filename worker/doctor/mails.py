"""Check of the mails themselves: whatever the cause is, they should have gone."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from schedules.timing import in_words
from worker.doctor.checks import Check, fail, ok
from worker.reports.overdue import count_overdue, oldest_overdue

PATIENCE_S = 600
"""What lies in a burst, or waits for the next try, needs no person yet."""


def check_mails(session: Session, now: datetime) -> Check:
    """Whether mails wait that should have gone long ago, at business time `now`."""
    late = oldest_overdue(session, now)
    if late is None or late.seconds < PATIENCE_S:
        return ok("mails", "None is long overdue.")
    number, minutes = count_overdue(session, now), late.seconds // 60
    age = in_words(timedelta(minutes=minutes) if minutes < 120 else timedelta(hours=minutes // 60))
    text = f"{number} {'is' if number == 1 else 'are'} overdue, the oldest for {age}: "
    remedy = f"First what else is wrong here; then `postpurchase timeline {late.shop} {late.order}` says what it met."
    return fail("mails", f"{text}{late.step} of order {late.order}, {late.shop}.", remedy)
