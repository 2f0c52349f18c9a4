"""The HTTP client for SendGrid: 35 KB mails to a loopback server without TLS, from one process.

It decides which client `worker/delivery/sendgrid.py` uses. `sendgrid`'s own opens a connection per call.
"""

import asyncio
import http.client
import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aiohttp
import sendgrid
from aiohttp import web

from tests.bench.figures import Figure, judged, median_of
from tests.support.servers import free_port, wait_for_port
from worker.delivery.posting import Post, Poster, Reply
from worker.delivery.sendgrid import CONNECTIONS

MAILS = 1500
HEADERS = ("Content-Type: application/json", "Expect:")
BODY = {
    "personalizations": [{"to": [{"email": "mia@example.com"}]}],
    "content": [{"type": "text/html", "value": "x" * 35_000}],
}


def run(*, quick: bool = False) -> list[Figure]:
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    server.start()
    wait_for_port(port)
    url = f"http://127.0.0.1:{port}"
    try:
        rates = {
            name: median_of(lambda measure=measure: measure(url), 1 if quick else 3)
            for name, measure in CLIENTS.items()
        }
    finally:
        server.terminate()
        server.join(10)
    own = rates["sendgrid's own, a connection per call"]
    return [judged(name=f"35 KB posts: {name}", value=rate, unit="/s", baseline=own) for name, rate in rates.items()]


def posts_per_second(url: str) -> float:
    """What `worker/delivery/sendgrid.py` and a door manage with nothing else to do."""
    return median_of(lambda: _libcurl(url), 3)


def _serve(port: int) -> None:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=202, headers={"X-Message-Id": "m"})

    app = web.Application()
    app.router.add_post("/v3/mail/send", take)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def _libcurl(url: str) -> float:
    poster = Poster(connections=CONNECTIONS, connect_s=10, total_s=60, longest_answer=1000)
    ended: SimpleQueue[Reply] = SimpleQueue()

    def tell(replies: Mapping[UUID, Reply]) -> None:
        for reply in replies.values():
            ended.put(reply)

    start = time.perf_counter()
    for _ in range(MAILS // CONNECTIONS):
        post = {
            uuid4(): Post(url=f"{url}/v3/mail/send", headers=HEADERS, body=json.dumps(BODY).encode())
            for _ in range(CONNECTIONS)
        }
        poster.post(post, tell)
        assert {ended.get().status for _ in post} == {202}
    rate = MAILS // CONNECTIONS * CONNECTIONS / (time.perf_counter() - start)
    poster.close()
    return rate


def _aiohttp(url: str) -> float:
    async def send() -> float:
        start = time.perf_counter()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

            async def one() -> None:
                async with session.post(f"{url}/v3/mail/send", data=json.dumps(BODY).encode()) as reply:
                    assert reply.status == 202

            await asyncio.gather(*(one() for _ in range(MAILS)))
        return MAILS / (time.perf_counter() - start)

    return asyncio.run(send())


def _kept_alive(url: str) -> float:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    start = time.perf_counter()
    for _ in range(MAILS):
        connection.request("POST", "/v3/mail/send", json.dumps(BODY).encode())
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 202
    return MAILS / (time.perf_counter() - start)


def _own(url: str) -> float:
    client = sendgrid.SendGridAPIClient("SG.key", host=url).client
    start = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.mail.send.post(request_body=BODY), range(MAILS)))
    return MAILS / (time.perf_counter() - start)


CLIENTS: dict[str, Callable[[str], float]] = {
    "libcurl, 64 connections": _libcurl,
    "aiohttp, 64 connections": _aiohttp,
    "http.client kept alive": _kept_alive,
    "sendgrid's own, a connection per call": _own,
}
