"""What a follow-up may offer instead of something new: the same again when it runs low, or a better one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import LineItem
from schedules.refills import due_at
from worker.personalisation.candidates import Paired
from worker.personalisation.items import item_of
from worker.personalisation.requests import OfferRequest
from worker.personalisation.rules import looks_back
from worker.personalisation.shelves import Shelf
from worker.store.models import Product
from worker.store.shelf import ShelfProduct, shelf_upgrades
from worker.store.suggestions import rhythms_of

CONSUMABLE = "consumable"
"""A tag of things that are used up, where nobody says how fast: then the rhythm of others tells."""

Row = TypeVar("Row", Product, ShelfProduct)


class Past(NamedTuple):
    """Orders of one product by one person: when, the newest last."""

    product_id: str
    times: tuple[datetime, ...]


class Afterwards:
    """Read for some requests; those of mails that never offer such things cost nothing."""

    def __init__(self, session: Session, requests: Sequence[OfferRequest], bought: Shelf) -> None:
        asked = [request for request in requests if looks_back(request.step)]
        wanted: dict[UUID, set[str]] = defaultdict(set)
        for request in asked:
            wanted[request.shop_id].update(request.leading)
        self._bought = bought
        self._rhythms = {shop_id: rhythms_of(session, shop_id, names) for shop_id, names in wanted.items()}
        self._upgrades = _upgrades(session, {(shop_id, name) for shop_id, names in wanted.items() for name in names})

    def candidates(self, request: OfferRequest, past: Mapping[str, Past]) -> Iterable[tuple[Paired, ShelfProduct]]:
        """Refills and upgrades of what was bought, for a mail that looks back. `past`: by product id, this order
        included."""
        if request.facts.order is None:
            return
        bought, leading = self._bought.get(request.shop_id, {}), set(request.leading)
        for line in request.facts.order.lines:
            variants = bought.get(line.product_id or "", ())
            own = variant_of(line, variants)
            if line.product_id not in leading or own is None or variants[0].discreet:
                continue
            refill = self._refill(request, line, own, past.get(own.product_id))
            if refill is not None:
                yield refill, own
            for better in self._upgrades.get((request.shop_id, own.product_id), ()):
                yield _upgrade(own, better), better

    def _refill(self, request: OfferRequest, line: LineItem, row: ShelfProduct, past: Past | None) -> Paired | None:
        others = self._rhythms.get(request.shop_id, {}).get(row.product_id)
        if past is None or not is_used_up(row, self._rhythms.get(request.shop_id, {})):
            return None
        due = due_at(past.times, quantity=line.quantity, refill_days=row.refill_days, others_days=others)
        return Paired(
            item=item_of(row),
            kind="refill",
            for_title=row.short_title or row.title,
            for_product=row.product_id,
            due_at=due,
            bought_at=past.times[-1],
        )


def variant_of(line: LineItem, variants: Sequence[Row]) -> Row | None:
    """The variant that was bought, else the row of the whole product; None: the catalogue tells neither.

    Another variant is not the same again: who bought whole beans has no use for ground ones.
    """
    named = {row.variant_id: row for row in variants}
    only = variants[0] if len(variants) == 1 and not line.variant_id else None
    return named.get(line.variant_id or "") or named.get("") or only


def is_used_up(row: Product | ShelfProduct, rhythms: Mapping[str, float]) -> bool:
    """Whether a product runs out at all; two kettles of one person are no rhythm."""
    return bool(row.refill_days) or row.product_id in rhythms or CONSUMABLE in row.tags


def _upgrade(own: ShelfProduct, better: ShelfProduct) -> Paired:
    return Paired(
        item=item_of(better),
        kind="upgrade",
        for_title=own.short_title or own.title,
        for_product=own.product_id,
        upgrade_from=own.price if own.currency == better.currency else None,
        benefits=better.upgrade_benefits,
    )


def _upgrades(session: Session, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], list[ShelfProduct]]:
    found: dict[tuple[UUID, str], list[ShelfProduct]] = defaultdict(list)
    for row in shelf_upgrades(session, wanted):
        found[row.shop_id, row.upgrade_of].append(row)
    return found
