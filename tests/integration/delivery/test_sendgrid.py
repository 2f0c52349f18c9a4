"""SendGrid's provider against a real HTTP server."""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from tests.support.mails import a_mail
from tests.support.processes import wait_until
from tests.support.sendgrid import Behaviour, StandIn, stand_in
from worker.delivery.port import Health, Outcome, Verdict
from worker.delivery.sendgrid import CONNECTIONS, SendGrid


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def provider(server: StandIn) -> Iterator[SendGrid]:
    made = SendGrid(api_key=server.key, base_url=server.url, can_reconcile=True, total_timeout_s=2)
    yield made
    made.close()


def _one(provider: SendGrid, **changes: object) -> Outcome:
    (outcome,) = list(provider.deliver([a_mail(**changes)]))
    return outcome


def test_an_accepted_mail_has_sendgrids_message_id_as_its_receipt(server: StandIn, provider: SendGrid) -> None:
    outcome = _one(provider)
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.receipt
    assert len(server.mails) == 1


def test_a_hundred_mails_arrive_once_each(server: StandIn, provider: SendGrid) -> None:
    mails = [a_mail() for _ in range(100)]
    outcomes = list(provider.deliver(mails))
    assert {outcome.attempt_id for outcome in outcomes} == {mail.attempt_id for mail in mails}
    assert all(outcome.verdict is Verdict.ACCEPTED for outcome in outcomes)
    assert server.counts() == {str(mail.message_id): 1 for mail in mails}


def test_a_stream_with_its_own_key_uses_it(server: StandIn, provider: SendGrid) -> None:
    assert _one(provider, api_key="SG.other").verdict is Verdict.RETRY
    assert _one(provider).verdict is Verdict.ACCEPTED
    assert server.keys == ["SG.other", server.key]


def test_a_key_that_is_refused_raises_one_alarm_for_all_its_mails(server: StandIn, provider: SendGrid) -> None:
    with structlog.testing.capture_logs() as lines:
        list(provider.deliver([a_mail(api_key="SG.wrong", shop=shop) for shop in ("north", "south") * 50]))
        list(provider.deliver([a_mail(api_key="SG.other")]))
    assert [(line["event"], line["status"]) for line in lines] == [("delivery.provider.refused", 401)] * 2


def test_a_sender_that_is_refused_raises_an_alarm_for_its_own_shop(server: StandIn, provider: SendGrid) -> None:
    server.always = Behaviour(kind="answer", status=403)
    with structlog.testing.capture_logs() as lines:
        list(provider.deliver([a_mail(shop=shop) for shop in ("north", "south") * 5]))
    assert sorted(line["shop"] for line in lines) == ["north", "south"]


def test_a_full_queue_is_tried_again_when_sendgrid_says(server: StandIn, provider: SendGrid) -> None:
    server.script(Behaviour(kind="answer", status=429, headers={"Retry-After": "7"}))
    outcome = _one(provider)
    assert (outcome.verdict, outcome.retry_after) == (Verdict.RETRY, timedelta(seconds=7))
    assert server.mails == []


def test_a_refused_body_is_refused_for_good(server: StandIn, provider: SendGrid) -> None:
    outcome = _one(provider, subject="")
    assert outcome.verdict is Verdict.REFUSED
    assert len(server.refused) == 1


def test_a_reserved_header_is_refused(server: StandIn, provider: SendGrid) -> None:
    assert _one(provider, headers={"Subject": "another"}).verdict is Verdict.REFUSED


def test_a_server_error_leaves_it_open_whether_the_mail_was_taken(server: StandIn, provider: SendGrid) -> None:
    server.script(Behaviour(kind="answer", status=500, accepts=True), Behaviour(kind="answer", status=502))
    assert _one(provider).verdict is Verdict.UNKNOWN
    assert _one(provider).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_connection_lost_after_the_body_was_sent_leaves_it_open(
    server: StandIn, provider: SendGrid, kind: str
) -> None:
    server.script(Behaviour(kind=kind))
    outcome = _one(provider)
    assert outcome.verdict is Verdict.UNKNOWN
    assert "after the mail was sent" in outcome.error


def test_an_answer_that_never_comes_leaves_it_open(server: StandIn, provider: SendGrid) -> None:
    server.script(Behaviour(kind="black_hole", accepts=True))
    assert _one(provider).verdict is Verdict.UNKNOWN


def test_a_refused_connection_is_certainly_not_a_sent_mail() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider = SendGrid(api_key="SG.x", base_url=f"http://127.0.0.1:{unused.getsockname()[1]}", can_reconcile=False)
        outcome = _one(provider)
        provider.close()
    assert outcome.verdict is Verdict.RETRY
    assert "before the mail was sent" in outcome.error


def test_one_bad_mail_does_not_cost_the_others_their_outcome(server: StandIn, provider: SendGrid) -> None:
    good, bad = a_mail(), a_mail(to="not an address", headers={"X-Number": 7})
    verdicts = {outcome.attempt_id: outcome.verdict for outcome in provider.deliver([bad, good])}
    assert verdicts == {good.attempt_id: Verdict.ACCEPTED, bad.attempt_id: Verdict.REFUSED}


def test_a_closed_provider_has_ended_its_thread(server: StandIn) -> None:
    provider = SendGrid(api_key=server.key, base_url=server.url, can_reconcile=True)
    assert _one(provider).verdict is Verdict.ACCEPTED
    provider.close()
    provider.close()


def test_a_provider_that_is_closed_amid_its_calls_tells_what_became_of_each(server: StandIn) -> None:
    server.always = Behaviour(kind="black_hole", accepts=True)
    provider = SendGrid(api_key=server.key, base_url=server.url, can_reconcile=True)
    arrivals = provider.deliver([a_mail() for _ in range(CONNECTIONS + 6)])
    wait_until(lambda: len(server.mails) == CONNECTIONS, "every connection has a call")
    provider.close()
    outcomes = list(arrivals)
    assert Counter(outcome.verdict for outcome in outcomes) == {Verdict.UNKNOWN: CONNECTIONS, Verdict.RETRY: 6}
    assert {outcome.health for outcome in outcomes} == {Health.UNTOLD}, "SendGrid has not failed"
    assert not [outcome for outcome in outcomes if "never ended" in outcome.error]


def test_a_provider_that_is_closed_before_its_calls_begin_refuses_no_mail(server: StandIn) -> None:
    provider = SendGrid(api_key=server.key, base_url=server.url.replace("127.0.0.1", "localhost"), can_reconcile=True)
    assert _one(provider).verdict is Verdict.ACCEPTED
    for _ in range(20):
        arrivals = provider.deliver([a_mail() for _ in range(5)])
        provider.close()
        outcomes = list(arrivals)
        assert {outcome.verdict for outcome in outcomes} <= {Verdict.ACCEPTED, Verdict.RETRY, Verdict.UNKNOWN}
        assert not [outcome for outcome in outcomes if "never ended" in outcome.error]
    assert _one(provider).verdict is Verdict.ACCEPTED, "it can be used again"
    provider.close()


def test_no_error_tells_an_address(server: StandIn, provider: SendGrid) -> None:
    server.script(Behaviour(kind="answer", status=400, errors=("mia@example.com was refused",)))
    assert "mia" not in _one(provider).error
