"""From a platform's body to the mail that its customer reads."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schedules.events import CaseStated, OrderRefunded, OrderStated, ParcelStated, ParcelTracked
from schedules.facts import Facts
from schedules.merging import merge
from schedules.parcels import parcel_groups
from tests.support import shopify, woocommerce
from tests.support.mailing import render
from worker.demo.situations import example
from worker.platforms.registry import PLATFORMS
from worker.rendering.port import RenderedMail

NOW = datetime(2026, 5, 20, tzinfo=UTC)
PARAGRAPH = "\n\n"


def facts_of(
    platform: str,
    topic: str,
    *bodies: dict[str, Any],
    known: Facts | None = None,
    options: dict[str, Any] | None = None,
) -> Facts:
    """What is known after these bodies, and what was `known` before. `options`: the source's."""
    facts = known or Facts()
    for body in bodies:
        raw = json.dumps(body).encode()
        reading = PLATFORMS[platform].read(topic=topic, body=raw, headers={}, received_at=NOW, options=options or {})
        for event in reading.events:
            assert isinstance(event, OrderStated | ParcelStated | ParcelTracked | OrderRefunded | CaseStated)
            facts = merge(facts, event)
    return facts


def woo(**more: Any) -> Facts:
    return facts_of("woocommerce", "order.updated", woocommerce.order(**more))


def shopify_facts(**more: Any) -> Facts:
    return facts_of("shopify", "orders/updated", shopify.order(1042, woocommerce.PLACED) | more)


def mail_of(step: str, facts: Facts, language: str = "en") -> RenderedMail:
    base = example(step)
    group = next(iter(parcel_groups(facts, base.shop)), "") if step == "shipping" else ""
    return render(replace(base, facts=facts, parcel_group=group, offer=None, expected=None), locale=language)


def words(mail: RenderedMail) -> str:
    return " ".join(mail.text.split())


def sums_of(mail: RenderedMail) -> dict[str, Decimal]:
    """The sums below the lines, by their words."""
    block = next(part for part in mail.text.split(PARAGRAPH) if "Subtotal: " in part or "Zwischensumme: " in part)
    told = (row.rpartition(": ") for row in block.splitlines() if ": " in row)
    digits = {
        label: "".join(each for each in amount.replace("−", "-") if each in "-0123456789.,")
        for label, _, amount in told
    }
    return {label: Decimal(amount.replace(",", ".")) for label, amount in digits.items()}


def adds_up(mail: RenderedMail) -> bool:
    rows = sums_of(mail)
    total = next(rows.pop(label) for label in ("Total", "Gesamt") if label in rows)
    for aside in ("of which tax", "davon MwSt."):
        rows.pop(aside, None)
    return sum(rows.values()) == total
