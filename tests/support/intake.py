"""A connected shop, and its webhooks handed straight to intake and planning, without HTTP and broker."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.support.installation import installed
from tests.support.orders import NORTHKETTLE
from worker.bootstrap import Installation
from worker.intake.service import Answer, Incoming, accept
from worker.planning.service import plan_event
from worker.store.models import CustomerRow, InboundEvent, Message, OrderRow
from worker.store.session import Database
from worker.store.shops import add_shop, add_source, get_shop

SECRET = "northkettle-webhook-secret"


@dataclass(frozen=True)
class Connected:
    """Northkettle with a Shopify source, in one database."""

    installation: Installation

    def take(self, topic: str, body: dict[str, Any] | bytes, *, event_id: str = "", secret: str = SECRET) -> Answer:
        """One signed delivery, as Shopify makes it; the same `event_id` makes it a redelivery."""
        return accept(self.installation, [delivery(topic, body, event_id=event_id, secret=secret)])[0]

    def plan(self, topic: str, body: dict[str, Any] | bytes) -> InboundEvent:
        """Takes a delivery and plans it; the event as it stands then."""
        answer = self.take(topic, body)
        assert answer.to_plan is not None, answer
        plan_event(self.installation, answer.to_plan)
        return self.event(answer.to_plan)

    def event(self, event_id: UUID) -> InboundEvent:
        with self.installation.database.read() as session:
            return session.get_one(InboundEvent, event_id)

    def events(self) -> list[InboundEvent]:
        with self.installation.database.read() as session:
            return list(session.scalars(select(InboundEvent).order_by(InboundEvent.id)))

    def order(self, external_id: object) -> OrderRow:
        with self.installation.database.read() as session:
            return session.scalars(select(OrderRow).where(OrderRow.external_id == str(external_id))).one()

    def customers(self) -> list[CustomerRow]:
        with self.installation.database.read() as session:
            return list(session.scalars(select(CustomerRow).order_by(CustomerRow.address)))

    def messages(self) -> list[Message]:
        with self.installation.database.read() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    @property
    def now(self) -> datetime:
        return self.installation.clock.now().replace(microsecond=0)


def connected(database: Database, data_dir: Path, **settings: Any) -> Connected:
    installation = installed(database, data_dir, **settings)
    with database.write() as session:
        add_shop(session, NORTHKETTLE, now=installation.clock.now())
        shop = get_shop(session, NORTHKETTLE.slug)
        long_ago = installation.clock.now() - timedelta(days=30)
        add_source(session, installation.sealer, shop, "shopify", SECRET, now=long_ago)
    return Connected(installation)


def delivery(topic: str, body: dict[str, Any] | bytes, *, event_id: str = "", secret: str = SECRET) -> Incoming:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    mac = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": mac,
        "x-shopify-shop-domain": "northkettle.myshopify.com",
        "x-shopify-webhook-id": uuid4().hex,
        "x-shopify-event-id": event_id or uuid4().hex,
    }
    return Incoming(shop=NORTHKETTLE.slug, source="shopify", headers=headers, body=raw)
