"""What a batch of mails knows of the catalogue: the products behind order lines, and guides for them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import Facts, LineItem, LineKind
from schedules.hero import hero_line
from worker.rendering.port import GuideView, ProductView, is_discreet
from worker.store.catalogue import view_of
from worker.store.shelf import ShelfGuide, ShelfProduct, shelf_guides, shelf_products

TOLD_OF = (LineKind.PHYSICAL, LineKind.DIGITAL, LineKind.SERVICE)
"""Kinds of lines that a follow-up may be about."""


class Reader(NamedTuple):
    """Who a mail is for: the shop, what was bought, and the language (BCP 47 or a locale of Babel's)."""

    shop_id: UUID
    facts: Facts
    language: str


class Library:
    """Read for some readers in two queries, and good for those alone."""

    def __init__(self, session: Session, readers: Sequence[Reader]) -> None:
        every = _rows(session, readers)
        self._variants = {row[:3]: row for row in every}
        self._rows = {row[:2]: row for row in reversed(every)}
        self._guides = _guides(session, readers, self._rows)

    def products(self, reader: Reader) -> dict[str, ProductView]:
        """Products behind the order's lines by product id, the first variant of each; prices in its currency."""
        order = reader.facts.order
        if order is None:
            return {}
        found = {name: self._rows.get((reader.shop_id, name)) for name in _bought(reader.facts)}
        return {name: view_of(row, order.currency) for name, row in found.items() if row is not None}

    def pictures(self, reader: Reader) -> dict[str, str]:
        """The picture of the variant that was bought, by line id, where the catalogue has one."""
        order = reader.facts.order
        lines = order.lines if order else ()
        names = {line.id: (reader.shop_id, line.product_id or "", line.variant_id or "") for line in lines}
        found = {line_id: self._variants.get(name) for line_id, name in names.items()}
        return {line_id: row.image_url for line_id, row in found.items() if row is not None}

    def is_discreet(self, reader: Reader) -> bool:
        """Whether all that was bought, and is left, is discreet: then no mail asks about it."""
        products, lines = self.products(reader), reader.facts.order.lines if reader.facts.order else ()
        kept = [line for line in lines if line.kind in TOLD_OF and line.quantity]
        return bool(kept) and all(is_discreet(line, products) for line in kept)

    def guide(self, reader: Reader) -> GuideView | None:
        """The guide for the hero item by product, else its category, else one of its tags; in this language or none.

        A digital order has no hero item; its dearest line stands for it. Discreet products have no guide.
        """
        products = self.products(reader)
        hero = _hero(reader.facts, products)
        if hero is None or not hero.product_id:
            return None
        product, codes = products.get(hero.product_id), _codes(reader.language)
        ranked = [
            (_rank(guide, hero.product_id, product), codes.index(guide.language), guide.id, guide)
            for guide in self._guides.get(reader.shop_id, ())
            if guide.language in codes
        ]
        rank, _, _, best = min(ranked, default=(_MISS, 0, None, None))
        return GuideView(headline=best.headline, tips=tuple(best.tips), url=best.url) if best and rank < _MISS else None


def _bought(facts: Facts) -> list[str]:
    lines = facts.order.lines if facts.order else ()
    return sorted({line.product_id for line in lines if line.product_id})


def _rows(session: Session, readers: Sequence[Reader]) -> list[ShelfProduct]:
    wanted = sorted({(reader.shop_id, name) for reader in readers for name in _bought(reader.facts)})
    return list(shelf_products(session, wanted))


def _guides(
    session: Session, readers: Sequence[Reader], rows: Mapping[tuple[UUID, str], ShelfProduct]
) -> dict[UUID, list[ShelfGuide]]:
    """By shop: guides that may fit any reader."""
    codes = sorted({code for reader in readers for code in _codes(reader.language)})
    names = sorted({name for reader in readers for name in _bought(reader.facts)})
    if not names:
        return {}
    categories = sorted({row.category for row in rows.values() if row.category})
    tags = sorted({str(tag) for row in rows.values() for tag in row.tags})
    shops = sorted({reader.shop_id for reader in readers})
    found: dict[UUID, list[ShelfGuide]] = defaultdict(list)
    for guide in shelf_guides(session, shops, codes, products=names, categories=categories, tags=tags):
        found[guide.shop_id].append(guide)
    return found


def _hero(facts: Facts, products: Mapping[str, ProductView]) -> LineItem | None:
    lines = facts.order.lines if facts.order else ()
    soft = (line for line in lines if line.kind in (LineKind.DIGITAL, LineKind.SERVICE) and line.quantity)
    shown = (line for line in soft if not is_discreet(line, products))
    return hero_line(facts, lambda line: is_discreet(line, products)) or max(
        shown, key=lambda line: line.unit_price.amount, default=None
    )


_MISS = 9


def _rank(guide: ShelfGuide, product_id: str, product: ProductView | None) -> int:
    if guide.for_product:
        return 0 if guide.for_product == product_id else _MISS
    if product is None:
        return _MISS
    if guide.for_category:
        return 1 if guide.for_category == product.category else _MISS
    return 2 if guide.for_tag in product.tags else _MISS


def _codes(language: str) -> list[str]:
    """The tag and what it falls back to, best first: `zh-hant-tw`, `zh-hant`, `zh`."""
    parts = language.replace("_", "-").lower().split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
