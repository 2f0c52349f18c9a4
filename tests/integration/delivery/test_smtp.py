"""The SMTP provider against a real SMTP server."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
import structlog

from tests.support.mails import a_mail
from tests.support.smtp import PASSWORD, USER, MailServer, certificate, mail_server
from worker.delivery import smtp_connection
from worker.delivery.port import MESSAGE_HEADER, NO_MESSAGE, Health, Outcome, OutgoingMail, Verdict
from worker.delivery.smtp import CONNECTIONS, Smtp
from worker.delivery.smtp_server import SmtpServer, Tls, parse_server

LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def provider(server: MailServer) -> Iterator[Smtp]:
    made = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"))
    yield made
    made.close()


@pytest.fixture
def impatient(server: MailServer) -> Iterator[Smtp]:
    """For a server that never answers."""
    made = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"), patience_s=3)
    yield made
    made.close()


def _one(provider: Smtp, **changes: object) -> Outcome:
    (outcome,) = list(provider.deliver([a_mail(**changes)]))
    return outcome


def test_a_login_that_is_refused_raises_one_alarm_for_all_mails() -> None:
    with mail_server(auth_required=True, auth_require_tls=False) as server:
        made = Smtp(parse_server(f"smtp://{USER}:wrong@127.0.0.1:{server.port}"))
        with structlog.testing.capture_logs() as lines:
            outcomes = list(made.deliver([a_mail() for _ in range(12)]))
        made.close()
    assert {outcome.verdict for outcome in outcomes} == {Verdict.RETRY}
    assert [(line["event"], line["alarm"]) for line in lines] == [("delivery.provider.refused", True)]


def test_a_mail_arrives_whole(server: MailServer, provider: Smtp) -> None:
    links = {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<https://mail.northkettle.example/u/{'t' * 180}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    html = "<p>Grüße aus Galway: " + "lange Zeile " * 200 + "</p>\n.\n<p>Punkt</p>"
    mail = a_mail(
        subject="Wie läuft’s mit dem Dripper 02?", text="Hallo Mia,\n.\n..Punkte bleiben.", html=html, headers=links
    )
    (outcome,) = list(provider.deliver([mail]))
    assert outcome.verdict is Verdict.ACCEPTED
    assert "queued as NK1" in outcome.receipt
    (got,) = server.mails
    assert got["From"] == "Northkettle <hello@news.northkettle.example>"
    assert (got["To"], got["Reply-To"]) == ("mia@example.com", "help@northkettle.example")
    assert got["Subject"] == "Wie läuft’s mit dem Dripper 02?"
    assert got["List-Unsubscribe"] == links["List-Unsubscribe"]
    assert got.get_content_type() == "multipart/alternative"
    text, shown = got.iter_parts()
    assert text.get_content().splitlines() == ["Hallo Mia,", ".", "..Punkte bleiben."]
    assert shown.get_content().splitlines() == html.splitlines()
    assert shown.get_content_type() == "text/html"


def test_headers_that_mailboxes_read_stand_in_one_piece(server: MailServer, provider: Smtp) -> None:
    """An encoded word in List-Unsubscribe is no link (RFC 2047, 5; RFC 8058, 3.1): no button would be shown."""
    headers = {
        "List-Unsubscribe": f"<https://mail.northkettle.example/u/{'t' * 180}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<northkettle.news.{'n' * 60}.example>",
    }
    _one(provider, headers=headers)
    content = server.envelopes[0].content
    assert isinstance(content, bytes)
    lines = content.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    assert [line for line in lines if line.startswith("List-")] == [f"{key}: {text}" for key, text in headers.items()]


def test_a_mail_that_is_sent_again_is_the_same_mail_to_whoever_has_it(server: MailServer, provider: Smtp) -> None:
    """After a lost answer nobody can tell; mailboxes that drop a second copy know it by its Message-ID."""
    mail = a_mail()
    for again in (mail, replace(mail, attempt_id=uuid4())):
        list(provider.deliver([again]))
    assert {got["Message-ID"] for got in server.mails} == {f"<{mail.message_id}@news.northkettle.example>"}
    assert {got[MESSAGE_HEADER] for got in server.mails} == {str(mail.message_id)}


def test_a_mail_that_belongs_to_no_message_is_known_by_its_attempt(server: MailServer, provider: Smtp) -> None:
    mails = [a_mail(message_id=NO_MESSAGE) for _ in range(2)]
    list(provider.deliver(mails))
    assert {got["Message-ID"] for got in server.mails} == {
        f"<{mail.attempt_id}@news.northkettle.example>" for mail in mails
    }


def test_no_line_is_longer_than_servers_take(server: MailServer, provider: Smtp) -> None:
    _one(provider, html="<p>" + "x" * 5000 + "</p>", headers={"X-Long": "y" * 300})
    content = server.envelopes[0].content
    assert isinstance(content, bytes)
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_a_hundred_mails_arrive_once_each_over_a_few_connections(server: MailServer, provider: Smtp) -> None:
    mails = [a_mail() for _ in range(100)]
    outcomes = list(provider.deliver(mails))
    assert {outcome.attempt_id for outcome in outcomes} == {mail.attempt_id for mail in mails}
    assert {outcome.verdict for outcome in outcomes} == {Verdict.ACCEPTED}
    assert sorted(got["Message-ID"] for got in server.mails) == sorted(
        f"<{mail.message_id}@news.northkettle.example>" for mail in mails
    )
    assert server.connections <= 2 * CONNECTIONS


@pytest.mark.parametrize("command", ["RCPT", "CONTENT"])
def test_what_may_pass_is_tried_again_and_what_will_not_is_refused(
    server: MailServer, provider: Smtp, command: str
) -> None:
    server.script.extend([(command, "451 4.7.1 Greylisted"), (command, "550 5.1.1 No such user")])
    assert _one(provider).verdict is Verdict.RETRY
    refused = _one(provider)
    assert (refused.verdict, refused.error) == (Verdict.REFUSED, "the mail server answered 550 5.1.1 No such user")
    assert _one(provider).verdict is Verdict.ACCEPTED
    assert len(server.mails) == 1
    assert server.connections == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", "550 5.1.8 Sender address rejected: domain not found"),
        ("MAIL", "553 Sender is not allowed to relay"),
        ("RCPT", "553 5.7.1 Sender address rejected: not owned by user"),
        ("RCPT", "554 5.7.1 <mia@example.com>: Relay access denied"),
        ("CONTENT", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        ("CONTENT", "550 5.7.26 This mail has been blocked because the sender is unauthenticated"),
        ("CONTENT", "550 5.1.8 Access denied, bad outbound sender"),
        ("CONTENT", "550 5.4.5 Daily user sending limit exceeded"),
        ("CONTENT", "554 5.2.252 SendAsDenied; not allowed to send as"),
        ("CONTENT", "554 Message rejected: Email address is not verified."),
    ],
)
def test_a_sender_that_is_turned_away_waits_for_whoever_mends_it(
    server: MailServer, provider: Smtp, command: str, answer: str
) -> None:
    """It is no message's fault, and other shops' senders may be fine."""
    server.script.extend([(command, answer)] * 2)
    with structlog.testing.capture_logs() as lines:
        outcomes = [_one(provider, shop="north"), _one(provider, shop="north"), _one(provider, shop="south")]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.RETRY, Verdict.RETRY, Verdict.ACCEPTED]
    assert [outcome.health for outcome in outcomes] == [Health.UP] * 3
    assert [(line["event"], line["shop"]) for line in lines] == [("delivery.provider.refused", "north")]


@pytest.mark.parametrize(
    "answer", ["550 5.7.1 Looks like spam", "552 5.3.4 Too big", "550 5.1.1 No such user", "554 No"]
)
def test_content_that_is_turned_away_for_itself_is_refused(server: MailServer, provider: Smtp, answer: str) -> None:
    server.script.append(("CONTENT", answer))
    assert _one(provider).verdict is Verdict.REFUSED


def test_a_server_that_took_too_long_to_greet_gets_no_mail_that_may_be_somebody_elses_by_now(
    server: MailServer, provider: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting counts too: after the lease of an attempt another worker may be sending the same mail."""
    server.greets_after_s = 0.4
    with monkeypatch.context() as sooner:
        sooner.setattr(smtp_connection, "LONGEST_TALK_S", 0.2)
        slow = _one(provider)
    assert (slow.verdict, slow.error) == (Verdict.RETRY, "the mail server was too slow")
    assert server.mails == []
    assert _one(provider).verdict is Verdict.ACCEPTED
    assert server.connections == 1


def test_a_mail_that_waited_too_long_for_a_connection_is_given_back(
    server: MailServer, impatient: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several deliveries share the connections, and the lease of each attempt runs while it waits for one."""
    server.script.extend([("CONTENT", "silence")] * CONNECTIONS)
    busy = threading.Thread(target=lambda: list(impatient.deliver([a_mail() for _ in range(CONNECTIONS)])))
    busy.start()
    while server.script:
        time.sleep(0.01)
    monkeypatch.setattr(smtp_connection, "LONGEST_TALK_S", 0.5)
    waited = _one(impatient)
    busy.join()
    assert (waited.verdict, waited.error, waited.health) == (Verdict.RETRY, smtp_connection.TOO_SLOW, Health.UNTOLD)
    assert server.mails == []


def test_content_that_never_left_whole_is_certainly_not_a_sent_mail() -> None:
    """The server is gone in the middle of it: without its end no server takes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_hang_up_within_content, args=(listening,), daemon=True).start()
        provider = Smtp(parse_server(f"smtp://127.0.0.1:{listening.getsockname()[1]}"))
        outcome = _one(provider, html="<p>" + "x" * 6_000_000)
        provider.close()
    assert outcome.verdict is Verdict.RETRY
    assert "before the mail was sent" in outcome.error


def _hang_up_within_content(listening: socket.socket) -> None:
    talk, _ = listening.accept()
    with talk, talk.makefile("rb") as lines:
        talk.sendall(b"220 here\r\n")
        for _ in range(4):  # EHLO, MAIL, RCPT, DATA
            command = lines.readline()
            talk.sendall(b"354 go on\r\n" if command.startswith(b"DATA") else b"250 fine\r\n")


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_content_is_certainly_not_a_sent_mail(
    server: MailServer, provider: Smtp, command: str
) -> None:
    server.script.append((command, "drop"))
    outcome = _one(provider)
    assert outcome.verdict is Verdict.RETRY
    assert "before the mail was sent" in outcome.error
    assert _one(provider).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("end", ["drop", "silence"])
def test_a_connection_without_an_answer_to_the_content_leaves_it_open(
    server: MailServer, impatient: Smtp, end: str
) -> None:
    server.script.append(("CONTENT", end))
    outcome = _one(impatient)
    assert outcome.verdict is Verdict.UNKNOWN
    assert "after the mail was sent" in outcome.error
    assert _one(impatient).verdict is Verdict.ACCEPTED


def test_a_refused_connection_is_certainly_not_a_sent_mail() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider = Smtp(parse_server(f"smtp://127.0.0.1:{unused.getsockname()[1]}"))
        assert _one(provider).verdict is Verdict.RETRY
        provider.close()


@pytest.mark.parametrize("changes", [{"password": "schlüssel"}, {"host": "mail..example"}])
def test_a_connection_that_cannot_even_be_tried_fails_no_mail(changes: dict[str, str]) -> None:
    with mail_server(auth_required=True, auth_require_tls=False) as server:
        told = SmtpServer(host="127.0.0.1", port=server.port, tls=Tls.NEVER, user=USER, password=PASSWORD)
        provider = Smtp(replace(told, **changes))
        outcome = _one(provider)
        provider.close()
    assert (outcome.verdict, outcome.health) == (Verdict.RETRY, Health.REFUSES)


def test_a_server_that_closed_an_idle_connection_is_called_again(server: MailServer, provider: Smtp) -> None:
    assert _one(provider).verdict is Verdict.ACCEPTED
    server.script.append(("MAIL", "421 4.4.2 Idle for too long"))
    assert _one(provider).verdict is Verdict.RETRY
    assert _one(provider).verdict is Verdict.ACCEPTED
    assert server.connections == 2


def test_starttls_and_login_come_before_any_mail(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    with mail_server(tls_context=server_side, require_starttls=True, auth_required=True) as server:
        url = f"smtp://{LOGIN}127.0.0.1:{server.port}?starttls=required"
        provider = Smtp(parse_server(url), context=client_side)
        assert _one(provider).verdict is Verdict.ACCEPTED
        provider.close()
        assert (server.encrypted, server.logins) == ([True], [USER])


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd takes TLS from the first byte for none
def test_implicit_tls_and_login_come_before_any_mail(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    with mail_server(ssl_context=server_side, auth_required=True, auth_require_tls=False) as server:
        provider = Smtp(parse_server(f"smtps://{LOGIN}127.0.0.1:{server.port}"), context=client_side)
        assert _one(provider).verdict is Verdict.ACCEPTED
        provider.close()
        assert server.logins == [USER]


def test_a_wrong_password_waits_for_whoever_mends_it(tmp_path: Path) -> None:
    server_side, client_side = certificate(tmp_path)
    with mail_server(tls_context=server_side, auth_required=True) as server:
        url = f"smtp://{USER}:wrong@127.0.0.1:{server.port}?starttls=required"
        provider = Smtp(parse_server(url), context=client_side)
        outcome = _one(provider)
        provider.close()
    assert outcome.verdict is Verdict.RETRY
    assert "535" in outcome.error
    assert "wrong" not in outcome.error


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    server_side, _ = certificate(tmp_path)
    with mail_server(tls_context=server_side) as server:
        provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}?starttls=required"))
        outcome = _one(provider)
        provider.close()
    assert (outcome.verdict, outcome.error) == (Verdict.RETRY, "the mail server's certificate is not to be trusted")
    assert server.mails == []


def test_nothing_goes_in_clear_text_where_encryption_is_required(server: MailServer) -> None:
    provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}?starttls=required"))
    assert _one(provider).verdict is Verdict.RETRY
    provider.close()
    assert server.mails == []


def test_an_address_outside_ascii_needs_a_server_that_takes_it(tmp_path: Path) -> None:
    for knows, expected in ((True, Verdict.ACCEPTED), (False, Verdict.REFUSED)):
        with mail_server(enable_SMTPUTF8=knows) as server:
            provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"))
            assert _one(provider, to="märta@example.com").verdict is expected
            provider.close()
            assert not knows or {"SMTPUTF8", "BODY=8BITMIME"} <= set(server.options[0])


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("mia@käse.example", "mia@xn--kse-qla.example"),
        ("mia@straße.example", "mia@xn--strae-oqa.example"),
        ("mia@i❤.example", "mia@xn--i-7iq.example"),
        ("mia@example.com.", "mia@example.com"),
        ('"mia byrne"@example.com', '"mia byrne"@example.com'),
        ("mia..byrne@example.com", '"mia..byrne"@example.com'),
        (".mia.@example.com", '".mia."@example.com'),
    ],
)
def test_an_address_goes_to_the_mailbox_that_it_names(
    server: MailServer, provider: Smtp, given: str, written: str
) -> None:
    """Since IDNA 2008 straße is another domain than strasse; and dots as some carriers gave out need quotes."""
    assert _one(provider, to=given).verdict is Verdict.ACCEPTED
    assert server.envelopes[0].rcpt_tos[0] in (written, written.replace('"', ""))  # aiosmtpd takes some quotes off
    content = server.envelopes[0].content
    assert isinstance(content, bytes)
    assert f"\r\nTo: {written}\r\n".encode() in content


@pytest.mark.parametrize(
    "changes",
    [{"to": "not an address"}, {"to": ""}, {"subject": "two\nlines"}, {"headers": {"Subject": "another"}}],
)
def test_one_bad_mail_does_not_cost_the_others_their_outcome(
    server: MailServer, provider: Smtp, changes: dict[str, object]
) -> None:
    good: OutgoingMail = a_mail()
    bad = a_mail(**changes)
    verdicts = {outcome.attempt_id: outcome.verdict for outcome in provider.deliver([bad, good])}
    assert verdicts == {good.attempt_id: Verdict.ACCEPTED, bad.attempt_id: Verdict.REFUSED}


def test_no_error_tells_an_address(server: MailServer, provider: Smtp) -> None:
    server.script.append(("RCPT", "550 5.1.1 <mia@example.com>: unknown"))
    assert "mia" not in _one(provider).error


def test_a_closed_provider_has_closed_its_connections(server: MailServer) -> None:
    provider = Smtp(parse_server(f"smtp://127.0.0.1:{server.port}"))
    assert _one(provider).verdict is Verdict.ACCEPTED
    provider.close()
    provider.close()
