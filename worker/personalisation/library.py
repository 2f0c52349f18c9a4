"""What a batch of mails knows of the catalogue: the products behind order lines, and guides for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.facts import Facts, LineItem, LineKind
from schedules.hero import hero_line
from schedules.records import record
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


@record
class Known:
    """What the catalogue has for one mail.

    `products`: those behind the order's lines by product id, the first variant of each; prices in its currency.
    `pictures`: that of the variant that was bought, by line id, where there is one. `is_discreet`: whether all that was
    bought, and is left, is discreet: then no mail asks about it.
    """

    products: dict[str, ProductView]
    pictures: dict[str, str]
    guide: GuideView | None
    is_discreet: bool


class Library:
    """Read for some readers in two queries, and good for those alone."""

    def __init__(self, session: Session, readers: Sequence[Reader]) -> None:
        wanted: defaultdict[UUID, set[str]] = defaultdict(set)
        for reader in readers:
            wanted[reader.shop_id].update(_bought(reader.facts))
        every = list(shelf_products(session, [(shop_id, name) for shop_id, names in wanted.items() for name in names]))
        self._variants = {row[:3]: row for row in every}
        self._rows = {row[:2]: row for row in reversed(every)}
        self._views: dict[tuple[UUID, str, str], ProductView] = {}
        self._guides = _guides(session, wanted, {reader.language for reader in readers}, self._rows.values())

    def of(self, reader: Reader) -> Known:
        """What there is for one of the readers."""
        products = self._products(reader)
        return Known(
            products=products,
            pictures=self._pictures(reader) if products else {},
            guide=self._guide(reader, products),
            is_discreet=_is_discreet(reader.facts, products),
        )

    def _products(self, reader: Reader) -> dict[str, ProductView]:
        order = reader.facts.order
        if order is None or not self._rows:
            return {}
        names = sorted(_bought(reader.facts))
        found = {name: row for name in names if (row := self._rows.get((reader.shop_id, name))) is not None}
        return {name: self._view(row, order.currency) for name, row in found.items()}

    def _view(self, row: ShelfProduct, currency: str) -> ProductView:
        key = (*row[:2], currency)
        return self._views.get(key) or self._views.setdefault(key, view_of(row, currency))

    def _pictures(self, reader: Reader) -> dict[str, str]:
        order = reader.facts.order
        lines = order.lines if order else ()
        names = {line.id: (reader.shop_id, line.product_id or "", line.variant_id or "") for line in lines}
        found = {line_id: self._variants.get(name) for line_id, name in names.items()}
        return {line_id: row.image_url for line_id, row in found.items() if row is not None}

    def _guide(self, reader: Reader, products: Mapping[str, ProductView]) -> GuideView | None:
        """The guide for the hero item by product, else its category, else one of its tags; in this language or none.

        A digital order has no hero item; its dearest line stands for it. Discreet products have no guide.
        """
        guides = self._guides.get(reader.shop_id)
        if not guides:
            return None
        hero = _hero(reader.facts, products)
        if hero is None or not hero.product_id:
            return None
        product, codes = products.get(hero.product_id), _codes(reader.language)
        ranked = [
            (_rank(guide, hero.product_id, product), codes.index(guide.language), guide.id, guide)
            for guide in guides
            if guide.language in codes
        ]
        rank, _, _, best = min(ranked, default=(_MISS, 0, None, None))
        return GuideView(headline=best.headline, tips=tuple(best.tips), url=best.url) if best and rank < _MISS else None


def _bought(facts: Facts) -> set[str]:
    lines = facts.order.lines if facts.order else ()
    return {line.product_id for line in lines if line.product_id}


def _guides(
    session: Session, wanted: Mapping[UUID, set[str]], languages: Iterable[str], rows: Collection[ShelfProduct]
) -> dict[UUID, list[ShelfGuide]]:
    """By shop: guides that may fit any reader. `wanted`: ids of products by shop; `rows`: those that are known."""
    codes = sorted({code for language in languages for code in _codes(language)})
    names = sorted(set[str]().union(*wanted.values()))
    if not names:
        return {}
    categories = sorted({row.category for row in rows if row.category})
    tags = sorted({str(tag) for row in rows for tag in row.tags})
    found: dict[UUID, list[ShelfGuide]] = defaultdict(list)
    for guide in shelf_guides(session, list(wanted), codes, products=names, categories=categories, tags=tags):
        found[guide.shop_id].append(guide)
    return found


def _is_discreet(facts: Facts, products: Mapping[str, ProductView]) -> bool:
    lines = facts.order.lines if facts.order and products else ()
    kept = [line for line in lines if line.kind in TOLD_OF and line.quantity]
    return bool(kept) and all(is_discreet(line, products) for line in kept)


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
