"""Bounces and complaints, read from mails."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from schedules.lifecycle import State
from tests.support.reports import bounce, complaint
from worker.delivery.port import MESSAGE_HEADER
from worker.feedback.mailbox_reports import LARGEST, read_report

ATTEMPT = uuid4()


@pytest.mark.parametrize("quoted", ["text/rfc822-headers", "message/rfc822"])
def test_a_bounce_names_attempt_address_time_and_reason(quoted: str) -> None:
    report = read_report(bounce(ATTEMPT, quoted=quoted))
    assert report is not None
    assert (report.named, report.kind, report.state) == (ATTEMPT, "bounce", State.BOUNCED)
    assert report.address == "mia@example.com"
    assert report.at == datetime(2026, 5, 14, 10, 0, 5, tzinfo=UTC)
    assert "no such user here" in report.words
    assert "mia@" not in report.words


@pytest.mark.parametrize("quoted", ["text/rfc822-headers", "message/rfc822"])
def test_a_bounce_names_its_mail_also_where_the_server_gave_it_an_id_of_its_own(quoted: str) -> None:
    """Amazon SES overwrites every Message-ID; the line beside it is ours."""
    ours = f"Message-ID: <{ATTEMPT}@mail.northkettle.example>".encode()
    theirs = f"{MESSAGE_HEADER}: {ATTEMPT}\r\nMessage-ID: <0102018f-1@email.amazonses.com>".encode()
    report = read_report(bounce(ATTEMPT, quoted=quoted).replace(ours, theirs))
    assert report is not None
    assert report.named == ATTEMPT


def test_a_reason_of_megabytes_without_a_blank_is_cut_and_keeps_nobody_waiting() -> None:
    """Whoever got a mail knows its Message-ID, and may write such a report."""
    raw = bounce(ATTEMPT).replace(b"no such user here", b"x" * 2_000_000 + b" mia@example.com")
    report = read_report(raw)
    assert report is not None
    assert len(report.words) < 400
    assert "mia@" not in report.words


@pytest.mark.parametrize(
    ("status", "suppressed"),
    [("5.1.1", True), ("5.1.2", True), ("5.1.10", True), ("5.2.1", True), ("5.2.2", False), ("5.7.1", False)],
)
def test_only_an_address_that_does_not_exist_is_never_written_to_again(status: str, suppressed: bool) -> None:
    report = read_report(bounce(ATTEMPT, status=status))
    assert report is not None
    assert report.state is State.BOUNCED
    assert (report.suppresses == ("all", "hard_bounce")) is suppressed


@pytest.mark.parametrize(
    ("status", "said", "suppressed"),
    [
        ("5.1.8", "550 5.1.8 Access denied, bad outbound sender", False),
        ("5.1.7", "553 5.1.7 Sender address syntax", False),
        ("5.0.0", "550 no such user here", True),
        ("5.0.0", "550 5.1.1 The email account does not exist", True),
        ("5.0.0", "550 Unrouteable address", True),
        ("5.0.0", "552 Mailbox full", False),
        ("5.0.0", "550-5.2.2 The recipient's inbox is out of storage space", False),
        ("5.0.0", "550 5.7.1 [192.5.1.1] Message rejected as spam", False),
        ("5.0.0", "", False),
    ],
)
def test_what_is_wrong_with_the_sender_or_the_content_never_costs_a_customer_their_receipts(
    status: str, said: str, suppressed: bool
) -> None:
    """Some mail servers (Exim) report every failure as 5.0.0; what the mailbox said tells more."""
    report = read_report(bounce(ATTEMPT, status=status, said=said))
    assert report is not None
    assert (report.suppresses == ("all", "hard_bounce")) is suppressed


@pytest.mark.parametrize(
    ("action", "state"), [("delayed", State.ACCEPTED), ("delivered", State.DELIVERED), ("relayed", State.ACCEPTED)]
)
def test_other_actions_prove_what_they_say(action: str, state: State) -> None:
    report = read_report(bounce(ATTEMPT, action=action, status="2.0.0"))
    assert report is not None
    assert (report.state, report.suppresses) == (state, None)


@pytest.mark.parametrize("feedback", ["abuse", "fraud", "opt-out"])
def test_a_complaint_stops_all_mails_and_moves_none(feedback: str) -> None:
    report = read_report(complaint(ATTEMPT, feedback=feedback))
    assert report is not None
    assert (report.kind, report.state, report.suppresses) == ("spamreport", None, ("all", "complaint"))


@pytest.mark.parametrize("told", ["redacted", "7f3a9c@example.com", "mia.l@forwarded.example", ""])
def test_a_complaint_is_its_customers_whoever_it_names_but_in_test_mode(told: str) -> None:
    """Mailboxes leave out or hash who complains (RFC 6590); only the mail itself tells whether it went to a tester."""
    raw = complaint(ATTEMPT, address=told)
    report, of_a_test = (
        read_report(raw),
        read_report(raw.replace(b"\nTo: ", b"\nX-Postpurchase-Test: redirected\nTo: ")),
    )
    assert report is not None
    assert of_a_test is not None
    assert (report.address, report.suppresses) == ("", ("all", "complaint"))
    assert of_a_test.suppresses is None


@pytest.mark.parametrize(
    "raw",
    [
        complaint(ATTEMPT, feedback="not-spam"),
        bounce("20260514.1234"),
        bounce(ATTEMPT, action="gossip"),
        b"From: mia@example.com\r\nSubject: Thank you\r\nIn-Reply-To: <%s@mail.northkettle.example>\r\n\r\nHi"
        % str(ATTEMPT).encode(),
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x",
    ],
)
def test_what_reports_nothing_of_ours_is_nothing(raw: bytes) -> None:
    assert read_report(raw) is None


def test_a_mail_of_any_size_is_not_read() -> None:
    with pytest.raises(ValueError, match="10 MB"):
        read_report(b"x" * (LARGEST + 1))


def test_a_report_without_a_date_was_written_when_its_server_last_tried() -> None:
    """The epoch only where nothing in the report tells a time."""
    raw = bounce(uuid4()).replace(b"\nDate:", b"\nX-Sent:", 1)
    report, timeless = read_report(raw), read_report(raw.replace(b"Arrival-Date", b"X-Some"))
    assert report is not None
    assert timeless is not None
    assert report.at == datetime(2026, 5, 14, 10, 0, 1, tzinfo=UTC)
    assert timeless.at == datetime(1970, 1, 1, tzinfo=UTC)
