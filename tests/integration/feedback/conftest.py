"""Mails that were sent to Mia, and SendGrid telling what became of them, over HTTP and on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from schedules.lifecycle import State
from tests.integration.web.conftest import serving
from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.sendgrid_events import EventSigner, an_event, batch
from tests.support.shop_apis import ShopApi, shop_api
from tests.support.writing_back import Subscribed, subscribed
from worker.store.models import Attempt, DeliveryEvent
from worker.store.session import Database
from worker.store.suppressions import sources_of

ADDRESS = "mia@example.com"


@dataclass(frozen=True)
class Mail:
    message_id: UUID
    attempt_id: UUID

    def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        return an_event(kind, self.message_id, self.attempt_id, **fields)


@dataclass(frozen=True)
class Told:
    """A world, the address of its web part, and SendGrid's key."""

    world: World
    url: str
    signer: EventSigner

    def mail(self, step: str = "confirmation", state: State = State.ACCEPTED, **fields: Any) -> Mail:
        """A message in this state with one attempt whose answer is not known."""
        world = self.world
        message_id = world.add_message(step, state=state.value, **fields)
        with world.installation.database.write() as session:
            made = {"number": 1, "fence": 0, "provider": "sendgrid", "outcome": "unknown", "started_at": world.now}
            attempt = Attempt(message_id=message_id, **made)
            session.add(attempt)
            session.flush()
            return Mail(message_id, attempt.id)

    def tell(self, *events: dict[str, Any]) -> int:
        """A signed batch of these; the status of the answer."""
        return self.post(body := batch(*events), self.signer.headers(body))

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        connection.request("POST", "/events/sendgrid", body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    def state(self, mail: Mail) -> State:
        return self.world.state(mail.message_id)

    def scopes(self, address: str = ADDRESS) -> frozenset[str]:
        with self.world.installation.database.read() as session:
            return frozenset(sources_of(session, self.world.shop_id, address))

    def kept(self) -> list[DeliveryEvent]:
        with self.world.installation.database.read() as session:
            return list(session.scalars(select(DeliveryEvent).order_by(DeliveryEvent.at, DeliveryEvent.kind)))


@pytest.fixture
def told(database: Database, tmp_path: Path) -> Iterator[Told]:
    signer = EventSigner()
    settings = {"secret_key": "a test's secret key", "sendgrid_event_public_key": signer.public_key}
    world = build_world(installed(database, tmp_path, clock="simulated", **settings))
    for url in serving(world.installation):
        yield Told(world=world, url=url, signer=signer)


@pytest.fixture
def api() -> Iterator[ShopApi]:
    with shop_api() as found:
        yield found


@pytest.fixture(params=["shopify", "woocommerce"])
def mia(request: pytest.FixtureRequest, database: Database, tmp_path: Path, api: ShopApi) -> Subscribed:
    return subscribed(database, tmp_path, api, request.param)


@pytest.fixture
def shopify_mia(database: Database, tmp_path: Path, api: ShopApi) -> Subscribed:
    return subscribed(database, tmp_path, api, "shopify")
