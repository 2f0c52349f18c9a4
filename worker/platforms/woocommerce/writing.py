"""A customer's consent written to WooCommerce, by its REST API: into the meta key that a newsletter plugin reads.

Source: WooCommerce REST API v3, "Update a customer" and "Update an order": an entry of `meta_data` without an id
replaces the value of its key. A guest has no account, so it goes to their orders.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from schedules.facts import ConsentState
from worker.platforms.bodies import mapping, text
from worker.platforms.calling import Reply, trouble
from worker.platforms.woocommerce.rest import ask, key_parts, nobody_there, none_of_theirs
from worker.platforms.writing import Access, Person, Result, Written

YES, NO = "yes", "no"


class WooCommerceWriter:
    kind = "woocommerce"

    def missing(self, options: Mapping[str, Any]) -> str:
        return "" if text(options.get("consent_meta_key")) else "Name the plugin's meta key with --consent-meta-key."

    def key_fault(self, key: str) -> str:
        parts = key_parts(key)
        if len(parts) == 2 and parts[0].startswith("ck_") and parts[1].startswith("cs_"):
            return ""
        return "Put the consumer key (ck_…) and the consumer secret (cs_…) into the file, one on each line."

    def write(self, access: Access, person: Person, consent: ConsentState, at: datetime) -> Written:
        entry = {"key": text(access.options.get("consent_meta_key")), "value": value_of(consent, access.options)}
        known = [f"customers/{person.customer_id}"] if person.customer_id else []
        written = [self._put(access, place, entry) for place in known]
        if not written or written[-1].result is Result.NEVER:
            # An account that is gone leaves the orders to write to.
            for place in (f"orders/{quote(order_id, safe='')}" for order_id in person.order_ids):
                written.append(self._put(access, place, entry))
                if written[-1].result is Result.LATER:
                    break
        later = next((each for each in written if each.result is Result.LATER), None)
        done = next((each for each in written if each.result is Result.WRITTEN), None)
        nobody = Written(result=Result.NEVER, note="the shop has neither an account nor an order to write it to")
        return later or done or (written[-1] if written else nobody)

    def _put(self, access: Access, place: str, entry: Mapping[str, str]) -> Written:
        reply = ask(access, "PUT", place, {"meta_data": [dict(entry)]})
        if isinstance(reply, Written):
            return reply
        return _outcome(reply)


def _outcome(reply: Reply) -> Written:
    """A customer or order that is gone is answered with 400 or 404 and a code of WooCommerce's; a wrong address too."""
    if reply.status < 300 and not isinstance(reply.body, dict):
        return none_of_theirs()
    if text(mapping(reply.body).get("code")).endswith("invalid_id"):
        return Written(result=Result.NEVER, note="the shop does not know this person or order any more")
    if reply.status == 404:
        return nobody_there()
    return trouble(reply) or Written(result=Result.WRITTEN)


def value_of(consent: ConsentState, options: Mapping[str, Any]) -> str:
    """What the plugin's field is set to: the first of the values that mean yes there, or `consent_no_value`."""
    if consent is not ConsentState.SUBSCRIBED:
        return text(options.get("consent_no_value")) or NO
    own = options.get("consent_values")
    return text(own[0]) if isinstance(own, list) and own else YES
