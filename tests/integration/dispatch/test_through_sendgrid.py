"""Dispatch with SendGrid's provider against the stand-in: each mail arrives once, whatever the server does."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from schedules.facts import Facts
from schedules.lifecycle import State
from schedules.timing import local_day, zone
from tests.support.dispatching import World, delivered_facts
from tests.support.orders import a_parcel, an_order
from tests.support.sendgrid import Behaviour, StandIn, stand_in
from worker.delivery.sendgrid import SendGrid
from worker.dispatch.policies import GRACE
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.rendering.renderer import Renderer
from worker.store.models import Shop

STOCKHOLM = zone("Europe/Stockholm")


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def sending(world: World, server: StandIn) -> Iterator[World]:
    provider = SendGrid(api_key=server.key, base_url=server.url, can_reconcile=True, total_timeout_s=2)
    world.installation.__dict__["provider"] = provider
    yield world
    provider.close()


def test_every_due_mail_arrives_once_and_is_valid(sending: World, server: StandIn) -> None:
    messages = [sending.add_message(occurrence=number) for number in range(30)]
    assert deliver_batch(sending.installation) == 30
    assert server.counts() == {str(message_id): 1 for message_id in messages}
    assert server.refused == []
    assert {sending.state(message_id) for message_id in messages} == {State.ACCEPTED}


def test_the_three_real_mails_are_valid_requests(sending: World, server: StandIn) -> None:
    sending.installation.__dict__["renderer"] = Renderer()
    sending.become(delivered_facts(sending.now))
    follow_up = sending.add_message("follow_up")
    deliver_batch(sending.installation)
    shipped = sending.now - timedelta(hours=1)
    sending.become(Facts(order=an_order(shipped - timedelta(days=1)), parcels=(a_parcel(shipped),)))
    rest = [sending.add_message(), sending.add_message("shipping", parcel_group=local_day(shipped, STOCKHOLM))]
    deliver_batch(sending.installation)
    assert [sending.message(each).reason for each in (follow_up, *rest)] == ["sendgrid took it"] * 3
    assert server.refused == []
    assert len({mail["subject"] for mail in server.mails}) == 3


def test_the_attempt_in_custom_args_is_the_one_in_the_database(sending: World, server: StandIn) -> None:
    message_id = sending.add_message()
    deliver_batch(sending.installation)
    assert server.mails[0]["custom_args"]["attempt"] == str(sending.attempts(message_id)[0].id)


def test_words_that_no_database_takes_cost_no_outcome(sending: World, server: StandIn) -> None:
    server.script(Behaviour(kind="answer", status=400, errors=("the name M\x00ia \ud83d is odd",)))
    messages = [sending.add_message(occurrence=number) for number in range(3)]
    deliver_batch(sending.installation)
    states = sorted(sending.state(message_id) for message_id in messages)
    assert states == [State.ACCEPTED, State.ACCEPTED, State.FAILED]
    [refused] = [message_id for message_id in messages if sending.state(message_id) is State.FAILED]
    assert "the name Mia ? is odd" in sending.attempts(refused)[0].error


def test_a_server_that_is_busy_gets_the_mail_later_once(sending: World, server: StandIn) -> None:
    server.script(Behaviour(kind="answer", status=429, headers={"Retry-After": "60"}))
    message_id = sending.add_message()
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.SCHEDULED
    assert deliver_batch(sending.installation) == 0
    sending.pass_time(timedelta(minutes=2))
    deliver_batch(sending.installation)
    assert server.counts() == {str(message_id): 1}


def test_a_wrong_key_keeps_the_mail_until_somebody_mends_it(sending: World, server: StandIn) -> None:
    server.key = "SG.rotated"
    message_id = sending.add_message()
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.SCHEDULED
    server.key = "SG.stand-in"
    sending.pass_time(timedelta(hours=1))
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.ACCEPTED


def test_a_marketing_mail_whose_answer_was_lost_is_not_sent_twice(sending: World, server: StandIn) -> None:
    sending.become(delivered_facts(sending.now))
    server.script(Behaviour(kind="drop_after"))
    message_id = sending.add_message("follow_up")
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.UNKNOWN
    sending.pass_time(GRACE)
    sweep_leases(sending.installation)
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.ABANDONED
    assert server.counts() == {str(message_id): 1}


def test_a_receipt_whose_answer_was_lost_is_sent_again_after_its_grace(sending: World, server: StandIn) -> None:
    server.script(Behaviour(kind="drop_before"))
    message_id = sending.add_message()
    deliver_batch(sending.installation)
    sending.pass_time(GRACE)
    sweep_leases(sending.installation)
    sending.pass_time(timedelta(minutes=5))
    deliver_batch(sending.installation)
    assert sending.state(message_id) is State.ACCEPTED
    assert server.counts() == {str(message_id): 1}


def test_two_dispatchers_at_once_send_each_mail_once(sending: World, server: StandIn) -> None:
    messages = [sending.add_message(occurrence=number) for number in range(40)]
    threads = [threading.Thread(target=deliver_batch, args=(sending.installation, 20)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.counts() == {str(message_id): 1 for message_id in messages}


def test_two_dispatchers_at_once_respect_the_cap_of_one_person(sending: World, server: StandIn) -> None:
    sending.become(delivered_facts(sending.now))
    for number in range(6):
        sending.add_message("follow_up", occurrence=number)
    threads = [threading.Thread(target=deliver_batch, args=(sending.installation, 2)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.mails) == 1


def test_a_stream_with_a_key_of_its_own_uses_it_and_the_other_does_not(sending: World, server: StandIn) -> None:
    sealed = sending.installation.sealer.seal("SG.receipts")
    with sending.installation.database.write() as session:
        session.get_one(Shop, sending.shop_id).stream_keys = {"transactional": {"sealed": sealed}}
    server.script(Behaviour(kind="answer", status=503))
    receipt = sending.add_message()
    deliver_batch(sending.installation)
    assert server.keys == ["SG.receipts"]
    assert sending.state(receipt) is State.SCHEDULED
    sending.become(delivered_facts(sending.now))
    follow_up = sending.add_message("follow_up")
    deliver_batch(sending.installation)
    assert server.keys == ["SG.receipts", server.key]
    assert sending.state(follow_up) is State.ACCEPTED
