"""An SMTP server that never falls silent and never comes to an end: it stutters, or takes a mail drop by drop."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

END = b"\r\n.\r\n"


@dataclass
class SlowServer:
    """`stutters` / `sips`: how often it pauses in its answer to a mail's content / while it takes that.

    Each pause is `pause_s` long. `mails`: how many it took whole. `end_of_broken`: the last of one that broke off.
    """

    stutters: int = 0
    sips: int = 0
    pause_s: float = 0.2
    mails: int = 0
    port: int = 0
    end_of_broken: bytes = b""
    broke_off: threading.Event = field(default_factory=threading.Event)

    def serve(self, talk: socket.socket) -> None:
        talk.sendall(b"220 here\r\n")
        while (command := _until(talk, b"\r\n")).endswith(b"\r\n"):
            if command.upper().startswith(b"DATA"):
                talk.sendall(b"354 go on\r\n")
                self._take(talk)
            talk.sendall(b"250 fine\r\n")

    def _take(self, talk: socket.socket) -> None:
        taken = b""
        for _ in range(self.sips):
            taken = (taken + talk.recv(16_384))[-len(END) :]
            time.sleep(self.pause_s)
        taken += b"" if taken.endswith(END) else _until(talk, END)
        if not taken.endswith(END):
            self.end_of_broken = taken[-100:]
            self.broke_off.set()
            return
        self.mails += 1
        for _ in range(self.stutters):
            talk.sendall(b"250-still at it\r\n")
            time.sleep(self.pause_s)


def _until(talk: socket.socket, end: bytes) -> bytes:
    """The last of what comes until this end, or until the other side has gone."""
    heard = b""
    while not heard.endswith(end) and (piece := talk.recv(1_000_000)):
        heard = (heard + piece)[-1000:]
    return heard


@contextmanager
def slow_server(tls: ssl.SSLContext | None = None, **pace: int) -> Iterator[SlowServer]:
    """Runs it on a free loopback port, each connection in a thread. `tls`: from the first byte on."""
    server = SlowServer(**pace)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def take() -> None:
            while True:
                try:
                    talk, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_serve, args=(server, talk, tls), daemon=True).start()

        threading.Thread(target=take, daemon=True).start()
        yield server


def _serve(server: SlowServer, talk: socket.socket, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        server.serve(tls.wrap_socket(talk, server_side=True) if tls else talk)
