"""One query to Shopify's Admin GraphQL API, and what its errors mean. They come with status 200.

Source: shopify.dev, "GraphQL Admin API rate limits": a throttled query has the code THROTTLED and tells in
`extensions.cost` what it costs, what is left and how fast that grows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.platforms.bodies import mapping, text
from worker.platforms.calling import Reply, call, trouble
from worker.platforms.writing import Access, Result, Written

VERSION = "2026-07"
PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "MAX_COST_EXCEEDED"})
LEAST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


def ask(access: Access, query: str, variables: Mapping[str, Any], *, scope: str) -> Mapping[str, Any] | Written:
    """The answer's `data`, or why there is none. `scope`: what the app must be allowed to."""
    reply = call(
        "POST",
        f"{access.url}/admin/api/{VERSION}/graphql.json",
        headers={"X-Shopify-Access-Token": access.key},
        body={"query": query, "variables": variables},
    )
    return reply if isinstance(reply, Written) else _data(reply, scope)


def none_of_shopifys() -> Written:
    return Written(result=Result.LATER, note="the answer is none of Shopify's", needs_person=True)


def stamp(at: datetime) -> str:
    """A time as Shopify writes it, in whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fields(faults: list[Any]) -> str:
    """Which input is refused, by name and code; a message may repeat what a person typed."""
    named = []
    for fault in map(mapping, faults):
        place, code = fault.get("field"), text(fault.get("code"))
        if isinstance(place, list):
            named.append(".".join(map(text, place)) + (f" ({code})" if code else ""))
    return ", ".join(named) or "no field is named"


def _data(reply: Reply, scope: str) -> Mapping[str, Any] | Written:
    if reply.status == 404:
        return Written(result=Result.LATER, note="no Shopify shop answers at this address", needs_person=True)
    if (found := trouble(reply)) is not None:
        return found
    body = mapping(reply.body)
    if body.get("errors"):
        return _failed(body["errors"], mapping(body.get("extensions")), scope)
    data = body.get("data")
    return data if isinstance(data, dict) else none_of_shopifys()


def _failed(errors: Any, extensions: Mapping[str, Any], scope: str) -> Written:
    codes = [
        text(mapping(mapping(each).get("extensions")).get("code"))
        for each in (errors if isinstance(errors, list) else [])
    ]
    if "THROTTLED" in codes:
        wait = _until_restored(mapping(extensions.get("cost")))
        return Written(result=Result.LATER, note="Shopify is asked too often", retry_after=wait)
    if "ACCESS_DENIED" in codes:
        note = f"Shopify answers ACCESS_DENIED: give the app the scope {scope}"
        return Written(result=Result.LATER, note=note, needs_person=True)
    code = next((each for each in codes if each), "an error without a code")
    return Written(result=Result.LATER, note=f"Shopify answers {code}", needs_person=code not in PASSING)


def _until_restored(cost: Mapping[str, Any]) -> timedelta | None:
    """How long until the query can be paid for; None: it was not told."""
    status = mapping(cost.get("throttleStatus"))
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        seconds = missing / float(status["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return timedelta(seconds=min(max(seconds, LEAST_WAIT_S), LONGEST_WAIT_S))
