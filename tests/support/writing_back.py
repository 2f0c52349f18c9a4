"""Mia, who has bought, and her shop's API: what she says by mail links or SendGrid, and what the shop hears of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from schedules.facts import ConsentState
from tests.support.dispatching import World, build_world
from tests.support.installation import installed
from tests.support.misbehaving import SHOPIFY_TOKEN, WOO_KEY
from tests.support.shop_apis import ShopApi
from worker.feedback.people import act
from worker.feedback.writing_back import SECOND_THOUGHTS, write_back_due
from worker.links import LinkToken, Purpose
from worker.store.models import CustomerRow, OrderRow, Shop, Source, WriteBack
from worker.store.session import Database
from worker.store.shops import add_source, find_source
from worker.store.write_backs import find_write_back

ADDRESS = "mia@example.com"
KEYS = {"shopify": SHOPIFY_TOKEN, "woocommerce": WOO_KEY}
OPTIONS: dict[str, dict[str, Any]] = {"shopify": {}, "woocommerce": {"consent_meta_key": "newsletter"}}


@dataclass(frozen=True)
class Subscribed:
    """Mia subscribed in her shop and got a mail; `kind` is the shop's platform."""

    world: World
    api: ShopApi
    kind: str
    message_id: UUID

    def refuses(self, purpose: Purpose = Purpose.UNSUBSCRIBE, said: str = "") -> None:
        act(self.world.installation, LinkToken(purpose, self.message_id), said=said)

    def changes_her_mind(self) -> None:
        act(self.world.installation, LinkToken(Purpose.UNSUBSCRIBE, self.message_id), undo=True)

    def waits(self, by: timedelta = SECOND_THOUGHTS) -> int:
        """Time passes, then a sweep comes by: how many it tried."""
        self.world.pass_time(by)
        return self.sweep()

    def sweep(self) -> int:
        return write_back_due(self.world.installation)

    def heard(self) -> list[str]:
        """What the shop was told, in order."""
        words = {"UNSUBSCRIBED": "no", "SUBSCRIBED": "yes"}
        return [words.get(value, value) for _, value in self.api.calls]

    def tells(self, consent: ConsentState, at: datetime) -> None:
        """The shop's own news of her."""
        with self.world.installation.database.write() as session:
            row = session.query(CustomerRow).filter_by(shop_id=self.world.shop_id, address=ADDRESS).one()
            row.consent, row.consent_at = consent.value, at

    def note(self) -> WriteBack | None:
        with self.world.installation.database.write() as session:
            found = find_source(session, "northkettle", self.kind)
            assert found is not None
            return find_write_back(session, found[1].id, ADDRESS)


def subscribed(database: Database, folder: Path, api: ShopApi, kind: str, **settings: Any) -> Subscribed:
    """`settings` are fields of `Settings`."""
    made = {"clock": "simulated", "secret_key": "a test's secret key"} | settings
    world = build_world(installed(database, folder, **made))
    connect(world, kind, api.url)
    with database.write() as session:
        order = session.get_one(OrderRow, world.order_id)
        order.source_id = session.query(Source).filter_by(shop_id=world.shop_id, kind=kind).one().id
        said = {"consent": "subscribed", "consent_at": world.now - timedelta(days=30), "external_id": "7"}
        stamps = {"created_at": world.now, "updated_at": world.now}
        session.add(CustomerRow(shop_id=world.shop_id, address=ADDRESS, **said, **stamps))
    return Subscribed(world=world, api=api, kind=kind, message_id=world.add_message("follow_up", state="delivered"))


def connect(world: World, kind: str, url: str) -> None:
    """A source of the shop, and how its API is reached."""
    installation = world.installation
    with installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        add_source(session, installation.sealer, shop, kind, "secret", now=world.now)
        source = session.query(Source).filter_by(shop_id=shop.id, kind=kind).one()
        source.options = OPTIONS.get(kind, {})
        if kind in KEYS:
            source.api = {"url": url, "sealed": installation.sealer.seal(KEYS[kind])}
