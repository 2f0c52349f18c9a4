"""The web server in a thread of its process. Apart from the others, which need nothing of it."""

import os
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import APIRouter

from worker.celery import Postpurchase
from worker.errors import SettingsError
from worker.parts import Threaded
from worker.web.app import create_app
from worker.web.server import Server

STARTUP_S = 30.0


class WebThread(Threaded):
    """uvicorn on a socket bound at once, so that a taken port is an error and port 0 finds a free one.

    Raises:
        SettingsError: the port cannot be had.
    """

    def __init__(self, app: Postpurchase, *, host: str, port: int, routers: Sequence[APIRouter] = ()) -> None:
        super().__init__("web")
        self._socket = _bound(host, port)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(app.installation, app.hints, routers=routers),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        self._server = Server(config)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        super().start()
        for _ in range(int(STARTUP_S * 50)):
            if self._server.started or not self.is_alive:
                return
            self._thread.join(0.02)

    def ask_to_stop(self) -> None:
        self._server.end()

    def join(self) -> None:
        super().join()
        self._socket.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"Port {port} on {host} cannot be used ({_reason(error)}). Choose another with --port."
        ) from error


def _reason(error: OSError) -> str:
    """The system's words alone: what Python adds to them says the address again."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
