"""One installation of real processes with its shop, and the stand-in that gets its mails."""

from datetime import datetime, timedelta
from functools import cached_property

from tests.support.processes import Processes, wait_until
from tests.support.sendgrid import StandIn
from tests.support.shopify import ShopifyShop
from worker.bootstrap import Installation, build
from worker.errors import UserError
from worker.reports.story import MessageLine
from worker.reports.timeline import find_order, order_timeline
from worker.settings import load_settings
from worker.store.shops import get_shop
from worker.timetravel import advance

SECRET = "shpss_journey"
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
