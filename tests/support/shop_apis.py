"""Stand-ins for the APIs of Shopify and WooCommerce: they check every call and keep what they took.

They know the customer 7 and the orders order-1042 and order-1043.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.support.loops import served
from tests.support.misbehaving import (
    GRAPHQL,
    Misbehaving,
    access_denied,
    graphql_data,
    shopify_stranger,
    woo_error,
    woo_stranger,
)

MUTATION = "customerEmailMarketingConsentUpdate(input: $input)"
STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")


@dataclass
class ShopApi(Misbehaving):
    """The state behind both. `consents` and `metas`: what customers and orders have now; `calls`: all in order."""

    known: set[str] = field(default_factory=lambda: {"7", "order-1042", "order-1043"})
    scopes: set[str] = field(default_factory=lambda: {"write_customers"})
    consents: dict[str, dict[str, Any]] = field(default_factory=dict)
    metas: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        """Shopify's Admin API, this one mutation."""
        if stranger := shopify_stranger(request):
            return stranger
        told = json.loads(await request.read())
        if MUTATION not in told["query"]:
            return self.wrong("another query")
        if not self.scopes:
            return access_denied()
        given = told["variables"]["input"]
        if fault := _consent_fault(given):
            return self.wrong(fault)
        customer = given["customerId"].removeprefix("gid://shopify/Customer/")
        if customer not in self.known:
            return _shopify([{"field": ["input", "customerId"], "message": "Customer does not exist"}])

        def keep() -> web.Response:
            self.consents[customer] = given["emailMarketingConsent"]
            self.calls.append((customer, given["emailMarketingConsent"]["marketingState"]))
            return _shopify([])

        return await self.met(request, keep)

    async def put(self, request: web.Request) -> web.StreamResponse:
        """WooCommerce's "update a customer" and "update an order"."""
        if stranger := woo_stranger(request):
            return stranger
        kind, which = request.match_info["kind"], request.match_info["which"]
        told = json.loads(await request.read())
        if set(told) != {"meta_data"} or any(set(entry) != {"key", "value"} for entry in told["meta_data"]):
            return self.wrong(f"unexpected fields: {told}")
        if which not in self.known:
            return woo_error(
                "woocommerce_rest_invalid_id" if kind == "customers" else "woocommerce_rest_shop_order_invalid_id", 400
            )

        def keep() -> web.Response:
            for entry in told["meta_data"]:
                self.metas.setdefault(f"{kind}/{which}", {})[entry["key"]] = entry["value"]
                self.calls.append((f"{kind}/{which}", entry["value"]))
            return web.json_response({"id": which} | told)

        return await self.met(request, keep)

    def app(self) -> web.Application:
        app = self.served_app()
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
    return graphql_data("customerEmailMarketingConsentUpdate", {"userErrors": faults})


@contextmanager
def shop_api() -> Iterator[ShopApi]:
    """Runs both; `url` is what `source set --api-url` takes."""
    api = ShopApi()
    with served(api.app()) as api.url:
        yield api
