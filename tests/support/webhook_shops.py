"""Stand-ins for where webhooks are ordered, at Shopify and WooCommerce: strict about every field and every topic."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
)

SCOPES = {
    "ORDERS": "read_orders",
    "REFUNDS": "read_orders",
    "FULFILLMENTS": "read_fulfillments",
    "FULFILLMENT_EVENTS": "read_fulfillments",
    "RETURNS": "read_returns",
    "DISPUTES": "read_shopify_payments_disputes",
    "CUSTOMERS": "read_customers",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT": "read_customers",
    "PRODUCTS": "read_products",
    "APP": "",
}
COMPLIANCE = frozenset({"CUSTOMERS_REDACT", "SHOP_REDACT", "CUSTOMERS_DATA_REQUEST"})
WOO_TOPICS = {f"{what}.{how}" for what in ("order", "product") for how in ("created", "updated", "deleted", "restored")}
HOOK = {"name", "topic", "delivery_url", "secret", "status"}
PAGE = 5
"""Shopify's pages are as long as they like; short ones prove that the next is asked for."""


@dataclass
class WebhookShop(Misbehaving):
    """What both shops have: `ordered` at Shopify, topic and address; `hooks` at WooCommerce, as the API tells them."""

    scopes: set[str] = field(default_factory=lambda: {scope for scope in SCOPES.values() if scope})
    is_blunt: bool = False  # a missing scope is an error of the whole call, not of its input
    ordered: list[tuple[str, str]] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        if stranger := shopify_stranger(request):
            return stranger
        told = json.loads(await request.read())
        query, given = told["query"], told["variables"]
        if "webhookSubscriptions(" in query:
            return await self.met(request, lambda: self._listed(given))
        if "webhookSubscriptionCreate(topic: $topic, webhookSubscription: $said)" not in query:
            return self.wrong(f"an unknown query: {query}")
        return await self.met(request, lambda: self._created(given))

    def _listed(self, given: dict[str, Any]) -> web.Response:
        start = int(given["after"] or 0)
        shown = self.ordered[start : start + PAGE]
        nodes = [
            {"id": f"gid://shopify/WebhookSubscription/{start + number}", "topic": topic, "uri": uri}
            for number, (topic, uri) in enumerate(shown)
        ]
        has_more = start + PAGE < len(self.ordered)
        page = {"hasNextPage": has_more, "endCursor": str(start + PAGE) if has_more else None}
        return graphql_data("webhookSubscriptions", {"nodes": nodes, "pageInfo": page})

    def _created(self, given: dict[str, Any]) -> web.Response:
        topic, said = given["topic"], given["said"]
        about, _, _ = topic.rpartition("_")
        if topic in COMPLIANCE or about not in SCOPES or set(said) != {"uri", "format"} or said["format"] != "JSON":
            return self.wrong(f"no such subscription: {given}")
        if not said["uri"].startswith("https://"):
            return _refused(["webhookSubscription", "uri"], "Address protocol http:// is not supported")
        if SCOPES[about] and SCOPES[about] not in self.scopes:
            words = f"You do not have permission to create or update webhooks with {topic} topic"
            return access_denied() if self.is_blunt else _refused(["webhookSubscription", "topic"], words)
        if (topic, said["uri"]) in self.ordered:
            return _refused(["webhookSubscription", "uri"], "Address for this topic has already been taken")
        self.ordered.append((topic, said["uri"]))
        made = {"webhookSubscription": {"id": f"gid://shopify/WebhookSubscription/{len(self.ordered)}"}}
        return graphql_data("webhookSubscriptionCreate", made | {"userErrors": []})

    async def webhooks(self, request: web.Request) -> web.StreamResponse:
        return await self.met_rest(request, HOOK, self._woo)

    def _woo(self, request: web.Request, said: dict[str, Any]) -> web.Response:
        if request.method == "GET":
            size, page = int(request.query.get("per_page", "10")), int(request.query.get("page", "1"))
            if size > 100:
                return woo_error("rest_invalid_param", 400)
            shown = self.hooks[(page - 1) * size : page * size]
            return web.json_response([{k: v for k, v in each.items() if k != "secret"} for each in shown])
        if request.method == "POST":
            if said.get("topic") not in WOO_TOPICS:
                return woo_error("woocommerce_rest_webhook_invalid_topic", 400)
            self.hooks.append({"id": len(self.hooks) + 1, "status": "active"} | said)
            return web.json_response(self.hooks[-1], status=201)
        found = next((each for each in self.hooks if str(each["id"]) == request.match_info["which"]), None)
        if found is None:
            return woo_error("woocommerce_rest_shop_webhook_invalid_id", 404)
        found |= said
        return web.json_response(found)

    def app(self) -> web.Application:
        app = self.served_app()
        app.router.add_post(GRAPHQL, self.graphql)
        app.router.add_route("*", "/wp-json/wc/v3/webhooks", self.webhooks)
        app.router.add_route("*", "/wp-json/wc/v3/webhooks/{which}", self.webhooks)
        return app


def _refused(place: list[str], words: str) -> web.Response:
    faults = [{"field": place, "message": words}]
    return graphql_data("webhookSubscriptionCreate", {"webhookSubscription": None, "userErrors": faults})


@contextmanager
def webhook_shop() -> Iterator[WebhookShop]:
    """Runs both; `url` is what `source set --api-url` takes."""
    shop = WebhookShop()
    with served(shop.app()) as shop.url:
        yield shop
