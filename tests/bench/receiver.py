"""A door like SendGrid's that only counts: `python -m tests.bench.receiver PORT`. It notes when each mail came.

Bare: it shares two cores with what it measures.
"""

import asyncio
import json
import re
import sys
import time
from typing import cast

import httptools
import uvloop

MESSAGE = re.compile(rb'"message": ?"([0-9a-f-]{36})"')


class Door(asyncio.Protocol):
    """One connection. `came`: when each message arrived, by its id; shared by all connections, as is `calls`."""

    came: dict[str, float] = {}  # noqa: RUF012 - one door per process
    calls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._url.startswith(b"/v3/mail/send"):
            Door.calls += 1
            found = MESSAGE.search(b"".join(self._body))
            self.came[found[1].decode() if found else str(Door.calls)] = time.time()
            self._answer(b"202 Accepted", b"", b"X-Message-Id: %d\r\n" % Door.calls)
        elif self._url == b"/count":
            self._answer(b"200 OK", json.dumps({"mails": len(self.came), "calls": Door.calls}).encode())
        else:
            self._answer(b"200 OK", json.dumps(self.came).encode())
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", list[bytes]()

    def _answer(self, status: bytes, body: bytes, headers: bytes = b"") -> None:
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, headers, len(body)) + body)
        if not self._parser.should_keep_alive():
            self._transport.close()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Door, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
