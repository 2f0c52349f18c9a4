"""One installation under proof: its shops, its processes, and the witnesses beside it."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schedules.shop import Role
from tests.proof.blows import Blow
from tests.proof.launcher import Running, Start, launch
from tests.proof.left import count_open, next_decision
from tests.proof.reading import PROOF_LOG, SENDGRID_LOG, record_of
from tests.proof.record import Record
from tests.proof.witnesses import SECRET, Shops
from tests.support.journal import Journal
from tests.support.orders import NORTHKETTLE
from tests.support.processes import answers, wait_until
from tests.support.sendgrid import StandIn, stand_in
from tests.support.sendgrid_events import EventSigner, post_batch, told_of
from tests.support.servers import Broker, free_port
from worker.bootstrap import Installation, build
from worker.settings import PREFIX, load_settings
from worker.store.migrate import upgrade
from worker.store.shops import add_shop, add_source, get_shop
from worker.timetravel import next_due

ROLES = {"embedded": ("up",), "distributed": ("web", "worker", "worker", "beat", "beat")}
SHOPS = ("northkettle", "southkettle")
"""The first sends its own receipts; the second's are its platform's, and ours are marketing."""
COMPANION = "southkettle"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
STEP = timedelta(minutes=20)
IDLE_S = 2.0


@dataclass
class Site:
    """An installation in `folder`; `mode`: embedded or distributed."""

    mode: str
    folder: Path
    settings: dict[str, str]
    sendgrid: StandIn
    journal: Journal
    signer: EventSigner
    port: int
    broker: Broker | None = None
    running: list[Running] = field(default_factory=list)
    extra: list[Running] = field(default_factory=list)
    """Processes beside the usual ones, until the next restart."""
    plants: tuple[str, ...] = ()
    is_clock_loose: bool = False
    """The clock of the database's host may be set back: all processes started from now on follow it."""
    told: int = 0
    _started: int = 0

    def __post_init__(self) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self.environment = plain | {f"{PREFIX}{name.upper()}": value for name, value in self.settings.items()}
        self.beside: Installation = build(load_settings(**self.settings))
        self.shops = Shops(self.base_url, self.journal)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set_up(self) -> None:
        """A migrated database with both shops, at nine in the morning of a day."""
        upgrade(self.beside.database)
        now = self.beside.clock.now()
        with self.beside.database.write() as session:
            for slug in SHOPS:
                roles = {"confirmation": Role.COMPANION} if slug == COMPANION else {}
                add_shop(session, NORTHKETTLE.model_copy(update={"slug": slug, "roles": roles}), now=now)
                add_source(session, self.beside.sealer, get_shop(session, slug), "shopify", SECRET, now=now)
        local = (now + timedelta(days=1)).astimezone(STOCKHOLM)
        self.move_to(local.replace(hour=9, minute=0, second=0, microsecond=0))

    def now(self) -> datetime:
        return self.beside.clock.now()

    def move_to(self, moment: datetime) -> None:
        """Moves business time; written down before it happens, so that nothing seems early that was not."""
        offset = moment - self.beside.clock.real_now()
        self.journal.write("moved", offset_s=offset.total_seconds())
        self.beside.clock.move_to(moment)

    def move(self, by: timedelta) -> None:
        self.move_to(self.now() + by)

    def start(self, role: str, blow: Blow | None = None, **fate: Any) -> Running:
        """Starts a process of this role, with what should befall it."""
        running = self._launched(role, blow, **fate)
        self.running.append(running)
        return running

    def start_extra(self, role: str, blow: Blow | None = None, **fate: Any) -> Running:
        """Starts one more than there usually are."""
        running = self._launched(role, blow, **fate)
        self.extra.append(running)
        return running

    def start_missing(self) -> None:
        """Starts, unarmed, whatever of the installation does not run."""
        self.bury()
        missing = Counter(ROLES[self.mode]) - Counter(running.role for running in self.running)
        for role in missing.elements():
            self.start(role)

    def bury(self) -> None:
        """Forgets the processes that have ended, and writes down how."""
        for kept in (self.running, self.extra):
            for running in [each for each in kept if not each.is_alive]:
                kept.remove(running)
                self._note(running)

    def kill(self, running: Running, where: str) -> None:
        """SIGKILL from outside; `where` is written down, unless it has come to its edge just now."""
        was_alive = running.kill()
        for kept in (self.running, self.extra):
            if running in kept:
                kept.remove(running)
                self._note(running, where if was_alive else "")

    def _note(self, running: Running, where: str = "") -> None:
        blow, code = running.start.blow, running.ended(5)
        edge = where or (blow.edge if blow and code == -signal.SIGKILL else "")
        self.journal.write("hit", role=running.role, edge=edge, code=code)

    def _launched(self, role: str, blow: Blow | None, **fate: Any) -> Running:
        port = ("--port", str(self.port)) if role in ("up", "web") else ()
        self._started += 1
        start = Start(
            arguments=(role, *port),
            environment=self.environment,
            folder=self.folder,
            log=self.folder / f"{self._started:04}-{role}.log",
            blow=blow,
            plants=self.plants,
            **({"is_clock_loose": self.is_clock_loose} | fate),
        )
        return launch(start)

    def wait_ready(self, timeout_s: float = 60) -> None:
        wait_until(lambda: answers(f"{self.base_url}/health/ready"), "it is ready", timeout_s=timeout_s, logs=self.logs)

    def tell_events(self, roll: random.Random) -> int:
        """SendGrid tells what became of the mails it took since the last time: signed, twice, in any order."""
        mails = [mail["custom_args"] for mail in self.sendgrid.mails[self.told :]]
        events = told_of([(each["message"], each["attempt"]) for each in mails], roll=roll, at=time.time(), bounced=0)
        if not events or post_batch(self.base_url, self.signer, events) != 200:
            return 0
        self.told += len(mails)
        return len(events)

    def settle(self, *, patience_s: float, until: timedelta = timedelta(days=40)) -> bool:
        """Lets the healed installation finish: business time goes on to whatever is due; whether all of it ended.

        `patience_s`: how long nothing may move before it counts as standing still.
        """
        self.start_missing()
        self.wait_ready()
        if not self.shops.wait(patience_s):
            return False
        end = self.now() + until
        while True:
            if not self._finished(patience_s):
                return False
            moments = [moment for moment in (next_due(self.beside), next_decision(self.beside)) if moment]
            if not moments or min(moments) > end:
                return True
            self.move_to(max(self.now() + STEP, min(moments) + timedelta(seconds=1)))

    def work_left(self) -> int:
        """How many webhooks, events and messages want work now."""
        return self.shops.waiting + count_open(self.beside)

    def record(self) -> Record:
        return record_of(self.folder, self.beside)

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log"))[-4:])

    def close(self) -> None:
        for running in [*self.running, *self.extra]:
            running.kill()
        self.shops.close()
        self.beside.close()
        self.journal.close()

    def _finished(self, patience_s: float) -> bool:
        """Whether all that is due has ended; it may take as long as something moves every `patience_s`.

        Where nothing moves, business time goes on meanwhile: a breaker's rest and a back-off are part of it.
        """
        left, since, looked = -1, time.monotonic(), time.monotonic()
        while (now := count_open(self.beside)) > 0:
            if now != left:
                left, since, looked = now, time.monotonic(), time.monotonic()
            if time.monotonic() - since > patience_s:
                return False
            if time.monotonic() - looked > IDLE_S:
                looked = time.monotonic()
                self.move(timedelta(minutes=1))
            time.sleep(0.05)
        return True


@contextmanager
def site(mode: str, folder: Path, *, database_url: str | None = None, plants: Sequence[str] = ()) -> Iterator[Site]:
    """A set-up installation; nothing runs yet. Distributed: on this PostgreSQL database and a Redis of its own."""
    with ExitStack() as stack:
        journal, signer, port = Journal(folder / PROOF_LOG), EventSigner(), free_port()
        sendgrid = stack.enter_context(stand_in(journal=Journal(folder / SENDGRID_LOG)))
        settings = {
            "data_dir": str(folder / "var"),
            "public_url": f"http://127.0.0.1:{port}",
            "clock": "simulated",
            "secret_key": "a long random text for this proof",
            "sendgrid_api_key": sendgrid.key,
            "sendgrid_base_url": sendgrid.url,
            "sendgrid_event_public_key": signer.public_key,
        }
        broker = None
        if mode == "distributed":
            assert database_url is not None
            broker = Broker(folder)
            broker.start()
            stack.callback(broker.stop)
            settings |= {"database_url": database_url, "broker_url": broker.url}
        made = Site(mode, folder, settings, sendgrid, journal, signer, port, broker, plants=tuple(plants))
        stack.callback(made.close)
        made.set_up()
        yield made
