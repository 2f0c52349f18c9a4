"""A customer's consent written to Shopify, by the Admin GraphQL API.

Source: shopify.dev, mutation `customerEmailMarketingConsentUpdate` (scope `write_customers`): it takes SUBSCRIBED,
UNSUBSCRIBED and PENDING alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schedules.facts import ConsentState
from worker.platforms.bodies import mapping
from worker.platforms.shopify.graphql import ask, fields, none_of_shopifys, stamp
from worker.platforms.writing import Access, Person, Result, Written

MUTATION = """mutation ($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) { userErrors { field message } }
}"""
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
        said: dict[str, Any] = {"marketingState": STATES[consent], "consentUpdatedAt": stamp(at)}
        if consent is ConsentState.SUBSCRIBED:
            said["marketingOptInLevel"] = "SINGLE_OPT_IN"
        customer = {"customerId": f"gid://shopify/Customer/{person.customer_id}", "emailMarketingConsent": said}
        return _outcome(ask(access, MUTATION, {"input": customer}, scope="write_customers"))


def _outcome(data: Mapping[str, Any] | Written) -> Written:
    if isinstance(data, Written):
        return data
    faults = mapping(data.get("customerEmailMarketingConsentUpdate")).get("userErrors")
    if not isinstance(faults, list):
        return none_of_shopifys()
    if faults:
        return Written(result=Result.NEVER, note=f"Shopify refuses it: {fields(faults)}")
    return Written(result=Result.WRITTEN)
