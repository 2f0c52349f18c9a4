"""The door for SendGrid's events: signature, copies, order, size."""

from schedules.lifecycle import State
from tests.integration.feedback.conftest import Told
from tests.support.sendgrid_events import EventSigner, batch


def test_a_signed_batch_with_its_trailing_crlf_moves_the_message(told: Told) -> None:
    mail = told.mail()
    assert told.tell(mail.event("delivered")) == 200
    assert told.state(mail) is State.DELIVERED


def test_the_trailing_crlf_is_part_of_what_is_signed(told: Told) -> None:
    mail = told.mail()
    body = batch(mail.event("delivered"))
    assert body.endswith(b"\r\n")
    assert told.post(body.rstrip(), told.signer.headers(body)) == 401
    assert told.kept() == []


def test_another_signer_is_refused(told: Told) -> None:
    mail = told.mail()
    body = batch(mail.event("delivered"))
    assert told.post(body, EventSigner().headers(body)) == 401
    assert told.post(body, {}) == 401
    assert told.state(mail) is State.ACCEPTED
