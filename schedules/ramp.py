"""A new sender stream grows slowly: mailboxes distrust an address that sends much on its first day.

Senders' guides (SendGrid's "IP warm up", Gmail's bulk sender guidelines) double the volume each day or two, beginning
with some dozens. Receipts are never held back.
"""

from datetime import date

FIRST_DAY = 50
DAYS = 14
"""After two weeks of doubling the limit is beyond any shop's day."""


def daily_limit(since: date | None, today: date) -> int | None:
    """Marketing mails that a stream may send on this day of the shop; None: as many as it likes."""
    if since is None:
        return None
    days = (today - since).days
    if days < 0:
        return 0
    return None if days >= DAYS else int(FIRST_DAY * 2**days)
