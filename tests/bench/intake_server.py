"""One of three intakes on a port: `python -m tests.bench.intake_server together|each|nothing URL FOLDER PORT`."""

import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool

from tests.support.intake import SECRET, connected
from worker.bootstrap import Installation
from worker.intake.grouping import Group
from worker.intake.service import Answer, Incoming, accept
from worker.platforms.registry import PLATFORMS
from worker.processes import rest_collector
from worker.store.migrate import upgrade
from worker.store.session import Database
from worker.telemetry import configure
from worker.web import app as web


class CommitEach(Group):
    """What most do: a thread and a commit per request."""

    async def accept(self, incoming: Incoming) -> Answer:
        [answer] = await run_in_threadpool(accept, self._installation, [incoming])
        return answer


class StoreNothing(Group):
    async def accept(self, incoming: Incoming) -> Answer:
        now = self._installation.clock.real_now()
        platform = PLATFORMS[incoming.source]
        assert platform.verify(headers=incoming.headers, body=incoming.body, secrets=[SECRET], now=now)
        return Answer(status=202, detail="Stored.")


class Silent:
    """Hints that go nowhere: what follows intake is not measured here."""

    def send(self, *_: Any, **__: Any) -> None: ...


GROUPS: dict[str, type[Group]] = {"together": Group, "each": CommitEach, "nothing": StoreNothing}


def main(mode: str, url: str, folder: str, port: str) -> None:
    configure(as_json=True, level=40)
    database = Database(url.replace("postgresql://", "postgresql+psycopg://", 1))
    upgrade(database)
    installation: Installation = connected(database, Path(folder)).installation
    web.Group = GROUPS[mode]  # type: ignore[misc]  # what is compared
    app = web.create_app(installation, Silent())  # type: ignore[arg-type]  # stands in for hints
    rest_collector()
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
