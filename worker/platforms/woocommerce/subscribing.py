"""Webhooks ordered at WooCommerce, by its REST API.

Source: WooCommerce REST API v3, "Webhooks": `status` is active, paused (by a person) or disabled (after failed
deliveries). The shop tells everybody's webhooks; ours are those with our path.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from worker.platforms.bodies import mapping, objects, text
from worker.platforms.calling import Reply, trouble
from worker.platforms.subscriptions import Subscription, Target
from worker.platforms.woocommerce.rest import ask, nobody_there, none_of_theirs
from worker.platforms.writing import Access, Result, Written

PAGE = 100
MOST_PAGES = 20
ACTIVE = "active"


class WooCommerceSubscriber:
    kind = "woocommerce"
    topics = (
        *(f"order.{name}" for name in ("created", "updated", "deleted", "restored")),
        *(f"product.{name}" for name in ("created", "updated", "deleted")),
    )
    signing = "They are signed with the source's newest secret."
    by_hand = ""

    def existing(self, access: Access, target: Target) -> list[Subscription] | Written:
        found: list[Subscription] = []
        for number in range(1, MOST_PAGES + 1):
            reply = _asked(access, "GET", f"webhooks?per_page={PAGE}&page={number}")
            if isinstance(reply, Written):
                return reply
            if not isinstance(reply.body, list):
                return none_of_theirs()
            found += [_read(entry) for entry in objects(reply.body)]
            if len(reply.body) < PAGE:
                break
        ours = urlsplit(target.url).path
        return [each for each in found if urlsplit(each.url).path == ours]

    def order(self, access: Access, topic: str, target: Target) -> str | Written:
        said = {"name": f"Postpurchase: {topic}", "topic": topic, "delivery_url": target.url, "status": ACTIVE}
        return _outcome(_asked(access, "POST", "webhooks", said | {"secret": target.secret}))

    def switch_on(self, access: Access, found: Subscription, target: Target) -> str | Written:
        said = {"status": ACTIVE, "secret": target.secret}
        return _outcome(_asked(access, "PUT", f"webhooks/{found.id}", said))


def _read(entry: Mapping[str, Any]) -> Subscription:
    return Subscription(
        id=text(entry.get("id")),
        topic=text(entry.get("topic")),
        url=text(entry.get("delivery_url")),
        is_on=text(entry.get("status")) == ACTIVE,
    )


def _asked(access: Access, method: str, place: str, body: Mapping[str, Any] | None = None) -> Reply | Written:
    """The answer, whatever it says of this one webhook; or why there is none, for this and all others."""
    reply = ask(access, method, place, body)
    if isinstance(reply, Written):
        return reply
    if reply.status == 404:
        return nobody_there()
    found = trouble(reply)
    return found if found is not None and found.result is Result.LATER else reply


def _outcome(reply: Reply | Written) -> str | Written:
    if isinstance(reply, Written):
        return reply
    if reply.status < 300:
        return "" if isinstance(reply.body, dict) else none_of_theirs()
    return f"WooCommerce refuses it: {text(mapping(reply.body).get('code')) or reply.status}"
