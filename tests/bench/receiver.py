"""A door like SendGrid's that only counts: `python -m tests.bench.receiver PORT`. It notes when each mail came."""

import re
import sys
import time

from aiohttp import web

MESSAGE = re.compile(rb'"message": ?"([0-9a-f-]{36})"')


def app() -> web.Application:
    came: dict[str, float] = {}
    calls = [0]

    async def take(request: web.Request) -> web.Response:
        raw = await request.read()
        calls[0] += 1
        found = MESSAGE.search(raw)
        came[found[1].decode() if found else str(calls[0])] = time.time()
        return web.Response(status=202, headers={"X-Message-Id": str(calls[0])})

    async def count(_request: web.Request) -> web.Response:
        return web.json_response({"mails": len(came), "calls": calls[0]})

    async def log(_request: web.Request) -> web.Response:
        return web.json_response(came)

    made = web.Application(client_max_size=30 * 1024 * 1024)
    made.router.add_post("/v3/mail/send", take)
    made.router.add_get("/count", count)
    made.router.add_get("/log", log)
    return made


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
