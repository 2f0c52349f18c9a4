"""Webhooks ordered at Shopify, by the Admin GraphQL API.

Source: shopify.dev, `webhookSubscriptions`, `webhookSubscriptionCreate`, input object `WebhookSubscriptionInput`
(2026-07), and per topic the scope that the "Webhooks" reference names. An app sees its own subscriptions alone. The
compliance topics are no values of `WebhookSubscriptionTopic`: they belong to the app, not to the shop.
"""

from collections.abc import Mapping
from typing import Any

from worker.platforms.bodies import mapping, objects, text
from worker.platforms.shopify.graphql import ask, none_of_shopifys
from worker.platforms.subscriptions import Subscription, Target
from worker.platforms.writing import Access, Written

LIST = """query ($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}"""
CREATE = """mutation ($topic: WebhookSubscriptionTopic!, $said: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $said) {
    webhookSubscription { id }
    userErrors { field message }
  }
}"""
SCOPES = {
    "orders": "read_orders",
    "refunds": "read_orders",
    "fulfillments": "read_fulfillments",
    "fulfillment_events": "read_fulfillments",
    "returns": "read_returns",
    "disputes": "read_shopify_payments_disputes",
    "customers": "read_customers",
    "customers_email_marketing_consent": "read_customers",
    "products": "read_products",
}
"""What the app must be allowed to read, by what a topic is about."""
TAKEN = "already been taken"
MOST_PAGES = 20


class ShopifySubscriber:
    kind = "shopify"
    topics = (
        *(f"orders/{name}" for name in ("create", "paid", "updated", "edited", "cancelled", "delete")),
        *("fulfillments/create", "fulfillments/update", "fulfillment_events/create", "refunds/create"),
        *(f"returns/{name}" for name in ("request", "cancel", "decline", "close")),
        *("disputes/create", "disputes/update"),
        *("customers/update", "customers_email_marketing_consent/update"),
        *("products/create", "products/update", "products/delete", "app/uninstalled"),
    )
    signing = "Shopify signs these with the client secret of the app whose token it is: the source must know that one."
    by_hand = "customers/redact and shop/redact cannot be ordered this way: give the app this address for them."

    def existing(self, access: Access, target: Target) -> list[Subscription] | Written:
        found: list[Subscription] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            data = ask(access, LIST, {"after": after}, scope="read_orders")
            if isinstance(data, Written):
                return data
            listed = mapping(data.get("webhookSubscriptions"))
            if not isinstance(listed.get("nodes"), list):
                return none_of_shopifys()
            found += [_read(node) for node in objects(listed["nodes"])]
            page = mapping(listed.get("pageInfo"))
            after = text(page.get("endCursor"))
            if page.get("hasNextPage") is not True or not after:
                break
        return found

    def order(self, access: Access, topic: str, target: Target) -> str | Written:
        scope = SCOPES.get(topic.partition("/")[0], "")
        said = {"topic": _name(topic), "said": {"uri": target.url, "format": "JSON"}}
        data = ask(access, CREATE, said, scope=scope)
        if isinstance(data, Written):
            return _lacking(scope) if "ACCESS_DENIED" in data.note and scope else data
        return _said(data, scope)

    def switch_on(self, access: Access, found: Subscription, target: Target) -> str | Written:
        """Shopify switches none off: it deletes them."""
        return ""


def _read(node: Mapping[str, Any]) -> Subscription:
    topic = next((each for each in ShopifySubscriber.topics if _name(each) == text(node.get("topic"))), "")
    return Subscription(id=text(node.get("id")), topic=topic, url=text(node.get("uri")))


def _name(topic: str) -> str:
    """The topic as the API calls it: ORDERS_CREATE."""
    return topic.upper().replace("/", "_")


def _said(data: Mapping[str, Any], scope: str) -> str | Written:
    faults = mapping(data.get("webhookSubscriptionCreate")).get("userErrors")
    if not isinstance(faults, list):
        return none_of_shopifys()
    words = " ".join(text(mapping(fault).get("message")) for fault in faults)
    if not faults or TAKEN in words:
        return ""
    return _lacking(scope) if "permission" in words and scope else f"Shopify refuses it: {words}"


def _lacking(scope: str) -> str:
    return f"give the app the scope {scope}, install it again, and renew the key file (`source set`)"
