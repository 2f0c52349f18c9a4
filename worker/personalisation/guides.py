"""The guide for what was bought."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.conditions import hero_line
from schedules.facts import Facts, LineItem, LineKind
from worker.rendering.port import GuideView, ProductView
from worker.store.catalogue import products_of
from worker.store.models import Guide


def find_guide(session: Session, shop_id: UUID, facts: Facts, language: str) -> GuideView | None:
    """The guide for the hero item by product, else its category, else one of its tags; in this language or none.

    A digital order has no hero item; its dearest line stands for it. Discreet products have no guide.
    """
    order = facts.order
    if order is None:
        return None
    products = products_of(
        session, shop_id, [line.product_id for line in order.lines if line.product_id], order.currency
    )
    hero = _hero(facts, products)
    if hero is None or not hero.product_id:
        return None
    product = products.get(hero.product_id)
    codes = _codes(language)
    found = session.scalars(select(Guide).where(Guide.shop_id == shop_id, Guide.language.in_(codes)))
    ranked = [(_rank(guide, hero.product_id, product), codes.index(guide.language), guide.id, guide) for guide in found]
    rank, _, _, best = min(ranked, default=(_MISS, 0, None, None))
    return GuideView(headline=best.headline, tips=tuple(best.tips), url=best.url) if best and rank < _MISS else None


def _hero(facts: Facts, products: Mapping[str, ProductView]) -> LineItem | None:
    def is_discreet(line: LineItem) -> bool:
        product = products.get(line.product_id or "")
        return product is not None and product.discreet

    lines = facts.order.lines if facts.order else ()
    soft = (line for line in lines if line.kind in (LineKind.DIGITAL, LineKind.SERVICE) and line.quantity)
    shown = (line for line in soft if not is_discreet(line))
    return hero_line(facts, is_discreet) or max(shown, key=lambda line: line.unit_price.amount, default=None)


_MISS = 9


def _rank(guide: Guide, product_id: str, product: ProductView | None) -> int:
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
