"""How many of a shop's mails were reported as spam."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tests.support.rows import NOW, make_message, make_order, make_shop
from worker.reports.complaints import FEWEST, ComplaintLine, read_complaints
from worker.store.models import DeliveryEvent, Message, Shop
from worker.store.models.feedback import COMPLAINT
from worker.store.session import Database


def mail(session: Session, shop: Shop, number: str, *, at: datetime = NOW, stream: str = "marketing") -> Message:
    """One that a provider took."""
    taken = {"state": "delivered", "accepted_at": at, "stream": stream}
    return make_message(session, make_order(session, shop, number), "follow_up", **taken)


def report(session: Session, about: Message, *, at: datetime = NOW, kind: str = COMPLAINT) -> None:
    told = {"provider": "sendgrid", "kind": kind, "at": at, "received_at": NOW}
    session.add(DeliveryEvent(message_id=about.id, attempt_id=UUID(int=0), **told))
    session.flush()


def test_complaints_are_counted_of_the_mails_of_thirty_days_by_stream(database: Database) -> None:
    with database.write() as session:
        shop, other = make_shop(session), make_shop(session, "southkettle")
        first, *_ = [mail(session, shop, str(number)) for number in range(4)]
        report(session, first)
        report(session, first, at=NOW + timedelta(hours=1))
        report(session, first, kind="delivered")
        mail(session, shop, "9", stream="transactional")
        report(session, mail(session, shop, "10", at=NOW - timedelta(days=31)))
        mail(session, other, "11")
    with database.read() as session:
        lines = read_complaints(session, now=NOW + timedelta(minutes=1))
    assert [(line.shop, line.stream, line.mails, line.complaints, line.rate) for line in lines] == [
        ("northkettle", "marketing", 4, 1, 0.25),
        ("northkettle", "transactional", 1, 0, 0.0),
        ("southkettle", "marketing", 1, 0, 0.0),
    ]


@pytest.mark.parametrize(
    ("mails", "complaints", "level"),
    [
        (4, FEWEST - 1, ""),
        (10_000, FEWEST, ""),
        (FEWEST * 1000, FEWEST, "much"),
        (FEWEST * 300, FEWEST, "too much"),
        (0, 0, ""),
    ],
)
def test_a_share_counts_from_some_complaints_on(mails: int, complaints: int, level: str) -> None:
    line = ComplaintLine(shop="northkettle", stream="marketing", mails=mails, complaints=complaints)
    assert line.level == level
