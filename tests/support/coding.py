"""Mia's first order has shipped, and her shop makes codes by its API: mails go, sweeps tell the shop, time passes."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from schedules.facts import Facts
from schedules.shop import CodeSource
from tests.support.code_shops import CodeShop
from tests.support.dispatching import World, build_world, delivered_facts
from tests.support.installation import installed
from tests.support.orders import a_parcel, an_order
from tests.support.writing_back import connect
from worker.delivery.port import OutgoingMail
from worker.dispatch.service import deliver_batch, sweep_leases
from worker.personalisation.code_ends import end_codes
from worker.personalisation.code_keeping import keep_codes
from worker.planning.erasure import erase_orders
from worker.planning.unit import Unit
from worker.store.models import DiscountCode, OrderRow, Shop
from worker.store.orders import facts_of
from worker.store.session import Database


@dataclass
class Coded:
    """Every mail is checked as it goes: its code is one that the shop has at that moment."""

    world: World
    shop: CodeShop
    kind: str

    def mail(self, step: str = "shipping", **fields: Any) -> UUID:
        until = {"offer_until": None} if step == "follow_up" else {}
        return self.world.add_message(step, parcel_group=self.world.now.date().isoformat(), **(until | fields))

    def deliver(self) -> None:
        deliver_batch(self.world.installation)

    def keep(self) -> int:
        """A sweep tells the shop what is due."""
        return keep_codes(self.world.installation)

    def waits(self, by: timedelta) -> None:
        """Time passes, and everything that is due happens."""
        self.world.pass_time(by)
        self.keep()
        sweep_leases(self.world.installation)
        self.deliver()

    def shown(self, message_id: UUID) -> str:
        """The code that a mail carried."""
        return str(self.world.message(message_id).details.get("code", ""))

    def why_not(self, message_id: UUID) -> str:
        return str(self.world.message(message_id).details.get("why_no_code", ""))

    @property
    def code(self) -> DiscountCode:
        return self.codes[0]

    @property
    def codes(self) -> list[DiscountCode]:
        with self.world.installation.database.read() as session:
            return list(session.scalars(select(DiscountCode)))

    def end_claim(self) -> None:
        """The lease of whoever talked to the shop runs out: it died."""
        past = self.world.installation.database.now() - timedelta(seconds=1)
        with self.world.installation.database.write() as session:
            for code in session.scalars(select(DiscountCode)):
                code.claimed_until = past if code.claimed_until else None

    def arrived(self) -> None:
        """The parcel came nine days ago: time for the follow-up."""
        self.world.become(delivered_facts(self.world.now))

    def cancel(self) -> None:
        """The order is cancelled, as planning hears it."""
        self.world.change_order(cancelled_at=self.world.now)
        with self.world.installation.database.write() as session:
            order = session.get_one(OrderRow, self.world.order_id)
            end_codes(session, order, facts_of(order), self.world.now)

    def erase(self) -> None:
        """Mia's order is erased on demand."""
        with self.world.installation.database.write() as session:
            unit = Unit(
                session=session, shop=session.get_one(Shop, self.world.shop_id), source_id=None, now=self.world.now
            )
            erase_orders(unit, [self.world.order_id], "erased on demand")

    def check(self, mail: OutgoingMail) -> None:
        code = self.shown(mail.message_id)
        assert not code or code in self.shop.codes, "a mail shows a code that the shop does not know"


def coded(database: Database, folder: Path, shop: CodeShop, kind: str, **profile: Any) -> Coded:
    world = build_world(installed(database, folder, clock="simulated", secret_key="a test's secret key"))
    connect(world, kind, shop.url)
    with database.write() as session:
        row = session.get_one(Shop, world.shop_id)
        row.profile = row.profile | {"codes": CodeSource(kind).value} | profile
    world.become(Facts(order=an_order(world.now - timedelta(days=1)), parcels=(a_parcel(world.now),)))
    found = Coded(world=world, shop=shop, kind=kind)
    world.provider.before = found.check
    return found
