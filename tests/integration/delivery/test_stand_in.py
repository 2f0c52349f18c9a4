"""The stand-in for SendGrid refuses what SendGrid would refuse, and keeps count on disk."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.journal import Journal, read_journal
from tests.support.mails import a_mail
from tests.support.sendgrid import Behaviour, Limit, StandIn, stand_in
from tests.support.sendgrid_schema import LARGEST_BYTES
from worker.delivery.sendgrid_body import body_of

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(journal=Journal(tmp_path / "sendgrid.jsonl")) as running:
        yield running


def _post(server: StandIn, raw: bytes, **headers: str) -> tuple[int, Message]:
    given = (
        {"Authorization": f"Bearer {server.key}"} | JSON | {name.replace("_", "-"): headers[name] for name in headers}
    )
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{server.url}/v3/mail/send", raw, given), timeout=20
        ) as reply:
            return reply.status, reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def _body(**changes: Any) -> dict[str, Any]:
    return body_of(a_mail(message_id=uuid4(), attempt_id=uuid4())) | changes


def test_it_takes_a_mail_of_ours_and_tells_its_limit(server: StandIn) -> None:
    status, headers = _post(server, json.dumps(_body()).encode())
    assert status == 202
    assert headers["X-RateLimit-Remaining"] == "9999"
    assert headers["X-Message-Id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Subject": "mine"}},
        {"headers": {"X-Shop": "a\r\nBcc: other@example.com"}},
        {"subject": "one\nBcc: other@example.com"},
        {"subject": ""},
        {"custom_args": {"message": "mia@example.com", "attempt": str(uuid4())}},
        {"personalizations": [{"to": [{"email": "not an address"}]}]},
        {"surprise": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_it_refuses_a_wrong_body(server: StandIn, changes: dict[str, Any]) -> None:
    assert _post(server, json.dumps(_body(**changes)).encode())[0] == 400
    assert server.mails == []


def test_it_refuses_a_wrong_request(server: StandIn) -> None:
    good = json.dumps(_body()).encode()
    assert _post(server, good, Authorization="Bearer other")[0] == 401
    assert _post(server, good, Content_Type="text/plain")[0] == 415
    assert _post(server, good + b" " * LARGEST_BYTES)[0] == 413
    assert _post(server, good[:-1])[0] == 400
    assert server.mails == []


def test_above_its_limit_it_says_until_when(server: StandIn) -> None:
    server.limit = Limit(most=1)
    answers = [_post(server, json.dumps(_body()).encode()) for _ in range(2)]
    assert [status for status, _ in answers] == [202, 429]
    assert answers[1][1]["X-RateLimit-Remaining"] == "0"
    assert int(answers[1][1]["X-RateLimit-Reset"]) > 0


def test_what_it_took_is_on_disk_before_the_answer(server: StandIn, tmp_path: Path) -> None:
    server.script(Behaviour(kind="drop_after"), Behaviour(kind="drop_before"), Behaviour(answer_after_s=0.05))
    for _ in range(3):
        body = _body()
        try:
            _post(server, json.dumps(body).encode())
        except OSError:
            continue
    kept = read_journal(tmp_path / "sendgrid.jsonl", "accepted")
    assert [line["message"] for line in kept] == list(server.counts())
    assert len(kept) == 2
