"""An SMTP server that is slow in ways that no time-out of a single read or write sees."""

from pathlib import Path

from tests.support.mails import a_mail
from tests.support.slow_smtp import slow_server
from tests.support.smtp import certificate
from worker.delivery.port import Verdict
from worker.delivery.smtp import Smtp
from worker.delivery.smtp_connection import LONGEST_TALK_S, PATIENCE_S, SHORTEST_ANSWER_S
from worker.delivery.smtp_server import parse_server
from worker.dispatch.policies import ATTEMPT_LEASE


def test_an_answer_that_only_ever_goes_on_leaves_it_open() -> None:
    """The lease of the attempt ends meanwhile, and another worker may send the same mail."""
    with slow_server(stutters=40) as server:
        provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"), patience_s=3)
        [outcome] = provider.deliver([a_mail()])
        provider.close()
    assert outcome.verdict is Verdict.UNKNOWN
    assert "after the mail was sent" in outcome.error


def test_content_that_is_taken_drop_by_drop_is_given_up_before_its_end(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    with slow_server(server_side, sips=18) as server:
        provider = Smtp(parse_server(f"smtps://127.0.0.1:{server.port}"), context=client_side, patience_s=3)
        [outcome] = provider.deliver([a_mail(html="<p>" + "x" * 6_000_000)])
        provider.close()
        assert server.broke_off.wait(60)
        assert server.mails == 0
        assert b"quit" not in server.end_of_broken.lower(), "what is said within a mail is part of it"
    assert outcome.verdict is Verdict.RETRY
    assert "before the mail was sent" in outcome.error


def test_an_answer_that_takes_its_time_is_heard(tmp_path: Path) -> None:
    with slow_server(stutters=3) as server:
        provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"))
        [outcome] = provider.deliver([a_mail()])
        provider.close()
    assert outcome.verdict is Verdict.ACCEPTED


def test_the_answer_is_waited_for_as_long_as_nobody_else_may_send_the_mail() -> None:
    assert LONGEST_TALK_S + SHORTEST_ANSWER_S < PATIENCE_S < ATTEMPT_LEASE.total_seconds()
