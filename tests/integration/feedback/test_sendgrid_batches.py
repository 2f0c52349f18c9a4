"""The door for SendGrid's events: signature, copies, order, size, odd bodies."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from schedules.lifecycle import State
from tests.integration.feedback.conftest import Told
from tests.integration.web.conftest import serving
from tests.support.dispatching import build_world
from tests.support.installation import installed
from tests.support.sendgrid_events import EventSigner, an_event, batch
from worker.store.session import Database
from worker.store.types import new_id

LIFE = ("processed", "deferred", "delivered", "open", "click", "never_heard_of")


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


def test_without_a_key_there_is_no_such_door(database: Database, tmp_path: Path) -> None:
    world = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    signer = EventSigner()
    for url in serving(world.installation):
        assert Told(world, url, signer).tell() == 404


def test_a_key_that_is_none_makes_sendgrid_try_again_and_raises_an_alarm(database: Database, tmp_path: Path) -> None:
    settings = {"secret_key": "a test's secret key", "sendgrid_event_public_key": "bm9uc2Vuc2U="}
    world = build_world(installed(database, tmp_path, clock="simulated", **settings))
    for url in serving(world.installation):
        with structlog.testing.capture_logs() as logs:
            assert Told(world, url, EventSigner()).tell() == 503
        assert [line["event"] for line in logs if line.get("alarm")] == ["feedback.key.unusable"]


def test_copies_count_once_even_under_another_event_id(told: Told) -> None:
    mail = told.mail()
    copies = [mail.event("delivered", sg_event_id=f"copy-{number}") for number in range(46)]
    assert told.tell(*copies[:3]) == 200
    assert told.tell(*copies[3:]) == 200
    assert [event.kind for event in told.kept()] == ["delivered"]
    assert len(told.world.history(mail.message_id)) == 1


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_any_cut_into_batches_ends_the_same(told: Told, seed: int) -> None:
    chance = random.Random(seed)
    mail = told.mail(state=State.UNKNOWN)
    events = [mail.event(kind, timestamp=1936602000 + number) for number, kind in enumerate(LIFE)] * 2
    chance.shuffle(events)
    while events:
        size = chance.randint(1, 4)
        assert told.tell(*events[:size]) == 200
        events = events[size:]
    assert told.state(mail) is State.DELIVERED
    assert tuple(event.kind for event in told.kept()) == LIFE


def test_kinds_nobody_heard_of_are_kept_with_their_words(told: Told) -> None:
    mail = told.mail()
    assert told.tell(mail.event("teleported", to="nowhere", speed=3, nested={"a": 1})) == 200
    [event] = told.kept()
    assert (event.kind, event.provider, event.details["speed"]) == ("teleported", "sendgrid", 3)
    assert "nested" not in event.details
    assert told.state(mail) is State.ACCEPTED


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 + 1, 10**30 + 7, -(2**63) - 1])
def test_a_number_of_any_length_is_kept_to_its_last_digit(told: Told, number: int) -> None:
    mail = told.mail()
    assert told.tell(mail.event("delivered", campaign=number)) == 200
    [kept] = told.kept()
    assert kept.details["campaign"] == number


def test_events_of_mails_that_are_not_ours_are_taken_and_forgotten(told: Told) -> None:
    stranger = an_event("delivered", new_id(), new_id())
    newsletter = {"email": "noah@example.com", "event": "unsubscribe", "timestamp": 1}
    assert told.tell(stranger, newsletter) == 200
    assert told.kept() == []
    assert told.scopes("noah@example.com") == frozenset()


def test_an_empty_batch_is_fine(told: Told) -> None:
    assert told.tell() == 200


@pytest.mark.parametrize("body", [b"", b"{", b'"text"'])
def test_a_signed_body_that_is_no_batch_raises_an_alarm(told: Told, body: bytes) -> None:
    with structlog.testing.capture_logs() as logs:
        assert told.post(body, told.signer.headers(body)) == 400
    assert [line["event"] for line in logs if line.get("alarm")] == ["feedback.batch.unreadable"]


def test_a_batch_of_five_megabytes_is_worked_in_whole(told: Told) -> None:
    mails = [told.mail(occurrence=number) for number in range(20)]
    padding = "x" * 200
    events = []
    size = 0
    while size < 4_900_000:
        mail = mails[len(events) % len(mails)]
        kind = ("processed", "delivered", "open")[len(events) % 3]
        events.append(mail.event(kind, timestamp=1936602000 + len(events), response=padding))
        size += len(json.dumps(events[-1])) + 3
    assert told.tell(*events) == 200
    assert len(told.kept()) == len(events)
    assert {told.state(mail) for mail in mails} == {State.DELIVERED}


def test_a_larger_one_is_refused(told: Told) -> None:
    body = batch(told.mail().event("delivered", response="x" * 5 * 1024 * 1024))
    assert told.post(body, told.signer.headers(body)) == 413


def test_batches_that_arrive_at_once_do_not_hinder_each_other(told: Told) -> None:
    mails = [told.mail(occurrence=number) for number in range(40)]
    bodies = []
    for part in range(6):
        events = [mail.event("delivered", timestamp=1936602000 + part) for mail in mails]
        random.Random(part).shuffle(events)
        bodies.append(batch(*events))
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: told.post(body, told.signer.headers(body)), bodies * 2))
    assert answers == [200] * len(answers)
    assert len(told.kept()) == len(mails) * len(bodies)
    assert {told.state(mail) for mail in mails} == {State.DELIVERED}
