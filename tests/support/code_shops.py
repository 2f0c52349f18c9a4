"""Stand-ins for the discount APIs of Shopify and WooCommerce: strict about every field, and misbehaving on demand.

They refuse what the real ones refuse: another key, fields that do not exist, a text that is taken, an id that is not
there, a product that is on the list already.
"""

import json
import re
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
    Trouble,
    access_denied,
    graphql_data,
    shopify_stranger,
    woo_error,
)

BASIC = {
    *("title", "code", "startsAt", "endsAt", "context", "usageLimit", "appliesOncePerCustomer"),
    *("minimumRequirement", "customerGets", "combinesWith", "recurringCycleLimit", "tags"),
}
SHIPPING = (BASIC - {"customerGets"}) | {"destination", "maximumShippingPrice", "appliesOnOneTimePurchase"}
NEEDED = {"title", "code", "startsAt", "context"}
COUPON = {
    *("code", "amount", "discount_type", "description", "date_expires_gmt", "individual_use", "product_ids"),
    *("excluded_product_ids", "usage_limit", "usage_limit_per_user", "free_shipping", "exclude_sale_items"),
    *("minimum_amount", "email_restrictions"),
}
THROTTLED = Trouble(
    status=200,
    body={
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {"requestedQueryCost": 30, "throttleStatus": {"currentlyAvailable": 10, "restoreRate": 2}}
        },
    },
)
BUSY = Trouble(status=429, headers={"Retry-After": "10"})


@dataclass
class CodeShop(Misbehaving):
    """The state behind both APIs. `codes`: those the shop has, by text in capitals; `made`: every text ever created.

    `faults`: what was wrong with calls, which are then refused; a test that ends with one has failed.
    """

    scopes: set[str] = field(default_factory=lambda: {"read_orders", "write_discounts"})
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def use(self, code: str) -> None:
        """Somebody redeems it."""
        self.codes[code]["uses"] += 1

    def add(self, code: str, **said: Any) -> None:
        """A code of the shop's own."""
        self.codes[code] = {"id": str(len(self.made) + 900), "uses": 0, "said": {"title": "Summer"} | said}

    async def graphql(self, request: web.Request) -> web.StreamResponse:
        if stranger := shopify_stranger(request):
            return stranger
        told = json.loads(await request.read())
        query, given = told["query"], told["variables"]
        if "currentAppInstallation" in query:
            scopes = [{"handle": scope} for scope in sorted(self.scopes)]
            return graphql_data("currentAppInstallation", {"accessScopes": scopes})
        if "write_discounts" not in self.scopes:
            return access_denied()
        name = re.search(
            r"(codeDiscountNodeByCode|discountCode(?:Basic|FreeShipping)?(?:Create|Update|Delete))\(", query
        )
        if name is None:
            return self.wrong(f"an unknown query: {query}")
        return await self.met(request, lambda: self._shopify(name[1], given))

    def _shopify(self, name: str, given: dict[str, Any]) -> web.Response:
        if name == "codeDiscountNodeByCode":
            return graphql_data(name, _node(self.codes.get(given["code"].upper())))
        if name == "discountCodeDelete":
            found = self._by_id(given["id"])
            if found is None:
                return _refused(name, "id", "INVALID")
            del self.codes[found]
            return graphql_data(name, {"deletedCodeDiscountId": given["id"], "userErrors": []})
        said = given["said"]
        if fault := _input_fault(said, SHIPPING if "FreeShipping" in name else BASIC, is_new="Create" in name):
            return self.wrong(fault)
        if "Create" in name:
            return self._shopify_created(name, said)
        found = self._by_id(given["id"])
        if found is None:
            return _refused(name, "id", "INVALID")
        return self._shopify_updated(name, self.codes[found], said)

    def _shopify_created(self, name: str, said: dict[str, Any]) -> web.Response:
        if said["code"].upper() in self.codes:
            return _refused(name, "code", "TAKEN")
        self._keep(said["code"], f"gid://shopify/DiscountCodeNode/{len(self.made) + 1}", said)
        return graphql_data(name, {"codeDiscountNode": {"id": "…"}, "userErrors": []})

    def _shopify_updated(self, name: str, kept: dict[str, Any], said: dict[str, Any]) -> web.Response:
        added = said.get("customerGets", {}).get("items", {}).get("products", {}).get("productsToAdd", [])
        have = kept["said"].get("customerGets", {}).get("items", {}).get("products", {}).get("productsToAdd", [])
        if set(added) & set(have):
            return _refused(name, "productsToAdd", "DUPLICATE")
        kept["said"] |= {key: value for key, value in said.items() if key != "customerGets"}
        have.extend(added)
        return graphql_data(name, {"codeDiscountNode": {"id": kept["id"]}, "userErrors": []})

    async def coupons(self, request: web.Request) -> web.StreamResponse:
        return await self.met_rest(request, COUPON, self._woo)

    def _woo(self, request: web.Request, said: dict[str, Any]) -> web.Response:
        which = request.match_info.get("which")
        if request.method == "GET":
            wanted = request.query.get("code", "").upper()
            found = [_coupon(kept) for text, kept in self.codes.items() if text == wanted or not wanted]
            return web.json_response(found)
        if request.method == "POST":
            if said["code"].upper() in self.codes:
                return woo_error("woocommerce_rest_coupon_code_already_exists", 400)
            self._keep(said["code"], str(len(self.made) + 1), said)
            return web.json_response(_coupon(self.codes[said["code"].upper()]), status=201)
        text = self._by_id(str(which))
        if text is None:
            return woo_error("woocommerce_rest_shop_coupon_invalid_id", 404)
        kept = self.codes[text]
        if request.method == "DELETE":
            if request.query.get("force") != "true":
                return woo_error("woocommerce_rest_trash_not_supported", 501)
            del self.codes[text]
        else:
            kept["said"] |= said
        return web.json_response(_coupon(kept))

    def _keep(self, code: str, its_id: str, said: dict[str, Any]) -> None:
        self.codes[code.upper()] = {"id": its_id, "uses": 0, "said": said}
        self.made.append(code.upper())

    def _by_id(self, its_id: str) -> str | None:
        return next((text for text, kept in self.codes.items() if kept["id"] == its_id), None)

    def app(self) -> web.Application:
        app = self.served_app()
        app.router.add_post(GRAPHQL, self.graphql)
        app.router.add_route("*", "/wp-json/wc/v3/coupons", self.coupons)
        app.router.add_route("*", "/wp-json/wc/v3/coupons/{which}", self.coupons)
        return app


def _input_fault(said: dict[str, Any], known: set[str], *, is_new: bool) -> str:
    if unknown := set(said) - known:
        return f"fields that do not exist: {sorted(unknown)}"
    if is_new and (missing := NEEDED - set(said)):
        return f"fields that are missing: {sorted(missing)}"
    if said.get("context", {"all": "ALL"}) != {"all": "ALL"}:
        return f"no such context: {said['context']}"
    for name in ("startsAt", "endsAt"):
        if name in said and datetime.fromisoformat(said[name]).tzinfo is None:
            return f"{name} has no zone"
    least = said.get("minimumRequirement", {}).get("subtotal", {}).get("greaterThanOrEqualToSubtotal", "0")
    if not re.fullmatch(r"\d+(\.\d\d\d?)?", least):
        return f"no such minimum: {least!r}"
    return _gets_fault(said["customerGets"], is_new=is_new) if "customerGets" in said else ""


def _gets_fault(gets: dict[str, Any], *, is_new: bool) -> str:
    if set(gets) - {"value", "items"} or (is_new and set(gets) != {"value", "items"}):
        return f"no such customerGets: {sorted(gets)}"
    if len(gets["items"]) != 1 or not set(gets["items"]) <= {"all", "products", "collections"}:
        return f"no such items: {gets['items']}"
    value = gets.get("value", {"percentage": 0.1})
    if set(value) == {"percentage"}:
        return "" if 0 < value["percentage"] <= 1 else "a percentage is a share between 0 and 1"
    return (
        ""
        if set(value) == {"discountAmount"} and set(value["discountAmount"]) == {"amount", "appliesOnEachItem"}
        else "no such value"
    )


def _node(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    said = kept["said"]
    least = said.get("minimumRequirement", {}).get("subtotal", {}).get("greaterThanOrEqualToSubtotal")
    products = said.get("customerGets", {}).get("items", {}).get("products", {}).get("productsToAdd", [])
    discount = {
        "__typename": "DiscountCodeFreeShipping" if "destination" in said else "DiscountCodeBasic",
        "title": said["title"],
        "endsAt": said.get("endsAt"),
        "asyncUsageCount": kept["uses"],
        "minimumRequirement": {"greaterThanOrEqualToSubtotal": {"amount": f"{float(least)}"}} if least else None,
        "customerGets": {"items": {"products": {"nodes": [{"id": each} for each in products]}}},
    }
    return {"id": kept["id"], "codeDiscount": discount}


def _coupon(kept: dict[str, Any]) -> dict[str, Any]:
    said = kept["said"]
    shown: dict[str, Any] = {"id": kept["id"], "usage_count": kept["uses"], "description": said.get("title", "")}
    return shown | said


def _refused(name: str, place: str, code: str) -> web.Response:
    fault = {"field": ["basicCodeDiscount", place], "code": code, "message": "…"}
    return graphql_data(name, {"codeDiscountNode": None, "userErrors": [fault]})


@contextmanager
def code_shop() -> Iterator[CodeShop]:
    """Runs both; `url` is what `source set --api-url` takes."""
    shop = CodeShop()
    with served(shop.app()) as shop.url:
        yield shop
