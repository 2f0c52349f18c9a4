"""Signed webhooks in, mails at SendGrid's door: on one process with SQLite, and on many with PostgreSQL and Redis."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from tests.support.processes import Processes, wait_until
from tests.support.sendgrid import StandIn, stand_in
from tests.support.servers import fresh_postgres_database
from tests.support.shopify import ShopifyShop, fulfillment, order, tracking
from worker.bootstrap import Installation, build
from worker.errors import UserError
from worker.reports.story import MessageLine
from worker.reports.timeline import find_order, order_timeline
from worker.settings import load_settings
from worker.store.shops import get_shop
from worker.timetravel import advance

SECRET = "shpss_journey"
KINDS = ("embedded", "distributed")
SHOP = (
    *("northkettle", "--name", "Northkettle", "--currency", "EUR", "--timezone", "Europe/Stockholm"),
    *("--transactional-from", "orders@mail.northkettle.example"),
    *("--marketing-from", "hello@news.northkettle.example", "--reply-to", "help@northkettle.example"),
    *("--postal-address", "Northkettle, 3 Copper Row, Galway"),
)


class Journey:
    """An installation with one shop, and the stand-in that gets its mails."""

    def __init__(self, processes: Processes, sendgrid: StandIn, kind: str) -> None:
        self.processes = processes
        self.sendgrid = sendgrid
        self.kind = kind
        self.shop = ShopifyShop(processes.base_url, SECRET)

    def begin(self) -> None:
        """Set up as the README says, by the command line; from then on the test looks in from beside."""
        run = self.processes.run
        run("db", "upgrade")
        run("shop", "add", *SHOP)
        secret = self.processes.folder / "secret.txt"
        secret.write_text(SECRET)
        run("source", "add", "northkettle", "shopify", "--secret-file", str(secret))
        self.start()

    def start(self) -> None:
        """Everything that runs: one process, or a web, two workers and two beats."""
        port = str(self.processes.port)
        if self.kind == "embedded":
            self.processes.start("up", "--port", port)
        else:
            self.processes.start("web", "--port", port)
            for role in ("worker", "worker", "beat", "beat"):
                self.processes.start(role)
        self.processes.wait_ready()

    @cached_property
    def beside(self) -> Installation:
        """The same installation, opened by the test."""
        return build(load_settings(**self.processes.settings()))

    def now(self) -> datetime:
        return self.beside.clock.now()

    def advance(self, **delay: int) -> None:
        advance(self.beside, by=timedelta(**delay))

    def timeline(self, number: int) -> dict[str, MessageLine]:
        """The order's messages by step, as `timeline` shows them; none before the order is planned."""
        with self.beside.database.read() as session:
            shop = get_shop(session, "northkettle")
            try:
                order = find_order(session, shop, str(number))
            except UserError:
                return {}
            shown = order_timeline(session, shop, order)
        return {message.step: message for message in shown.messages}

    def states(self, number: int) -> dict[str, str]:
        return {step: message.state for step, message in self.timeline(number).items()}

    def wait_planned(self, number: int, *steps: str) -> None:
        wait_until(
            lambda: set(steps) <= set(self.states(number)), f"{steps} of {number} planned", logs=self.processes.logs
        )


@pytest.fixture(params=KINDS)
def journey(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    with ExitStack() as stack:
        sendgrid = stack.enter_context(stand_in())
        environment = {
            "POSTPURCHASE_CLOCK": "simulated",
            "POSTPURCHASE_SENDGRID_API_KEY": "SG.stand-in",
            "POSTPURCHASE_SENDGRID_BASE_URL": sendgrid.url,
            "POSTPURCHASE_SECRET_KEY": "a long random text for this journey",
        }
        if request.param == "distributed":
            server = request.getfixturevalue("postgres_url")
            environment["POSTPURCHASE_DATABASE_URL"] = stack.enter_context(fresh_postgres_database(server))
            environment["POSTPURCHASE_BROKER_URL"] = request.getfixturevalue("redis_url")
        processes = Processes(tmp_path, environment)
        stack.callback(processes.stop_all)
        journey = Journey(processes, sendgrid, request.param)
        journey.begin()
        stack.callback(journey.beside.close)
        yield journey


def test_each_mail_arrives_once_in_its_window_through_redelivery_and_a_kill(journey: Journey) -> None:
    placed = journey.now()
    body = order(2001, placed)
    assert journey.shop.post("orders/create", body, event_id="one") == 202
    assert journey.shop.post("orders/create", body, event_id="one") == 200
    assert journey.shop.post("orders/create", body, secret="wrong") == 401
    journey.wait_planned(2001, "confirmation")
    journey.advance(minutes=3)
    assert journey.states(2001) == {"confirmation": "accepted"}

    journey.advance(hours=20)
    assert journey.shop.post("fulfillments/create", fulfillment(2001, journey.now())) == 202
    journey.wait_planned(2001, "shipping")
    for process in list(journey.processes.running):
        journey.processes.kill(process)
    journey.start()
    journey.advance(minutes=11)
    assert journey.states(2001)["shipping"] == "accepted"

    journey.advance(hours=30)
    delivered = journey.now()
    assert journey.shop.post("fulfillment_events/create", tracking(2001, "delivered", delivered)) == 202
    journey.wait_planned(2001, "follow_up")
    journey.advance(days=15)
    assert journey.states(2001) == dict.fromkeys(("confirmation", "shipping", "follow_up"), "accepted")
    accepted = {step: message.accepted_at for step, message in journey.timeline(2001).items()}
    assert timedelta(0) <= accepted["confirmation"] - placed <= timedelta(hours=2)
    assert timedelta(days=7) <= accepted["follow_up"] - delivered <= timedelta(days=14)
    assert set(journey.sendgrid.counts().values()) == {1}
    assert len(journey.sendgrid.counts()) == 3
    status = json.loads(journey.processes.run("status", "--json"))
    assert status["events"].get("failed", 0) == 0
    codes = [journey.processes.stop(process) for process in list(journey.processes.running)]
    assert codes == [0] * len(codes), "Ctrl-C ends cleanly"


def test_a_cancelled_order_gets_no_more_mails_and_says_why(journey: Journey) -> None:
    placed = journey.now()
    journey.shop.post("orders/create", order(2002, placed))
    journey.wait_planned(2002, "confirmation")
    cancelled = order(
        2002, placed, cancelled_at=placed.isoformat(), updated_at=(placed + timedelta(seconds=5)).isoformat()
    )
    assert journey.shop.post("orders/cancelled", cancelled) == 202
    wait_until(lambda: journey.states(2002) == {"confirmation": "cancelled"}, "the confirmation is cancelled")
    journey.advance(hours=2)
    assert journey.sendgrid.counts() == {}
    assert journey.timeline(2002)["confirmation"].reason == "the order was cancelled"


def test_who_unsubscribes_gets_receipts_without_offers_and_no_follow_up(journey: Journey) -> None:
    journey.shop.post("orders/create", order(2003, journey.now()))
    journey.wait_planned(2003, "confirmation")
    journey.advance(minutes=3)
    first = journey.sendgrid.mails[0]
    assert "List-Unsubscribe" not in first.get("headers", {})
    journey.processes.run("suppress", "northkettle", "mia@example.com", "--scope", "marketing")
    journey.shop.post("fulfillments/create", fulfillment(2003, journey.now()))
    journey.wait_planned(2003, "shipping")
    journey.advance(minutes=11)
    journey.shop.post("fulfillment_events/create", tracking(2003, "delivered", journey.now()))
    journey.wait_planned(2003, "follow_up")
    journey.advance(days=15)
    assert journey.states(2003) == {"confirmation": "accepted", "shipping": "accepted", "follow_up": "skipped"}
    assert len(journey.sendgrid.mails) == 2
