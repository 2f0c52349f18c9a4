"""What mailboxes write back moves mails and stops others, once."""

import mailbox
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from schedules.lifecycle import State
from tests.integration.feedback.conftest import Told
from tests.support.reports import bounce, complaint
from worker.cli.bounces import _mails
from worker.feedback.bounces import record_reports
from worker.store.models import Attempt


def test_a_hard_bounce_moves_its_mail_and_stops_all_others_once(told: Told) -> None:
    mail = told.mail()
    raw = bounce(mail.attempt_id)
    first = record_reports(told.world.installation, [raw, raw])
    second = record_reports(told.world.installation, [raw])
    assert (first.new, second.new, second.known) == (1, 0, 1)
    assert told.state(mail) is State.BOUNCED
    assert told.scopes() == {"all"}
    assert [event.provider for event in told.kept()] == ["smtp"]


def test_a_report_names_the_message_and_counts_for_its_last_attempt(told: Told) -> None:
    mail = told.mail()
    with told.world.installation.database.write() as session:
        made = {"number": 2, "fence": 0, "provider": "smtp", "outcome": "accepted", "started_at": told.world.now}
        session.add(last := Attempt(message_id=mail.message_id, **made))
    tally = record_reports(told.world.installation, [bounce(mail.message_id)])
    assert (tally.new, told.state(mail), told.scopes()) == (1, State.BOUNCED, {"all"})
    assert [event.attempt_id for event in told.kept()] == [last.id]


def test_a_full_mailbox_is_no_reason_never_to_write_again(told: Told) -> None:
    mail = told.mail()
    record_reports(told.world.installation, [bounce(mail.attempt_id, status="5.2.2")])
    assert told.state(mail) is State.BOUNCED
    assert told.scopes() == frozenset()


def test_a_complaint_stops_all_mails_of_that_person(told: Told) -> None:
    mail = told.mail("follow_up")
    record_reports(told.world.installation, [complaint(mail.attempt_id, address="redacted")])
    assert told.state(mail) is State.ACCEPTED
    assert told.scopes() == {"all"}


def test_reports_about_other_mails_are_counted_and_change_nothing(told: Told) -> None:
    mail = told.mail()
    foreign = [bounce(uuid4()), b"Subject: lunch?\r\n\r\nAt one?", bounce(mail.attempt_id, address="ole@example.com")]
    tally = record_reports(told.world.installation, foreign)
    assert (tally.new, tally.foreign) == (1, 2)
    assert told.scopes() == frozenset()


def test_reports_are_recorded_a_few_at_a_time_however_many_a_mailbox_holds(told: Told) -> None:
    raw = [bounce(told.mail(occurrence=number).attempt_id) for number in range(3)]
    handed: list[int] = []

    def mails() -> Iterator[bytes]:
        for each in [*raw, b"Subject: lunch?\r\n\r\nAt one?"]:
            handed.append(len(told.kept()))
            yield each

    tally = record_reports(told.world.installation, mails(), at_once=2)
    assert (tally.new, tally.foreign, tally.moved) == (3, 1, 3)
    assert handed == [0, 0, 2, 2]


def test_a_mailbox_of_either_kind_is_read_whole(told: Told, tmp_path: Path) -> None:
    mail = told.mail()
    one, other = mailbox.mbox(tmp_path / "mbox"), mailbox.Maildir(tmp_path / "maildir")
    for box in (one, other):
        box.add(bounce(mail.attempt_id))
        box.add(complaint(mail.attempt_id))
        box.flush()
    tallies = [record_reports(told.world.installation, _mails(tmp_path / name)) for name in ("mbox", "maildir")]
    assert [(tally.new, tally.known) for tally in tallies] == [(2, 0), (0, 2)]
