"""Stand-ins for the APIs of Shopify and WooCommerce: they check every call, keep what they took,
and misbehave on demand.

They know the customer 7 and the orders order-1042 and order-1043.
"""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.support.loops import served

SHOPIFY_TOKEN = "shpat_northkettle"
WOO_KEY = "ck_northkettle\ncs_northkettle"
MUTATION = "customerEmailMarketingConsentUpdate(input: $input)"
STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")
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
class ShopApi:
    """The state behind both APIs. `faults`: what was wrong with calls, which are then refused with 400.

    `consents` and `metas`: what customers and orders have now; `calls`: everything taken, in order.
    """

    url: str = ""
    known: set[str] = field(default_factory=lambda: {"7", "order-1042", "order-1043"})
    scopes: set[str] = field(default_factory=lambda: {"write_customers"})
    consents: dict[str, dict[str, Any]] = field(default_factory=dict)
    metas: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    troubles: deque[Trouble] = field(default_factory=deque)
    during: Callable[[], None] = lambda: None

    def meets(self, *troubles: Trouble) -> None:
        """The next calls meet these, one each."""
        self.troubles.extend(troubles)

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        """Shopify's Admin API, this one mutation."""
        if request.headers.get("X-Shopify-Access-Token") != SHOPIFY_TOKEN:
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        told = json.loads(await request.read())
        if MUTATION not in told["query"]:
            return self._wrong("another query")
        if not self.scopes:
            error = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}
            return web.json_response({"errors": [error], "data": None})
        given = told["variables"]["input"]
        if fault := _consent_fault(given):
            return self._wrong(fault)
        customer = given["customerId"].removeprefix("gid://shopify/Customer/")
        if customer not in self.known:
            return _shopify([{"field": ["input", "customerId"], "message": "Customer does not exist"}])

        def keep() -> None:
            self.consents[customer] = given["emailMarketingConsent"]
            self.calls.append((customer, given["emailMarketingConsent"]["marketingState"]))

        return await self._taken(request, keep, _shopify([]))

    async def put(self, request: web.Request) -> web.StreamResponse:
        """WooCommerce's "update a customer" and "update an order"."""
        pair = base64.b64encode(WOO_KEY.replace("\n", ":").encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return _woo("woocommerce_rest_cannot_edit", 401)
        kind, which = request.match_info["kind"], request.match_info["which"]
        told = json.loads(await request.read())
        if set(told) != {"meta_data"} or any(set(entry) != {"key", "value"} for entry in told["meta_data"]):
            return self._wrong(f"unexpected fields: {told}")
        if which not in self.known:
            return _woo(
                "woocommerce_rest_invalid_id" if kind == "customers" else "woocommerce_rest_shop_order_invalid_id", 400
            )

        def keep() -> None:
            for entry in told["meta_data"]:
                self.metas.setdefault(f"{kind}/{which}", {})[entry["key"]] = entry["value"]
                self.calls.append((f"{kind}/{which}", entry["value"]))

        return await self._taken(request, keep, web.json_response({"id": which} | told))

    async def _taken(self, request: web.Request, keep: Callable[[], None], fine: web.Response) -> web.StreamResponse:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is None or trouble.kind in ("drop_after", "silence", "drip"):
            keep()
        await asyncio.get_running_loop().run_in_executor(None, self.during)
        return fine if trouble is None else await troubled(request, trouble)

    def _wrong(self, fault: str) -> web.Response:
        self.faults.append(fault)
        return web.json_response({"errors": fault}, status=400)

    @web.middleware
    async def count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests += 1
        answer: web.StreamResponse = await handler(request)
        return answer

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.count])
        app.router.add_post(GRAPHQL, self.graphql)
        app.router.add_put("/wp-json/wc/v3/{kind:customers|orders}/{which}", self.put)
        return app


def _consent_fault(given: dict[str, Any]) -> str:
    consent = given.get("emailMarketingConsent", {})
    if set(given) != {"customerId", "emailMarketingConsent"} or not given["customerId"].startswith("gid://"):
        return f"no such input: {sorted(given)}"
    if consent.get("marketingState") not in STATES or set(consent) - {
        "marketingState",
        "consentUpdatedAt",
        "marketingOptInLevel",
    }:
        return f"no such consent: {consent}"
    return "" if datetime.fromisoformat(consent["consentUpdatedAt"]).tzinfo else "a time without a zone"


def _shopify(faults: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"data": {"customerEmailMarketingConsentUpdate": {"userErrors": faults}}})


def _woo(code: str, status: int) -> web.Response:
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


@contextmanager
def shop_api() -> Iterator[ShopApi]:
    """Runs both; `url` is what `source set --api-url` takes."""
    api = ShopApi()
    with served(api.app()) as api.url:
        yield api
