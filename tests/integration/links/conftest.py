"""A follow-up that was sent to Mia, and the pages behind its links on a real port, on both databases."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.integration.web.conftest import serving
from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from worker.links import Purpose
from worker.store.models import OrderRow
from worker.store.orders import facts_of
from worker.store.session import Database
from worker.store.suppressions import sources_of

ADDRESS = "mia@example.com"


@dataclass(frozen=True)
class Answer:
    status: int
    page: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Mailed:
    """What a mailbox or a person can do with the mail's links. Nothing is remembered from one request to the next."""

    world: World
    url: str
    message_id: UUID

    def link(self, purpose: Purpose, extra: str = "") -> str:
        return self.world.installation.links.url(purpose, self.message_id, extra, base=self.url)

    def get(self, url: str, *, method: str = "GET", **headers: str) -> Answer:
        return self._ask(method, url, None, headers)

    def post(self, url: str, body: bytes = b"", kind: str = "") -> Answer:
        return self._ask("POST", url, body, {"Content-Type": kind} if kind else {})

    def scopes(self) -> frozenset[str]:
        with self.world.installation.database.read() as session:
            return frozenset(sources_of(session, self.world.shop_id, ADDRESS))

    def order(self) -> OrderRow:
        with self.world.installation.database.read() as session:
            return session.get_one(OrderRow, self.world.order_id)

    def cases(self) -> list[tuple[str, bool]]:
        """Kind of each case of the order, and whether it is closed."""
        return [(case.kind.value, case.closed) for case in facts_of(self.order()).cases]

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return Answer(response.status, text, {name.lower(): value for name, value in response.getheaders()})


@pytest.fixture
def mailed(database: Database, tmp_path: Path) -> Iterator[Mailed]:
    world = build_world(installed(database, tmp_path, clock="simulated", secret_key="a test's secret key"))
    message_id = world.add_message("follow_up", state="delivered")
    for url in serving(world.installation):
        yield Mailed(world=world, url=url, message_id=message_id)
