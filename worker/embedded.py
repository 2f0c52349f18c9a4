"""Everything in one process: web, worker and beat over one database, locked against a second of its kind."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

from fastapi import APIRouter
from filelock import FileLock, Timeout

from worker.bootstrap import Installation, make_data_folder
from worker.celery import Postpurchase
from worker.errors import SettingsError
from worker.heartbeats import lifetime
from worker.parts import Part
from worker.store.migrate import upgrade
from worker.threads import BeatThread, WorkerThread
from worker.web.thread import WebThread

LOCK_FILE = "up.lock"


class Embedded:
    """A context: migrated and running inside it, stopped after it; running tasks finish first.

    `installation` stays open: whoever built it closes it. One of these at a time per process.

    Raises:
        SettingsError: a broker is set, another process has the data folder, or the port is taken.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        routers: Sequence[APIRouter] = (),
    ) -> None:
        self._installation = installation
        self._address = (host, port)
        self._routers = routers
        self._parts: list[Part] = []
        self._living = ExitStack()
        self.url = ""

    def __enter__(self) -> "Embedded":
        if not self._installation.settings.is_embedded:
            raise SettingsError(
                "POSTPURCHASE_BROKER_URL is set. Run `postpurchase web`, `worker` and `beat`, or unset it to run "
                "everything in one process."
            )
        self._lock = self._locked()
        try:
            upgrade(self._installation.database)
            self._installation.warm()
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def is_alive(self) -> bool:
        """Whether every part still runs."""
        return all(part.is_alive for part in self._parts)

    def _locked(self) -> FileLock:
        folder = self._installation.settings.data_dir
        make_data_folder(folder)
        lock = FileLock(folder / LOCK_FILE)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise SettingsError(
                f"Another `postpurchase up` or `demo` already works in the data folder {folder}. Stop it first, or "
                "give this one a folder of its own with POSTPURCHASE_DATA_DIR."
            ) from None
        return lock

    def _start(self) -> None:
        self._living.enter_context(lifetime(self._installation.database, "worker", "beat"))
        self._app = Postpurchase(self._installation)
        host, port = self._address
        web = WebThread(self._app, host=host, port=port, routers=self._routers)
        self.url = web.url
        for part in (WorkerThread(self._app), BeatThread(self._app), web):
            part.start()
            self._parts.append(part)

    def _stop(self) -> None:
        for part in self._parts:
            part.ask_to_stop()
        for part in reversed(self._parts):
            part.join()
        if hasattr(self, "_app"):
            self._app.close()
        self._living.close()
        self._lock.release()
