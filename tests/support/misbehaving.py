"""What all stand-ins for shops' APIs have in common: they count, check keys, note faults, and misbehave on demand."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SHOPIFY_TOKEN = "shpat_northkettle"
WOO_KEY = "ck_northkettle\ncs_northkettle"
GRAPHQL = "/admin/api/2026-07/graphql.json"


@dataclass(frozen=True)
class Trouble:
    """What happens to one call.

    answer (`status`, `headers`, `body`) · drop_before (closes, keeping nothing) · drop_after (keeps it, then closes) ·
    silence (keeps it and never answers) · drip (keeps it, then answers a byte now and then).
    """

    kind: str = "answer"
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Misbehaving:
    """`faults`: what was wrong with calls, which are then refused with 400. `during`: runs inside each call."""

    url: str = ""
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    troubles: deque[Trouble | None] = field(default_factory=deque)
    during: Callable[[], None] = lambda: None

    def meets(self, *troubles: Trouble | None) -> None:
        """The next calls meet these, one each; None: nothing happens to it."""
        self.troubles.extend(troubles)

    async def met(self, request: web.Request, do: Callable[[], web.Response]) -> web.StreamResponse:
        """Does it, before, after or without what the call is to meet."""
        trouble = self.troubles.popleft() if self.troubles else None
        answer = do() if trouble is None or trouble.kind in ("drop_after", "silence", "drip") else None
        await asyncio.get_running_loop().run_in_executor(None, self.during)
        if trouble is not None:
            return await troubled(request, trouble)
        assert answer is not None
        return answer

    def wrong(self, fault: str) -> web.Response:
        self.faults.append(fault)
        return web.json_response({"errors": [{"message": fault}]}, status=400)

    @web.middleware
    async def count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests += 1
        answer: web.StreamResponse = await handler(request)
        return answer

    async def met_rest(
        self, request: web.Request, known: Set[str], do: Callable[[web.Request, dict[str, Any]], web.Response]
    ) -> web.StreamResponse:
        """A call of WooCommerce's: by its own key, with fields that exist; `do` has what it says."""
        if stranger := woo_stranger(request):
            return stranger
        raw = await request.read()
        said = json.loads(raw) if raw else {}
        if unknown := set(said) - known:
            return self.wrong(f"unexpected fields: {sorted(unknown)}")
        return await self.met(request, lambda: do(request, said))

    def served_app(self) -> web.Application:
        return web.Application(middlewares=[self.count])


def shopify_stranger(request: web.Request) -> web.Response | None:
    """Shopify's answer to who has another token; None: it is ours."""
    if request.headers.get("X-Shopify-Access-Token") == SHOPIFY_TOKEN:
        return None
    return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)


def woo_stranger(request: web.Request) -> web.Response | None:
    """WooCommerce's answer to who has another key; None: it is ours."""
    pair = base64.b64encode(WOO_KEY.replace("\n", ":").encode()).decode()
    ours = request.headers.get("Authorization") == f"Basic {pair}"
    return None if ours else woo_error("woocommerce_rest_cannot_view", 401)


def access_denied() -> web.Response:
    error = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}
    return web.json_response({"errors": [error], "data": None})


def graphql_data(name: str, value: Any) -> web.Response:
    return web.json_response({"data": {name: value}})


def woo_error(code: str, status: int) -> web.Response:
    return web.json_response({"code": code, "message": "…", "data": {"status": status}}, status=status)


async def troubled(request: web.Request, trouble: Trouble) -> web.StreamResponse:
    """What a call meets."""
    if trouble.kind == "silence":
        await asyncio.sleep(3600)
    if trouble.kind == "drip":
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.05)
    if trouble.kind.startswith("drop"):
        assert request.transport is not None
        request.transport.abort()
    return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
