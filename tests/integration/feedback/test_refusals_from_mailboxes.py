"""What SendGrid and mailboxes tell of people goes on to the shop where it is a refusal."""

import pytest
from sqlalchemy import select

from tests.integration.feedback.conftest import ADDRESS, Mail, Told
from tests.support.reports import complaint
from tests.support.writing_back import connect
from worker.feedback.bounces import record_reports
from worker.store.models import WriteBack


def _wishes(told: Told) -> list[tuple[str, str, str]]:
    with told.world.installation.database.read() as session:
        return [(row.address, row.wanted, row.state) for row in session.scalars(select(WriteBack))]


@pytest.fixture
def mail(told: Told) -> Mail:
    connect(told.world, "shopify", "https://northkettle.myshopify.example")
    return told.mail("follow_up")


REFUSED = [(ADDRESS, "unsubscribed", "pending")]


@pytest.mark.parametrize(
    ("kind", "fields", "wishes"),
    [
        ("unsubscribe", {}, REFUSED),
        ("group_unsubscribe", {"asm_group_id": 1}, REFUSED),
        ("spamreport", {}, REFUSED),
        ("bounce", {"type": "bounce", "status": "5.1.1"}, []),
        ("dropped", {"reason": "Unsubscribed Address"}, REFUSED),
    ],
)
def test_a_refusal_at_sendgrid_is_told_to_the_shop_once_and_a_bounce_is_none(
    told: Told, mail: Mail, kind: str, fields: dict[str, object], wishes: list[tuple[str, str, str]]
) -> None:
    event = mail.event(kind, **fields)
    told.tell(event)
    told.tell(event)
    assert _wishes(told) == wishes


def test_a_resubscription_at_sendgrid_takes_it_back(told: Told, mail: Mail) -> None:
    told.tell(mail.event("group_unsubscribe", timestamp=1936602001))
    told.tell(mail.event("group_resubscribe", timestamp=1936602002))
    assert _wishes(told) == []


def test_a_complaint_that_came_by_mail_is_told_too(told: Told, mail: Mail) -> None:
    record_reports(told.world.installation, [complaint(mail.attempt_id)])
    assert _wishes(told) == REFUSED
