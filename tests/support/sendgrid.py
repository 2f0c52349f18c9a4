"""A stand-in for SendGrid: a real HTTP server that checks every body, counts, and misbehaves on request.

In a test: `with stand_in() as sendgrid: …`. By itself: `python -m tests.support.sendgrid --port 8080`; then
`GET /log` tells what came in, and `POST /script` with a JSON list of behaviours scripts the next requests.
With a journal each mail is on disk before its answer leaves. Its events are posted by `sendgrid_events.py`.
"""

import argparse
import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.support.journal import Journal
from tests.support.loops import served
from tests.support.sendgrid_schema import LARGEST_BYTES, faults_of


@dataclass(frozen=True)
class Behaviour:
    """What happens to one request.

    accept · answer (`status`, `headers`, `errors`; kept too when `accepts`) · black_hole (never answers; kept when
    `accepts`) · drop_before (closes without keeping the mail) · drop_after (keeps it, then closes without an answer).
    `delay_s` passes before the request is looked at, `answer_after_s` between keeping the mail and answering.
    """

    kind: str = "accept"
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    accepts: bool = False
    delay_s: float = 0.0
    answer_after_s: float = 0.0


class Limit:
    """`most` requests in each span of `span_s` seconds; what SendGrid says of it in its headers."""

    def __init__(self, most: int = 10_000, span_s: float = 60.0) -> None:
        self.most, self.span_s = most, span_s
        self._since, self._count = 0.0, 0

    def is_reached(self) -> bool:
        """Counts one more request; whether it is one too many."""
        if time.time() >= self._since + self.span_s:
            self._since, self._count = time.time(), 0
        self._count += 1
        return self._count > self.most

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(max(0, self.most - self._count)),
            "X-RateLimit-Reset": str(int(self._since + self.span_s) + 1),
        }


class StandIn:
    """The state behind the server. `mails` are the bodies it took; `refused` those it found wrong, with the faults.

    `on_taken` is called with the headers of each request whose mail is kept, before it is answered.
    """

    def __init__(self, key: str = "SG.stand-in", journal: Journal | None = None) -> None:
        self.key = key
        self.journal = journal
        self.on_taken: Callable[[Mapping[str, str]], None] = lambda _headers: None
        self.limit = Limit()
        self.url = ""
        self.mails: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.requests = 0
        self.always: Behaviour = Behaviour()
        self.scopes = ["mail.send", "2fa_required"]
        self._script: deque[Behaviour] = deque()

    def script(self, *behaviours: Behaviour) -> None:
        """The next requests meet these, one each; later ones meet `always`."""
        self._script.extend(behaviours)

    def behave(self) -> None:
        """From now on it accepts."""
        self._script.clear()
        self.always = Behaviour()

    def counts(self) -> Counter[str]:
        """How often each message was taken, by message id."""
        return Counter(mail["custom_args"]["message"] for mail in self.mails)

    def log(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "counts": dict(self.counts()),
            "mails": self.mails,
            "refused": self.refused,
        }

    async def send(self, request: web.Request) -> web.StreamResponse:
        """POST /v3/mail/send."""
        self.requests += 1
        is_one_too_many = self.limit.is_reached()
        behaviour = self._script.popleft() if self._script else self.always
        raw = await request.read()
        await asyncio.sleep(behaviour.delay_s)
        if behaviour.kind == "drop_before":
            return _cut(request)
        answer = self._refusal(request, raw) or (self._errors(429, ["too many requests"]) if is_one_too_many else None)
        return answer or await self._behave(request, json.loads(raw), behaviour)

    def _refusal(self, request: web.Request, raw: bytes) -> web.Response | None:
        """What SendGrid would answer to a request that is wrong in itself."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.keys.append(given)
        if given != self.key:
            return self._errors(401, ["The provided authorization grant is invalid, expired, or revoked"])
        if request.content_type != "application/json":
            return self._errors(415, ["Content-Type should be application/json."])
        if len(raw) > LARGEST_BYTES:
            return self._errors(413, ["The total size of your email must be less than 30MB."])
        try:
            body = json.loads(raw)
            faults = faults_of(body)
        except ValueError:
            body, faults = None, [{"message": "Bad Request", "field": ""}]
        if not faults:
            return None
        self.refused.append({"body": body, "faults": faults})
        if self.journal:
            self.journal.write("refused", faults=faults)
        return web.json_response({"errors": faults}, status=400, headers=self.limit.headers())

    async def _behave(self, request: web.Request, body: dict[str, Any], behaviour: Behaviour) -> web.StreamResponse:
        if behaviour.accepts or behaviour.kind in ("accept", "drop_after"):
            self._keep(request, body)
        await asyncio.sleep(behaviour.answer_after_s)
        if behaviour.kind == "drop_after":
            return _cut(request)
        if behaviour.kind == "black_hole":
            await asyncio.sleep(3600)
        if behaviour.kind == "answer":
            return self._errors(behaviour.status, behaviour.errors, behaviour.headers)
        return web.Response(status=202, headers={"X-Message-Id": uuid4().hex} | self.limit.headers())

    def _keep(self, request: web.Request, body: dict[str, Any]) -> None:
        if self.journal:
            [to] = body["personalizations"][0]["to"]
            self.journal.write("accepted", to=to["email"], subject=body["subject"], **body["custom_args"])
        self.mails.append(body)  # whoever waits for it reads the journal then
        self.on_taken(request.headers)

    def _errors(self, status: int, messages: Iterable[str], headers: dict[str, str] | None = None) -> web.Response:
        entries = [{"message": message, "field": None} for message in messages]
        return web.json_response({"errors": entries}, status=status, headers=self.limit.headers() | (headers or {}))

    async def rights(self, request: web.Request) -> web.StreamResponse:
        """GET /v3/scopes: what the key of the request may do."""
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return self._errors(401, ["authorization required"])
        return web.json_response({"scopes": self.scopes})

    async def show(self, _request: web.Request) -> web.StreamResponse:
        """GET /log."""
        return web.json_response(self.log())

    async def take_script(self, request: web.Request) -> web.StreamResponse:
        """POST /script: a list of behaviours, or {"always": behaviour}."""
        told = await request.json()
        if isinstance(told, dict):
            self.always = Behaviour(**told["always"])
        else:
            self.script(*(Behaviour(**entry) for entry in told))
        return web.json_response([asdict(entry) for entry in self._script])

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2 * LARGEST_BYTES)
        app.router.add_post("/v3/mail/send", self.send)
        app.router.add_get("/v3/scopes", self.rights)
        app.router.add_get("/log", self.show)
        app.router.add_post("/script", self.take_script)
        return app


def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)


@contextmanager
def stand_in(key: str = "SG.stand-in", journal: Journal | None = None) -> Iterator[StandIn]:
    """Runs the server on a free loopback port in a thread of its own; `url` is its base."""
    server = StandIn(key, journal)
    with served(server.app()) as server.url:
        yield server


def main() -> None:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--key", default="SG.stand-in")
    given = parser.parse_args()
    web.run_app(StandIn(given.key).app(), host=given.host, port=given.port)


if __name__ == "__main__":
    main()
