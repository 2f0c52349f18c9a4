"""SendGrid's vocabulary in ours, and nothing of a person in what is kept."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from schedules.lifecycle import State
from tests.support.sendgrid_events import an_event
from worker.delivery.port import NO_MESSAGE
from worker.feedback.sendgrid_events import ToldEvent, read_batch, scrubbed

MESSAGE = UUID(int=7)
ATTEMPT = UUID(int=8)


def _read(kind: str, **fields: Any) -> ToldEvent:
    [event] = read_batch(json.dumps([an_event(kind, MESSAGE, ATTEMPT, **fields)]).encode()).events
    return event


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("processed", State.ACCEPTED),
        ("deferred", State.ACCEPTED),
        ("delivered", State.DELIVERED),
        ("bounce", State.BOUNCED),
        ("dropped", State.DROPPED),
        ("open", None),
        ("click", None),
        ("spamreport", None),
        ("unsubscribe", None),
        ("group_unsubscribe", None),
        ("group_resubscribe", None),
        ("never_heard_of", None),
    ],
)
def test_what_a_kind_proves_of_the_mail(kind: str, state: State | None) -> None:
    assert _read(kind).state is state


@pytest.mark.parametrize(
    ("kind", "fields", "meaning"),
    [
        ("bounce", {"type": "bounce", "status": "5.1.1"}, ("all", "hard_bounce")),
        ("bounce", {"type": "blocked", "status": "5.7.1"}, None),
        ("bounce", {"type": "bounce", "status": "4.2.2"}, None),
        ("spamreport", {}, ("all", "complaint")),
        ("unsubscribe", {}, ("marketing", "unsubscribed")),
        ("group_unsubscribe", {}, ("marketing", "unsubscribed")),
        ("dropped", {"reason": "Bounced Address"}, ("all", "hard_bounce")),
        ("dropped", {"reason": "Invalid"}, ("all", "hard_bounce")),
        ("dropped", {"reason": "Spam Reporting Address"}, ("all", "complaint")),
        ("dropped", {"reason": "Unsubscribed Address"}, ("marketing", "unsubscribed")),
        ("dropped", {"reason": "Recipient List over Package Quota"}, None),
        ("dropped", {"reason": "Invalid SMTPAPI header"}, None),
        ("dropped", {"reason": "Spam Content (if spam checker app enabled)"}, None),
        ("delivered", {}, None),
    ],
)
def test_who_gets_no_more_mails_of_which_kind(
    kind: str, fields: dict[str, str], meaning: tuple[str, str] | None
) -> None:
    assert _read(kind, **fields).suppresses == meaning


def test_what_is_kept_holds_no_address_no_network_and_no_browser() -> None:
    event = _read(
        "bounce",
        reason="550 <mia@example.com>: unknown, ask postmaster@example.com",
        ip="203.0.113.9",
        useragent="Mozilla",
        url="https://shop.example/u/secret",
    )
    assert event.details == {
        "reason": "550 <…@…>: unknown, ask …@…",
        "sg_event_id": "c2c5e1",
        "sg_message_id": "filter-7b.recvd-1",
    }
    assert event.words == "SendGrid says: bounce (550 <…@…>: unknown, ask …@…)"


def test_the_receipt_is_what_the_send_call_answered() -> None:
    assert _read("delivered").receipt == "filter-7b"


@pytest.mark.parametrize("stamp", [1936602001, 1936602001000, "1936602001", 1936602001.0])
def test_a_time_is_read_in_seconds_milliseconds_and_as_text(stamp: float | str) -> None:
    assert _read("delivered", timestamp=stamp).at == datetime(2031, 5, 15, 9, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("stamp", [None, "soon", 1e300, [], True])
def test_a_time_that_is_none_does_not_lose_the_event(stamp: object) -> None:
    assert _read("delivered", timestamp=stamp).at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"event": "open", "email": "mia@example.com"},
        {"event": "open", "message": "not an id"},
        {"event": "open", "message": str(NO_MESSAGE)},
        {"event": "open", "message": ["a"]},
    ],
)
def test_an_event_of_another_mail_is_foreign(entry: dict[str, Any]) -> None:
    found = read_batch(json.dumps([entry]).encode())
    assert (found.events, found.foreign) == ((), 1)


def test_one_event_without_a_list_around_it_is_a_batch_of_one() -> None:
    assert len(read_batch(json.dumps(an_event("open", MESSAGE, ATTEMPT)).encode()).events) == 1


def test_news_of_the_account_are_no_foreign_mail() -> None:
    found = read_batch(json.dumps([{"event": "account_status_change", "type": "compliance_suspend"}]).encode())
    assert (found.account, found.foreign) == (("compliance_suspend",), 0)


@pytest.mark.parametrize("body", [b"", b"nothing", b"7", b'"text"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_batch(body)


def test_what_no_database_takes_is_left_out() -> None:
    raw = json.dumps(an_event("open", MESSAGE, ATTEMPT, note="a\u0000b\ud800")).replace('"tls"', '"x"')
    [event] = read_batch(raw.replace('"note"', '"odd": NaN, "note"').encode()).events
    assert event.details["note"] == "ab?"
    assert "odd" not in event.details


def test_a_long_text_is_cut() -> None:
    assert len(scrubbed("x" * 5000)) == 300
