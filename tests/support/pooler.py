"""Stands between a client and PostgreSQL as poolers do: it greets with a number of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, make_url

GREETING = b"K\x00\x00\x00\x0c"
"""How the message BackendKeyData begins that holds the server's process id and a secret of four bytes each."""


@contextmanager
def pooled(url: str) -> Iterator[str]:
    """The database's address through such a pooler, for SQLAlchemy."""
    target, door = make_url(url), socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(door, target), daemon=True).start()
    try:
        host, port = door.getsockname()
        through = target.set(drivername="postgresql+psycopg", host=host, port=port).difference_update_query(["host"])
        yield through.render_as_string(hide_password=False)
    finally:
        door.close()


def _serve(door: socket.socket, target: URL) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = door.accept()
            behind = _called(target)
            threading.Thread(target=_pass_on, args=(client, behind), daemon=True).start()
            threading.Thread(target=_pass_on, args=(behind, client), daemon=True).start()


def _called(target: URL) -> socket.socket:
    host, port = str(target.query.get("host", target.host)), target.port or 5432
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    behind = socket.socket(socket.AF_UNIX)
    behind.connect(f"{host}/.s.PGSQL.{port}")
    return behind


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(65536):
            at = data.find(GREETING) + len(GREETING)
            target.sendall(data if at < len(GREETING) else data[:at] + b"\x7f\xff\xff\xff" + data[at + 4 :])
        target.shutdown(socket.SHUT_RDWR)
