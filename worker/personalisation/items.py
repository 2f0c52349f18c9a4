"""Catalogue rows as the rules see them."""

from collections.abc import Mapping
from decimal import Decimal

from worker.personalisation.candidates import Item
from worker.store.shelf import ShelfProduct


def item_of(row: ShelfProduct, prices: Mapping[tuple[str, str], Decimal] | None = None) -> Item:
    """A variant as the rules see it. `prices`: of a bundle's parts, by product id and currency."""
    return Item(
        product_id=row.product_id,
        variant_id=row.variant_id,
        short_title=row.short_title or row.title,
        category=row.category,
        brand=row.brand,
        tags=tuple(row.tags),
        price=row.price,
        currency=row.currency,
        cost=row.cost,
        inventory=row.inventory,
        is_active=row.is_active,
        unusable=row.unusable,
        discreet=row.discreet,
        fits=tuple(row.fits),
        ships_to=tuple(row.ships_to),
        bundle_of=tuple(row.bundle_of),
        parts_price=_parts_price(row, prices or {}) if row.bundle_of else None,
    )


def _parts_price(row: ShelfProduct, prices: Mapping[tuple[str, str], Decimal]) -> Decimal | None:
    parts = [prices.get((name, row.currency)) for name in row.bundle_of]
    known = [price for price in parts if price is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None
