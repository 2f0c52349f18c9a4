"""The guide for what was bought."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.conditions import hero_line
from schedules.facts import Facts
from worker.rendering.port import GuideView, ProductView
from worker.store.catalogue import products_of
from worker.store.models import Guide


def find_guide(session: Session, shop_id: UUID, facts: Facts, language: str) -> GuideView | None:
    """The guide for the hero item by product, else its category, else one of its tags; in this language or none.

    A digital order has no hero item; its dearest line stands for it.
    """
    order = facts.order
    if order is None:
        return None
    hero = hero_line(facts) or max(order.lines, key=lambda line: line.unit_price.amount, default=None)
    if hero is None or not hero.product_id:
        return None
    product = products_of(session, shop_id, [hero.product_id], order.currency).get(hero.product_id)
    if product is not None and product.discreet:
        return None
    guides = session.scalars(select(Guide).where(Guide.shop_id == shop_id, Guide.language.in_(_codes(language)))).all()
    ranked = sorted(
        guides, key=lambda guide: (_rank(guide, hero.product_id or "", product), -len(guide.language), guide.id)
    )
    best = next(iter(ranked), None)
    if best is None or _rank(best, hero.product_id, product) == _MISS:
        return None
    return GuideView(headline=best.headline, tips=tuple(best.tips), url=best.url)


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
    """`de-at` -> de-at, de."""
    code = language.replace("_", "-").lower()
    return list(dict.fromkeys([code, code.partition("-")[0]]))
