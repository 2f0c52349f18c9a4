"""Whether SendGrid tells what becomes of mails. A webhook that was switched off, or signs with another key, fails
nothing: bounces, complaints and refusals are just not heard of."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.store.models import DeliveryEvent, Message

SENDGRID = "sendgrid"
LOOKED_AT = 20
TOLD_WITHIN = timedelta(hours=1)
"""It tells every half minute that it has processed a mail; an hour is no hiccup any more."""
LATELY = timedelta(days=7)


def untold_mails(session: Session, now: datetime) -> int:
    """How many of the newest mails that SendGrid took it should have told of, if it has told of none; else 0.

    `now` is business time. Looks at 20 mails, however many there are.
    """
    lately = (Message.accepted_at > now - LATELY, Message.accepted_at < now - TOLD_WITHIN)
    newest = select(Message.id, Message.provider).where(*lately).order_by(Message.accepted_at.desc()).limit(LOOKED_AT)
    taken = [row.id for row in session.execute(newest) if row.provider == SENDGRID]
    told = session.scalar(select(DeliveryEvent.id).where(DeliveryEvent.message_id.in_(taken)).limit(1))
    return len(taken) if told is None else 0
