"""`doctor` asks the mail provider whether it lets us in, and sends nothing."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.sendgrid import stand_in
from tests.support.servers import free_port
from tests.support.smtp import PASSWORD, USER, certificate, mail_server
from worker.doctor.checks import Check, Level
from worker.doctor.provider import check_access
from worker.settings import Settings


def _asked(context: ssl.SSLContext | None = None, keys: dict[str, str] | None = None, **settings: Any) -> list[Check]:
    made = Settings(_env_file=None, public_url="https://mail.northkettle.example", **settings)
    return check_access(made, keys or {}, context=context)


@pytest.mark.parametrize(
    ("password", "level", "words"),
    [("kettle%200.9%2F%3A%40%3F", Level.OK, "lets us in"), ("wrong", Level.FAIL, "535")],
)
def test_an_smtp_server_is_logged_in_to(tmp_path: Path, password: str, level: Level, words: str) -> None:
    assert PASSWORD == "kettle 0.9/:@?"
    server_side, client_side = certificate(tmp_path)
    with mail_server(tls_context=server_side, auth_required=True) as server:
        url = SecretStr(f"smtp://{USER}:{password}@127.0.0.1:{server.port}?starttls=required")
        [check] = _asked(client_side, smtp_url=url)
        assert server.mails == []
    assert check.level is level
    assert words in check.text
    assert password not in check.text + check.remedy


def test_an_smtp_server_that_is_not_there_or_not_to_be_trusted_fails(tmp_path: Path) -> None:
    [gone] = _asked(smtp_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"))
    server_side, _ = certificate(tmp_path)
    with mail_server(tls_context=server_side) as server:
        [doubtful] = _asked(smtp_url=SecretStr(f"smtp://127.0.0.1:{server.port}?starttls=required"))
    assert [check.level for check in (gone, doubtful)] == [Level.FAIL] * 2
    assert "certificate is not to be trusted" in doubtful.text
    assert gone.remedy


def test_sendgrid_says_what_each_key_may_do() -> None:
    with stand_in() as sendgrid:
        told = {"sendgrid_base_url": sendgrid.url, "sendgrid_api_key": SecretStr(sendgrid.key)}
        checks = _asked(keys={"shop northkettle, key of marketing": "SG.revoked"}, **told)
        assert [(check.name, check.level) for check in checks] == [
            ("provider", Level.OK),
            ("shop northkettle, key of marketing", Level.FAIL),
        ]
        sendgrid.scopes = ["stats.read"]
        [check] = _asked(**told)
        assert (check.level, check.text) == (Level.FAIL, "The SendGrid key may not send mails.")
        assert sendgrid.mails == []
        assert sendgrid.key not in check.text + check.remedy


def test_a_sendgrid_that_cannot_be_asked_is_no_verdict_and_an_outbox_is_not_asked() -> None:
    base = f"http://127.0.0.1:{free_port()}"
    [check] = _asked(sendgrid_base_url=base, sendgrid_api_key=SecretStr("SG.x"))
    assert check.level is Level.WARN
    assert _asked() == []
