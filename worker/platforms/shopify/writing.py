"""A customer's consent written to Shopify, by the Admin GraphQL API.

Source: shopify.dev, mutation `customerEmailMarketingConsentUpdate` (scope `write_customers`): it takes SUBSCRIBED,
UNSUBSCRIBED and PENDING alone. Errors of the query come with status 200.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schedules.facts import ConsentState
from worker.platforms.bodies import mapping, text
from worker.platforms.calling import Reply, call, trouble
from worker.platforms.writing import Access, Person, Result, Written

VERSION = "2026-07"
MUTATION = """mutation ($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) { userErrors { field message } }
}"""
PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "MAX_COST_EXCEEDED"})
STATES = {ConsentState.UNSUBSCRIBED: "UNSUBSCRIBED", ConsentState.SUBSCRIBED: "SUBSCRIBED"}


class ShopifyWriter:
    kind = "shopify"

    def missing(self, options: Mapping[str, Any]) -> str:
        """Shopify has a field for consent: nothing is to be mapped."""
        return ""

    def key_fault(self, key: str) -> str:
        is_token = bool(key) and not any(letter.isspace() for letter in key) and key.isascii()
        return "" if is_token else "Put the app's Admin API access token (shpat_…) alone into the file."

    def write(self, access: Access, person: Person, consent: ConsentState, at: datetime) -> Written:
        if not person.customer_id:
            return Written(result=Result.NEVER, note="the shop has no customer to write it to")
        said: dict[str, Any] = {"marketingState": STATES[consent], "consentUpdatedAt": _stamp(at)}
        if consent is ConsentState.SUBSCRIBED:
            said["marketingOptInLevel"] = "SINGLE_OPT_IN"
        customer = {"customerId": f"gid://shopify/Customer/{person.customer_id}", "emailMarketingConsent": said}
        reply = call(
            "POST",
            f"{access.url}/admin/api/{VERSION}/graphql.json",
            headers={"X-Shopify-Access-Token": access.key},
            body={"query": MUTATION, "variables": {"input": customer}},
        )
        return reply if isinstance(reply, Written) else _outcome(reply)


def _outcome(reply: Reply) -> Written:
    if reply.status == 404:
        return Written(result=Result.LATER, note="no Shopify shop answers at this address", needs_person=True)
    if (found := trouble(reply)) is not None:
        return found
    body = mapping(reply.body)
    if body.get("errors"):
        return _query_failed(body["errors"])
    payload = mapping(mapping(body.get("data")).get("customerEmailMarketingConsentUpdate"))
    faults = payload.get("userErrors")
    if not isinstance(faults, list):
        return Written(result=Result.LATER, note="the answer is none of Shopify's", needs_person=True)
    if faults:
        return Written(result=Result.NEVER, note=f"Shopify refuses it: {_fields(faults)}")
    return Written(result=Result.WRITTEN)


def _query_failed(errors: Any) -> Written:
    codes = [
        text(mapping(mapping(each).get("extensions")).get("code"))
        for each in (errors if isinstance(errors, list) else [])
    ]
    if "THROTTLED" in codes:
        return Written(result=Result.LATER, note="Shopify is asked too often")
    if "ACCESS_DENIED" in codes:
        note = "Shopify answers ACCESS_DENIED: give the app the scope write_customers"
        return Written(result=Result.LATER, note=note, needs_person=True)
    code = next((each for each in codes if each), "an error without a code")
    return Written(result=Result.LATER, note=f"Shopify answers {code}", needs_person=code not in PASSING)


def _fields(faults: list[Any]) -> str:
    """Which input is refused; its message may repeat what a person typed."""
    named = [mapping(each).get("field") for each in faults]
    return ", ".join(".".join(map(text, field)) for field in named if isinstance(field, list)) or "no field is named"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
