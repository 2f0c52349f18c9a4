"""A server that says on each connection what it is told to, byte for byte: what a well-behaved one never would."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m1\r\nContent-Length: 0\r\n\r\n"
HANG_UP = b""


@dataclass
class Answering:
    """`answers`: what each request in turn is answered, the last one for ever; `HANG_UP`: the connection is closed.

    `bodies`: what came in; `connections`: how many were opened.
    """

    answers: Sequence[bytes]
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0

    def serve(self, connection: socket.socket) -> None:
        """Answers requests on one connection until it ends."""
        self.connections += 1
        with connection, suppress(OSError, ssl.SSLError):
            stream = connection.makefile("rb")
            while head := _head(stream):
                self.bodies.append(stream.read(int(head.get("content-length", "0"))))
                answer = self.answers[min(len(self.bodies), len(self.answers)) - 1]
                if answer == HANG_UP:
                    return
                connection.sendall(answer)


def _head(stream: BufferedReader) -> dict[str, str]:
    """A request's head, names in lower case; empty at the end of the connection."""
    lines: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        lines[name.lower()] = value.strip()
    return lines


@contextmanager
def answering(*answers: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Answering]:
    """Runs it on a free loopback port, each connection in a thread."""
    server = Answering(answers)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def take() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_serve, args=(server, connection, tls), daemon=True).start()

        threading.Thread(target=take, daemon=True).start()
        yield server


def _serve(server: Answering, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    try:
        server.serve(tls.wrap_socket(connection, server_side=True) if tls else connection)
    except (OSError, ssl.SSLError):
        connection.close()
