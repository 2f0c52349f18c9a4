"""Checks of the mails themselves: that they went, that we hear what became of them, and how people take them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from schedules.timing import in_words
from worker.bootstrap import Installation
from worker.doctor.checks import Check, fail, ok, warn
from worker.reports.complaints import MUCH, TOO_MUCH, read_complaints
from worker.reports.overdue import count_overdue, oldest_overdue
from worker.reports.returned import TOO_MUCH as RETURNED
from worker.reports.returned import read_returned
from worker.reports.silence import untold_mails

PATIENCE_S = 600
"""What lies in a burst, or waits for the next try, needs no person yet."""


def check_told(session: Session, installation: Installation) -> list[Check]:
    """Whether SendGrid tells what becomes of mails. Where no key is set, the settings' own check says so."""
    settings = installation.settings
    if not (settings.sendgrid_api_key and settings.sendgrid_event_public_key):
        return []
    untold = untold_mails(session, installation.clock.now())
    if not untold:
        return [ok("delivery events", "Nothing is missing that SendGrid should have told.")]
    text = f"SendGrid has told nothing of the last {untold} mails: bounces, complaints and refusals stay unheard."
    remedy = (
        f"Its Event Webhook must be on, post to {settings.public_url}/events/sendgrid, and sign with the key of "
        "POSTPURCHASE_SENDGRID_EVENT_PUBLIC_KEY; docs/operate.md, SendGrid's events."
    )
    return [warn("delivery events", text, remedy)]


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


def check_returned(session: Session, now: datetime) -> list[Check]:
    """Streams of shops of which too many mails come back."""
    return [
        warn(
            f"shop {line.shop}",
            f"Came back: {line.in_words()}; from {RETURNED:.0%} on mailboxes grow wary of a sender.",
            f"`postpurchase timeline {line.shop} {line.newest}` says why the latest did. If it is turned away for its "
            "sender, authenticate the domain, and ask the provider; if addresses are wrong, look at the checkout.",
        )
        for line in read_returned(session, now=now)
    ]


def check_complaints(session: Session, now: datetime) -> list[Check]:
    """Streams of shops whose mails are so often reported as spam that mailboxes mind."""
    limits = f"mailboxes want less than {MUCH:.1%}, and never {TOO_MUCH:.1%}"
    remedy = (
        "Look at who gets these mails, how often, and how the subject reads; `pause` the step meanwhile. What Gmail's "
        "customers report only its Postmaster Tools tell."
    )
    return [
        warn(f"shop {line.shop}", f"Reported as spam: {line.in_words()}; {limits}.", remedy)
        for line in read_complaints(session, now=now)
        if line.level
    ]
