"""The outbox keeps mails, once per attempt."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select

from tests.support.mails import a_mail
from worker.clock import Clock
from worker.delivery.outbox import Outbox
from worker.delivery.port import Remembers, Verdict
from worker.delivery.registry import choose_provider
from worker.settings import ClockMode, Settings
from worker.store.models import OutboxMail
from worker.store.session import Database

LATER = datetime(2099, 5, 4, 9, 0, tzinfo=UTC)


def _outbox(database: Database) -> Outbox:
    return Outbox(database, Clock(database))


def test_a_mail_is_kept_as_it_would_have_gone_out(database: Database) -> None:
    mail = a_mail(message_id=None)
    (outcome,) = list(_outbox(database).deliver([mail]))
    assert outcome.verdict is Verdict.ACCEPTED
    with database.read() as session:
        kept = session.scalars(select(OutboxMail)).one()
    assert (kept.to, kept.subject, kept.html, kept.text) == (mail.to, mail.subject, mail.html, mail.text)
    assert kept.sender == "Northkettle <hello@news.northkettle.example>"
    assert kept.headers == {"Auto-Submitted": "auto-generated"}


def test_the_same_attempt_is_kept_once(database: Database) -> None:
    mail, outbox = a_mail(message_id=None), _outbox(database)
    assert [outcome.verdict for outcome in outbox.deliver([mail])] == [Verdict.ACCEPTED]
    assert [outcome.verdict for outcome in outbox.deliver([mail])] == [Verdict.ACCEPTED]
    with database.read() as session:
        assert len(session.scalars(select(OutboxMail)).all()) == 1


def test_it_can_always_say_what_it_was_given(database: Database) -> None:
    mail, outbox = a_mail(message_id=None), _outbox(database)
    list(outbox.deliver([mail]))
    assert isinstance(outbox, Remembers)
    assert outbox.has(mail.attempt_id)
    assert not outbox.has(uuid4())


def test_kept_mails_carry_business_time(database: Database) -> None:
    clock = Clock(database, ClockMode.SIMULATED)
    clock.move_to(LATER)
    list(Outbox(database, clock).deliver([a_mail(message_id=None)]))
    with database.read() as session:
        assert session.scalars(select(OutboxMail)).one().at >= LATER


def test_nothing_to_deliver_is_no_error(database: Database) -> None:
    assert list(_outbox(database).deliver([])) == []


def test_an_installation_without_a_key_keeps_its_mails(database: Database) -> None:
    assert choose_provider(Settings(_env_file=None), database, Clock(database)).name == "outbox"
