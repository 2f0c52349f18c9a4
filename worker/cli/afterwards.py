"""What a shop may offer once things were used, for `recommendations show`: the same again, and better ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.cli.output import table
from worker.personalisation.afterwards import CONSUMABLE
from worker.personalisation.offerable import Offerable
from worker.personalisation.refusals import UPGRADE_FROM, UPGRADE_TO
from worker.rendering import formats
from worker.store.models import Rhythm, Shop
from worker.store.shelf import ShelfProduct, shelf_of


def afterwards_of(session: Session, shop: Shop) -> list[dict[str, Any]]:
    """Refills and upgrades by product, with the reason for their time or for what they are; `why_not`: no mail does."""
    first: dict[str, ShelfProduct] = {}
    for row in shelf_of(session, shop.id):
        first.setdefault(row.product_id, row)
    rhythms = {
        row.product_id: row for row in session.execute(select(Rhythm.__table__).where(Rhythm.shop_id == shop.id))
    }
    lines = [*_refills(first, rhythms), *_upgrades(first)]
    offerable = Offerable(session, shop, [line["product_id"] for line in lines])
    return [line | {"why_not": offerable.why_not_later(line["product_id"])} for line in lines]


def draw_afterwards(console: Console, lines: list[dict[str, Any]]) -> None:
    made = table("Bought", "Later", "Why")
    for line in lines:
        made.add_row(*(escape(text) for text in (line["bought"], line["suggested"], reason_with(line))))
    console.print()
    console.print(made)


def reason_with(line: Mapping[str, Any]) -> str:
    """Why it would be offered, and why it is not."""
    return f"{line['reason']}; not offered: it {line['why_not']}" if line["why_not"] else str(line["reason"])


def _refills(first: Mapping[str, ShelfProduct], rhythms: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in first.values():
        rhythm = rhythms.get(row.product_id)
        if row.discreet or not (row.refill_days or rhythm or CONSUMABLE in row.tags):
            continue
        if row.refill_days:
            reason = f"lasts {row.refill_days} days, the catalogue says"
        elif rhythm:
            reason = f"people buy it again after {rhythm.days:.0f} days ({rhythm.repeats} times so far)"
        else:
            reason = "once the customer's own rhythm is known"
        yield _line(row, row, "refill", reason)


def _upgrades(first: Mapping[str, ShelfProduct]) -> Iterator[dict[str, Any]]:
    for better in first.values():
        own = first.get(better.upgrade_of)
        if own is not None and not own.discreet:
            yield _line(own, better, "upgrade", _why_better(own, better))


def _why_better(own: ShelfProduct, better: ShelfProduct) -> str:
    if not better.upgrade_benefits:
        return "never: the catalogue does not say what it does better (upgrade_benefits)"
    if not own.price or better.price is None or own.currency != better.currency:
        return "never: the prices cannot be compared"
    more = better.price - own.price
    share = f"{more / own.price * 100:.0f} %"
    words = f"{better.upgrade_benefits} {formats.amount(more, own.currency, formats.locale_of('en'))} more ({share})."
    fits = UPGRADE_FROM * own.price <= more <= UPGRADE_TO * own.price
    return words if fits else f"never: it costs not 20 to 40 % more. {words}"


def _line(own: ShelfProduct, later: ShelfProduct, kind: str, reason: str) -> dict[str, Any]:
    return {
        "bought": own.short_title or own.title,
        "product_id": later.product_id,
        "suggested": "the same again" if kind == "refill" else later.short_title or later.title,
        "kind": kind,
        "reason": reason,
    }
