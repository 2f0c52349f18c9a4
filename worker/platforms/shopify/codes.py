"""Discount codes made in Shopify, by the Admin GraphQL API (scope `write_discounts`).

Source: shopify.dev, `discountCodeBasicCreate`, `discountCodeFreeShippingCreate` and their updates,
`discountCodeDelete`, `codeDiscountNodeByCode`, input objects `DiscountCodeBasicInput` and
`DiscountCodeFreeShippingInput` (2026-07). A code applies to everything, to products or to collections: what is excluded
is left out of a collection. Shopify itself excludes gift cards. `percentage` is a share between 0 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from worker.platforms.bodies import mapping, objects, text
from worker.platforms.codes import (
    GONE,
    NOT_THERE,
    TAKEN,
    CodeTerms,
    Existing,
    Told,
    as_told,
    is_used,
    plain,
    utc,
    why_not_changed,
    why_not_deleted,
)
from worker.platforms.shopify.graphql import ask, fields, none_of_shopifys, stamp
from worker.platforms.writing import Access, Result, Written

FIND = """query ($code: String!) {
  codeDiscountNodeByCode(code: $code) {
    id
    codeDiscount {
      __typename
      ... on DiscountCodeBasic {
        title endsAt asyncUsageCount
        minimumRequirement { ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount } } }
        customerGets { items { ... on DiscountProducts { products(first: 50) { nodes { id } } } } }
      }
      ... on DiscountCodeFreeShipping {
        title endsAt asyncUsageCount
        minimumRequirement { ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount } } }
      }
    }
  }
}"""
NAMES = {
    "basic": ("discountCodeBasic", "basicCodeDiscount", "DiscountCodeBasicInput"),
    "shipping": ("discountCodeFreeShipping", "freeShippingCodeDiscount", "DiscountCodeFreeShippingInput"),
}
"""What Shopify calls a kind of code: its mutations, their argument, the argument's type."""
DELETE = (
    "mutation ($id: ID!) { discountCodeDelete(id: $id) { deletedCodeDiscountId userErrors { field code message } } }"
)
SCOPES = "{ currentAppInstallation { accessScopes { handle } } }"
SCOPE = "write_discounts"


@dataclass(frozen=True, kw_only=True)
class _Found(Existing):
    """A code that the shop has."""

    id: str
    minimum: Decimal | None
    products: frozenset[str]


class ShopifyCodes:
    kind = "shopify"
    names_owner = False
    takes_exclusions = False

    def put(self, access: Access, terms: CodeTerms, told: Mapping[str, Any]) -> Told:
        found = _find(access, terms.code)
        if isinstance(found, Written):
            return as_told(found)
        if found is not None:
            return why_not_changed(found, terms, told) or _brought_up(access, terms, found)
        if told:
            return GONE
        made = _change(access, "Create", terms, _input(terms))
        return _look_again(access, terms) if made.is_taken else made

    def take_back(self, access: Access, terms: CodeTerms) -> Told:
        found = _find(access, terms.code)
        if isinstance(found, Written):
            return as_told(found)
        if found is None:
            return NOT_THERE
        gone = why_not_deleted(found, terms)
        return gone or _outcome(ask(access, DELETE, {"id": found.id}, scope=SCOPE), "discountCodeDelete")

    def fault(self, access: Access) -> str:
        data = ask(access, SCOPES, {}, scope=SCOPE)
        if isinstance(data, Written):
            return f"Shopify cannot be asked: {data.note}. Look at --api-url and --api-key-file of `source set`."
        scopes = {text(each.get("handle")) for each in objects(_at(data, "currentAppInstallation", "accessScopes"))}
        if SCOPE in scopes:
            return ""
        return f"The app lacks the scope {SCOPE}: add it in Shopify, install the app again, and renew the key file."


def _find(access: Access, code: str) -> _Found | Written | None:
    data = ask(access, FIND, {"code": code}, scope=SCOPE)
    if isinstance(data, Written):
        return data
    if "codeDiscountNodeByCode" not in data:
        return none_of_shopifys()
    node = mapping(data["codeDiscountNodeByCode"])
    if not node:
        return None
    discount = mapping(node.get("codeDiscount"))
    products = objects(_at(discount, "customerGets", "items", "products", "nodes"))
    return _Found(
        id=text(node.get("id")),
        title=text(discount.get("title")),
        ends_at=utc(discount.get("endsAt")),
        minimum=_amount(_at(discount, "minimumRequirement", "greaterThanOrEqualToSubtotal", "amount")),
        products=frozenset(text(each.get("id")).rpartition("/")[2] for each in products),
        is_used=is_used(discount.get("asyncUsageCount")),
    )


def _look_again(access: Access, terms: CodeTerms) -> Told:
    """Shopify has the text already: from a call of ours whose answer was lost, or from somebody else."""
    found = _find(access, terms.code)
    if isinstance(found, Written):
        return as_told(found)
    if found is not None and found.title == terms.title:
        return _brought_up(access, terms, found)
    return TAKEN


def _brought_up(access: Access, terms: CodeTerms, found: _Found) -> Told:
    missing = tuple(product for product in terms.only if product not in found.products)
    if not missing and found.minimum == terms.minimum and found.ends_at == _second(terms.ends_at):
        return Told(result=Result.WRITTEN)
    changed: dict[str, Any] = {"endsAt": stamp(terms.ends_at), "minimumRequirement": _minimum(terms.minimum)}
    if missing:
        changed["customerGets"] = {"items": {"products": {"productsToAdd": _product_ids(missing)}}}
    return _change(access, "Update", terms, changed, found.id)


def _change(access: Access, verb: str, terms: CodeTerms, said: Mapping[str, Any], of_id: str = "") -> Told:
    name, argument, kind = NAMES["shipping" if terms.kind == "free_shipping" else "basic"]
    wanted, given = ("$id: ID!, ", "id: $id, ") if of_id else ("", "")
    query = (
        f"mutation ({wanted}$said: {kind}!) {{ {name}{verb}({given}{argument}: $said) "
        "{ codeDiscountNode { id } userErrors { field code message } } }"
    )
    variables = {"id": of_id, "said": said} if of_id else {"said": said}
    return _outcome(ask(access, query, variables, scope=SCOPE), f"{name}{verb}")


def _outcome(data: Mapping[str, Any] | Written, name: str) -> Told:
    if isinstance(data, Written):
        return as_told(data)
    faults = mapping(data.get(name)).get("userErrors")
    if not isinstance(faults, list):
        return as_told(none_of_shopifys())
    if not faults:
        return Told(result=Result.WRITTEN)
    is_taken = any(mapping(each).get("code") == "TAKEN" for each in faults)
    return Told(result=Result.NEVER, note=f"Shopify refuses it: {fields(faults)}", is_taken=is_taken)


def _input(terms: CodeTerms) -> dict[str, Any]:
    said: dict[str, Any] = {
        "title": terms.title,
        "code": terms.code,
        "startsAt": stamp(terms.starts_at),
        "endsAt": stamp(terms.ends_at),
        "context": {"all": "ALL"},
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "minimumRequirement": _minimum(terms.minimum),
    }
    if terms.kind == "free_shipping":
        return said | {"destination": {"all": True}}
    return said | {"customerGets": {"value": _value(terms), "items": _items(terms)}}


def _value(terms: CodeTerms) -> dict[str, Any]:
    if terms.kind == "percent":
        return {"percentage": float(terms.value / 100)}
    return {"discountAmount": {"amount": plain(terms.value), "appliesOnEachItem": False}}


def _items(terms: CodeTerms) -> dict[str, Any]:
    if terms.only:
        return {"products": {"productsToAdd": _product_ids(terms.only)}}
    if terms.collection:
        return {"collections": {"add": [f"gid://shopify/Collection/{terms.collection}"]}}
    return {"all": True}


def _product_ids(products: tuple[str, ...]) -> list[str]:
    return [f"gid://shopify/Product/{product}" for product in products]


def _minimum(amount: Decimal | None) -> dict[str, Any]:
    return {"subtotal": {"greaterThanOrEqualToSubtotal": plain(amount or Decimal(0))}}


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) or None
    except InvalidOperation:
        return None


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _at(value: Any, *names: str) -> Any:
    """What lies at a path of objects; None where the path ends early."""
    for name in names:
        value = mapping(value).get(name)
    return value
