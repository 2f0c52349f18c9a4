"""What SendGrid's events mean for messages and people."""

from datetime import timedelta
from uuid import uuid4

import pytest
import structlog
from structlog.typing import EventDict

from schedules.lifecycle import State
from tests.integration.feedback.conftest import Mail, Told
from worker.dispatch.service import deliver_batch
from worker.reports.timeline import order_timeline
from worker.store.models import OrderRow, Shop


def _alarms(logs: list[EventDict]) -> list[str]:
    return [line["event"] for line in logs if line.get("alarm")]


@pytest.mark.parametrize(
    ("kind", "state"), [("processed", State.ACCEPTED), ("delivered", State.DELIVERED), ("bounce", State.BOUNCED)]
)
def test_an_unknown_attempt_is_resolved(told: Told, kind: str, state: State) -> None:
    mail = told.mail(state=State.UNKNOWN, resolve_at=told.world.now + timedelta(hours=1))
    told.tell(mail.event(kind))
    message = told.world.message(mail.message_id)
    assert (message.state, message.provider_id, message.resolve_at) == (state, "filter-7b", None)
    assert message.reason.startswith(f"SendGrid says: {kind}")
    assert told.world.attempts(mail.message_id)[0].outcome == "accepted"


def test_an_event_of_another_attempt_than_ours_is_kept_and_moves_nothing(told: Told) -> None:
    mail = told.mail(state=State.UNKNOWN)
    other = told.mail(occurrence=1)
    told.tell(Mail(mail.message_id, other.attempt_id).event("delivered"))
    assert told.state(mail) is State.UNKNOWN
    assert len(told.kept()) == 1


@pytest.mark.parametrize(
    ("kind", "fields", "scopes"),
    [
        ("bounce", {"type": "bounce", "status": "5.1.1"}, {"all"}),
        ("bounce", {"type": "blocked", "status": "5.7.1"}, set()),
        ("spamreport", {}, {"all"}),
        ("unsubscribe", {}, {"marketing"}),
        ("group_unsubscribe", {"asm_group_id": 1}, {"marketing"}),
        ("dropped", {"reason": "Bounced Address"}, {"all"}),
        ("open", {}, set()),
    ],
)
def test_people_get_no_more_of_what_they_refused(
    told: Told, kind: str, fields: dict[str, object], scopes: set[str]
) -> None:
    told.tell(told.mail().event(kind, **fields))
    assert told.scopes() == scopes


def test_a_complaint_counts_although_it_names_the_address_as_it_went_over_the_wire(told: Told) -> None:
    mail = told.mail(address="mia@straße.example")
    told.tell(mail.event("spamreport", email="mia@xn--strae-oqa.example"))
    assert told.scopes("mia@straße.example") == {"all"}


def test_what_is_told_of_an_erased_person_later_is_kept_without_its_words(told: Told) -> None:
    """Mailboxes bounce for days, and say whom they don't know."""
    mail = told.mail(address=None)
    told.tell(mail.event("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 Mia Lindqvist has left"))
    message, [event] = told.world.message(mail.message_id), told.kept()
    assert (message.state, message.reason, message.provider_id) == (State.BOUNCED, "SendGrid says: bounce", "")
    assert (event.kind, event.details) == ("bounce", {})
    assert told.world.attempts(mail.message_id)[0].receipt == ""
    assert not [line for line in told.world.history(mail.message_id) if "Mia" in line.reason]


def test_after_a_hard_bounce_not_even_a_receipt_goes_to_that_address(told: Told) -> None:
    told.tell(told.mail().event("bounce", type="bounce", status="5.1.1"))
    receipt = told.world.add_message(occurrence=1)
    deliver_batch(told.world.installation)
    assert told.world.state(receipt) is State.SKIPPED


def test_after_an_unsubscribe_receipts_still_go(told: Told) -> None:
    told.tell(told.mail().event("unsubscribe"))
    receipt = told.world.add_message(occurrence=1)
    deliver_batch(told.world.installation)
    assert told.world.state(receipt) is State.ACCEPTED


@pytest.mark.parametrize(
    "order", [("group_unsubscribe", "group_resubscribe"), ("group_resubscribe", "group_unsubscribe")]
)
def test_the_newest_of_refusing_and_taking_back_counts_whatever_comes_last(told: Told, order: tuple[str, str]) -> None:
    mail = told.mail()
    at = {"group_unsubscribe": 1936602001, "group_resubscribe": 1936602002}
    for kind in order:
        told.tell(mail.event(kind, timestamp=at[kind]))
    assert told.scopes() == frozenset()
    told.tell(mail.event("group_unsubscribe", timestamp=1936602003))
    assert told.scopes() == {"marketing"}


@pytest.mark.parametrize("order", [("dropped", "group_resubscribe"), ("group_resubscribe", "dropped")])
def test_a_mail_dropped_before_somebody_came_back_refuses_nothing_whatever_comes_last(
    told: Told, order: tuple[str, str]
) -> None:
    mail = told.mail()
    at = {"dropped": 1936602001, "group_resubscribe": 1936602002}
    for kind in order:
        told.tell(mail.event(kind, timestamp=at[kind], reason="Unsubscribed Address"))
    assert told.scopes() == frozenset()
    told.tell(mail.event("dropped", timestamp=1936602003, reason="Unsubscribed Address"))
    assert told.scopes() == {"marketing"}


@pytest.mark.parametrize("order", [("dropped", "group_resubscribe"), ("group_resubscribe", "dropped")])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_dropped_after_somebody_came_back_tells_of_a_newer_refusal_whatever_comes_last(
    told: Told, order: tuple[str, str]
) -> None:
    """Of a refusal in a mail of another program nothing else is told."""
    mail = told.mail()
    at = {"group_resubscribe": 1936602001, "dropped": 1936602002}
    for kind in order:
        told.tell(mail.event(kind, timestamp=at[kind], reason="Unsubscribed Address"))
    assert told.scopes() == {"marketing"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_dropped_for_another_reason_keeps_nobody_from_coming_back(told: Told) -> None:
    mail = told.mail()
    told.tell(mail.event("group_unsubscribe", timestamp=1936602001))
    told.tell(mail.event("dropped", timestamp=1936602003, reason="Invalid SMTPAPI header"))
    told.tell(mail.event("group_resubscribe", timestamp=1936602002))
    assert told.scopes() == frozenset()


def test_a_complaint_is_not_taken_back(told: Told) -> None:
    mail = told.mail()
    told.tell(mail.event("spamreport"), mail.event("group_resubscribe", timestamp=1936602009))
    assert told.scopes() == {"all"}


def test_a_mail_in_test_mode_says_nothing_of_its_customer(told: Told) -> None:
    told.tell(told.mail().event("bounce", email="test@northkettle.example", type="bounce", status="5.1.1"))
    assert told.scopes() == told.scopes("test@northkettle.example") == frozenset()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_copy_of_the_installation_sends_to_a_tester_leaves_the_customers_own_mail_to_be_sent(told: Told) -> None:
    """A backup that is tried out has the same messages, and SendGrid tells whoever owns the account."""
    mail = told.mail(state=State.SCHEDULED)
    copy = Mail(mail.message_id, uuid4())
    told.tell(copy.event("delivered", email="test@northkettle.example"))
    assert told.state(mail) is State.SCHEDULED
    told.tell(copy.event("delivered", timestamp=1936602009))
    assert told.state(mail) is State.DELIVERED


def test_a_dropped_receipt_raises_an_alarm_once_without_the_address(told: Told) -> None:
    event = told.mail().event("dropped", reason="Bounced Address: mia@example.com")
    with structlog.testing.capture_logs() as logs:
        told.tell(event)
        told.tell(event)
    assert _alarms(logs) == ["feedback.receipt.dropped"]
    assert "mia@example.com" not in repr(logs)


def test_a_dropped_marketing_mail_raises_an_alarm_only_for_a_reason_that_is_nobodys_own(told: Told) -> None:
    with structlog.testing.capture_logs() as logs:
        told.tell(told.mail("follow_up").event("dropped", reason="Unsubscribed Address"))
        told.tell(told.mail("follow_up", occurrence=1).event("dropped", reason="Recipient List over Package Quota"))
    assert _alarms(logs) == ["feedback.mail.dropped"]


def test_a_complaint_and_news_of_the_account_raise_alarms(told: Told) -> None:
    with structlog.testing.capture_logs() as logs:
        told.tell(told.mail().event("spamreport"), {"event": "account_status_change", "type": "compliance_suspend"})
    assert sorted(_alarms(logs)) == ["feedback.account.changed", "feedback.person.complained"]


def test_the_story_of_the_order_tells_what_was_heard(told: Told) -> None:
    mail = told.mail()
    told.tell(mail.event("delivered", response="250 OK", timestamp=1936602005), mail.event("processed"))
    with told.world.installation.database.read() as session:
        shop = session.get_one(Shop, told.world.shop_id)
        story = order_timeline(session, shop, session.get_one(OrderRow, told.world.order_id))
    [message] = story.messages
    heard = [(event.provider, event.kind, event.words) for event in message.delivery_events]
    assert heard == [("sendgrid", "processed", ""), ("sendgrid", "delivered", "250 OK")]
