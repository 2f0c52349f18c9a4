"""POSTPURCHASE_SMTP_URL taken apart."""

import pytest

from worker.delivery.smtp_server import SmtpServer, Tls, parse_server
from worker.errors import SettingsError


def test_a_whole_url_is_read_and_its_escapes_are_undone() -> None:
    server = parse_server("smtp://mia%40northkettle.example:ke%3Att%2Fle@mail.example:2525?starttls=optional")
    assert server == SmtpServer(
        host="mail.example", port=2525, tls=Tls.OPTIONAL, user="mia@northkettle.example", password="ke:tt/le"
    )


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example", 587, Tls.REQUIRED),
        ("smtps://mail.example", 465, Tls.IMPLICIT),
        ("smtp://localhost", 587, Tls.OPTIONAL),
        ("smtp://[::1]:25", 25, Tls.OPTIONAL),
        ("smtp://mailpit:1025?starttls=never", 1025, Tls.NEVER),
    ],
)
def test_mails_are_encrypted_unless_the_server_is_here_or_it_is_said_otherwise(url: str, port: int, tls: Tls) -> None:
    server = parse_server(url)
    assert (server.port, server.tls) == (port, tls)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/inbox",
        "smtp://mail.example?tls=yes",
        "smtp://mail.example?starttls=maybe",
        "smtps://mail.example?starttls=required",
        "smtp://mia@mail.example",
        "smtp://mia:schl%C3%BCssel@mail.example",
        "smtp://mi%C3%A5:secret@mail.example",
        "smtp://mail..example",
        f"smtp://{'m' * 64}.example",
    ],
)
def test_what_is_no_such_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="POSTPURCHASE_SMTP_URL"):
        parse_server(url)


def test_neither_a_refusal_nor_a_log_repeats_the_password() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_server("smtp://mia:secret@mail.example:port")
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(parse_server("smtp://mia:secret@mail.example"))
