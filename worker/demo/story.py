"""The demo's story: an order, its parcel and the delivery, and the mails that follow while time flies."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from worker.bootstrap import Installation
from worker.demo import shop
from worker.demo.bodies import NUMBER
from worker.demo.webhooks import Webhook, order_delivered, order_placed, order_shipped
from worker.errors import PostpurchaseError
from worker.reports.story import MessageLine, Timeline
from worker.reports.timeline import find_order, order_timeline
from worker.store.models import OutboxMail
from worker.store.shops import get_shop
from worker.timetravel import advance, advance_to_next, finish_work, next_due

ZONE = ZoneInfo(shop.profile().timezone)
MOST_STOPS = 30
"""More due times than three mails can have: the story ends rather than loop."""


@dataclass(frozen=True)
class Happened:
    """The shop told of something: `status` is what Postpurchase answered."""

    webhook: Webhook
    status: int


@dataclass(frozen=True)
class Sent:
    """A mail went out, at a moment of business time; `url` shows it."""

    line: MessageLine
    mail: OutboxMail
    url: str


class DemoError(PostpurchaseError):
    """The demo did not go as it should."""


def tell(installation: Installation, url: str) -> Iterator[Happened | Sent]:
    """Plays the story against a running installation, and yields what happens as it happens.

    Raises:
        DemoError: a webhook was refused.
    """
    begin = next_morning(installation.clock.now())
    chapters = (
        order_placed(begin),
        order_shipped(begin + timedelta(days=1, hours=4, minutes=28)),
        order_delivered(begin + timedelta(days=3, hours=1)),
    )
    seen: set[UUID] = set()
    for number, webhook in enumerate(chapters, 1):
        advance(installation, to=webhook.at)
        yield Happened(webhook, _post(url, webhook))
        until = chapters[number].at if number < len(chapters) else None
        yield from _mails_until(installation, url, until, seen)


def next_morning(now: datetime) -> datetime:
    """The next 10:12 in the demo shop: people order in daylight."""
    there = now.astimezone(ZONE)
    today = there.replace(hour=10, minute=12, second=0, microsecond=0)
    return today if today > there else today + timedelta(days=1)


def read_story(installation: Installation) -> Timeline:
    """The timeline of Mia's order."""
    with installation.database.read() as session:
        owner = get_shop(session, shop.SLUG)
        return order_timeline(session, owner, find_order(session, owner, str(NUMBER)))


def _mails_until(installation: Installation, url: str, until: datetime | None, seen: set[UUID]) -> Iterator[Sent]:
    """Goes from due time to due time, up to `until` or until nothing is scheduled any more."""
    finish_work(installation)
    for _ in range(MOST_STOPS):
        due = next_due(installation)
        if due is None or (until is not None and due >= until):
            return
        advance_to_next(installation)
        yield from _new_mails(installation, url, seen)


def _new_mails(installation: Installation, url: str, seen: set[UUID]) -> list[Sent]:
    with installation.database.read() as session:
        mails = [mail for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id)) if mail.id not in seen]
    if not mails:
        return []
    lines = {line.id: line for line in read_story(installation).messages}
    seen.update(mail.id for mail in mails)
    return [
        Sent(line=lines[mail.message_id], mail=mail, url=f"{url}/outbox/{mail.id}")
        for mail in mails
        if mail.message_id in lines
    ]


def _post(url: str, webhook: Webhook) -> int:
    """Posts to the real endpoint, as Shopify does."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=60)
    try:
        path = f"/webhooks/{shop.SLUG}/shopify"
        connection.request("POST", path, body=webhook.body, headers=webhook.headers(shop.SECRET))
        status = connection.getresponse().status
    finally:
        connection.close()
    if status not in (200, 202):
        raise DemoError(f"The webhook {webhook.topic} was answered with {status} instead of 202.")
    return status
