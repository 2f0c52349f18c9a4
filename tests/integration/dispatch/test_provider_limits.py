"""What the provider can take is known to all workers through the database: its limit, and whether it lives at all."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from schedules.lifecycle import State
from tests.support.dispatching import World, delivered_facts
from tests.support.sendgrid import Behaviour, StandIn, stand_in
from worker.delivery.sendgrid import SendGrid
from worker.dispatch.breaker import FAILURES, FIRST_REST
from worker.dispatch.service import deliver_batch, sweep_due
from worker.reports.providers import KeyLine, read_keys
from worker.store.models import Shop
from worker.timetravel import next_due, outstanding

OUT = Behaviour(kind="answer", status=503)
BATCH = 8
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def sending(world: World, server: StandIn) -> Iterator[World]:
    _another_worker(world, server)
    yield world
    world.installation.provider.close()


def _another_worker(world: World, server: StandIn) -> None:
    """What a process knows by itself is forgotten; what the database says stays."""
    provider = SendGrid(api_key=server.key, base_url=server.url, can_reconcile=True, total_timeout_s=2)
    world.installation.__dict__["provider"] = provider


def _due(world: World, number: int) -> list[UUID]:
    return [world.add_message(occurrence=each) for each in range(number)]


def _keys(world: World) -> list[KeyLine]:
    with world.installation.database.read() as session:
        return read_keys(session, now=world.now)


def test_an_outage_is_noticed_once_for_all_and_costs_no_mail(sending: World, server: StandIn) -> None:
    messages, server.always = _due(sending, 20), OUT
    with capture_logs() as lines:
        deliver_batch(sending.installation, BATCH)
    sending.installation.provider.close()
    _another_worker(sending, server)
    assert (deliver_batch(sending.installation, BATCH), server.requests) == (0, BATCH)
    assert sweep_due(sending.installation) == 0
    assert {sending.state(each) for each in messages} == {State.SCHEDULED}
    assert [line["alarm"] for line in lines if line["event"] == "dispatch.provider.paused"] == [True]
    assert [(line.state, line.failures >= FAILURES) for line in _keys(sending)] == [("paused", True)]


def test_after_its_rest_one_mail_tries_and_then_all_follow(sending: World, server: StandIn) -> None:
    messages, server.always = _due(sending, 20), OUT
    deliver_batch(sending.installation, BATCH)
    sending.pass_time(FIRST_REST * 1.1)
    assert sweep_due(sending.installation) == 1
    assert deliver_batch(sending.installation, BATCH) == 1
    assert (server.requests, _keys(sending)[0].state) == (BATCH + 1, "paused")
    server.always = Behaviour()
    sending.pass_time(FIRST_REST * 2.2)
    assert deliver_batch(sending.installation, BATCH) == 1
    assert (len(server.mails), _keys(sending)[0].state) == (1, "open")
    sending.pass_time(timedelta(hours=1))
    while deliver_batch(sending.installation, BATCH):
        pass
    assert server.counts() == {str(each): 1 for each in messages}


def test_simulated_time_passes_an_outage_instead_of_waiting_for_it(sending: World, server: StandIn) -> None:
    _due(sending, 20)
    server.always = OUT
    deliver_batch(sending.installation, BATCH)
    assert outstanding(sending.installation) == 0
    following = next_due(sending.installation)
    assert following is not None
    assert timedelta(0) < following - sending.now <= FIRST_REST * 1.1


def test_a_limit_in_the_headers_is_shared_and_never_passed(sending: World, server: StandIn) -> None:
    _due(sending, 20)
    server.always = Behaviour(headers={"X-RateLimit-Limit": "8", "X-RateLimit-Reset": "60"})
    server.script(*(_left(number) for number in range(7, -1, -1)))
    deliver_batch(sending.installation, 3)
    _another_worker(sending, server)
    deliver_batch(sending.installation, BATCH)
    assert (len(server.mails), deliver_batch(sending.installation, BATCH)) == (8, 0)
    assert [(line.state, line.remaining, line.allowed) for line in _keys(sending)] == [("limited", 0, 8)]
    sending.pass_time(MINUTE)
    deliver_batch(sending.installation, BATCH)
    assert len(server.mails) == 16


def _left(number: int) -> Behaviour:
    headers = {"X-RateLimit-Limit": "8", "X-RateLimit-Remaining": str(number), "X-RateLimit-Reset": "60"}
    return Behaviour(kind="answer", status=202, headers=headers, accepts=True)


def test_one_429_stops_every_worker_until_the_provider_wants_more(sending: World, server: StandIn) -> None:
    messages = _due(sending, 20)
    server.script(Behaviour(kind="answer", status=429, headers={"Retry-After": "30"}))
    deliver_batch(sending.installation, 1)
    assert (deliver_batch(sending.installation, BATCH), server.requests) == (0, 1)
    sending.pass_time(timedelta(seconds=40))
    while deliver_batch(sending.installation, BATCH):
        pass
    assert server.counts() == {str(each): 1 for each in messages}


def test_a_key_that_fails_keeps_no_other_from_sending(sending: World, server: StandIn) -> None:
    sealed = sending.installation.sealer.seal("SG.revoked")
    with sending.installation.database.write() as session:
        session.get_one(Shop, sending.shop_id).stream_keys = {"marketing": {"sealed": sealed}}
    receipts = _due(sending, 3)
    sending.become(delivered_facts(sending.now))
    stopped = [sending.add_message("follow_up", occurrence=number) for number in range(2)]
    deliver_batch(sending.installation, BATCH)
    assert server.keys.count("SG.revoked") == 1
    receipts.append(sending.add_message("shipping"))
    sending.pass_time(timedelta(seconds=5))
    deliver_batch(sending.installation, BATCH)
    assert server.keys.count("SG.revoked") == 1
    assert {sending.state(each) for each in stopped} == {State.SCHEDULED}
    assert State.ATTEMPTING not in {sending.state(each) for each in receipts}
    assert sorted(line.state for line in _keys(sending)) == ["open", "paused"]
