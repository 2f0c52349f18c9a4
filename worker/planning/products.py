"""The catalogue as the platform tells it, one variant at a time; the newest snapshot wins.

What the merchant's own file says about a product (short title, category, tags …) stays; the platform knows better only
what changes by itself: title, price, stock, pictures, whether it is sold at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from schedules.events import ProductDeleted, ProductStated, VariantsStated
from worker.planning.unit import Unit
from worker.platforms.bodies import MOST
from worker.store.catalogue import MERCHANTS, TOLD_BY_BOTH, lock_product, why_unusable
from worker.store.models import Product
from worker.store.session import insert_into
from worker.store.types import new_id


def keep_product(unit: Unit, event: ProductStated) -> None:
    """Updates the variant's row, or makes it."""
    _own(unit, event.product_id)
    row = _locked(unit, event)
    if _is_older(event.updated_at, row):
        return
    row.title = event.title
    row.url = _link(unit, event.url) or row.url
    row.image_url = event.image_url or row.image_url
    row.inventory = event.inventory
    row.is_active, row.needs_choice = event.is_active, event.needs_choice
    row.category = row.category or event.category
    row.brand = row.brand or event.brand
    row.tags = row.tags or list(event.tags)
    if event.price is not None:
        row.price, row.currency, row.on_sale = Decimal(event.price), unit.profile.currency, event.on_sale
    row.unusable = why_unusable(row.url, row.image_url, row.price)
    row.source_updated_at = event.updated_at or row.source_updated_at
    row.updated_at = unit.now
    if not row.variant_id:
        _pass_on(unit, row)
    unit.session.flush()


def keep_variants(unit: Unit, event: VariantsStated) -> None:
    """Variants that are gone are offered no more; a row of the merchant's file for the whole product follows them.

    Such a row costs what the cheapest variant does that is left, and holds what all of them hold.
    """
    _own(unit, event.product_id)
    mine = select(Product).where(Product.shop_id == unit.shop.id, Product.product_id == event.product_id)
    rows = unit.session.scalars(mine.order_by(Product.variant_id).with_for_update()).all()
    if any(_is_older(event.updated_at, row) for row in rows):
        return
    for row in rows:
        if row.variant_id and row.variant_id not in event.variant_ids:
            row.is_active, row.updated_at = False, unit.now
    sold = [row for row in rows if row.variant_id and row.is_active]
    for row in rows:
        if not row.variant_id:
            _follow(row, sold)
            row.updated_at = unit.now
    unit.session.flush()


def follow_variants(session: Session, shop_id: UUID, product_ids: Iterable[str]) -> None:
    """Lets rows of whole products, as a file has them, follow the variants that the platform told of: a file is of the
    day on which somebody wrote it, and would bring back old prices and stock."""
    mine = (Product.shop_id == shop_id, Product.product_id.in_(sorted(product_ids)))
    rows = session.scalars(select(Product).where(*mine).order_by(Product.product_id, Product.variant_id)).all()
    told: dict[str, list[Product]] = defaultdict(list)
    for row in rows:
        if row.variant_id and row.source_updated_at is not None:
            told[row.product_id].append(row)
    for row in rows:
        if not row.variant_id and row.source_updated_at is None and (variants := told[row.product_id]):
            _follow(row, [each for each in variants if each.is_active])
    session.flush()


def drop_product(unit: Unit, event: ProductDeleted) -> None:
    """A deleted product or variant is no longer offered; its row stays for orders that hold it.

    What was told of it before the deletion and comes later does not bring it back.
    """
    _own(unit, event.product_id)
    gone = Product.product_id == event.product_id
    if event.variant_id:
        gone = and_(gone, Product.variant_id == event.variant_id)
    elif event.is_either:
        gone = or_(gone, Product.variant_id == event.product_id)
    mine = select(Product).where(Product.shop_id == unit.shop.id, gone).order_by(Product.variant_id)
    for row in unit.session.scalars(mine.with_for_update()).all():
        if _is_older(event.at, row):
            continue
        row.is_active, row.updated_at = False, unit.now
        row.source_updated_at = event.at or row.source_updated_at
    unit.session.flush()


def _own(unit: Unit, product_id: str) -> None:
    """Locks a product once for all that a body tells of it: it may have thousands of variants."""
    if product_id not in unit.own_products:
        lock_product(unit.session, unit.shop.id, product_id)
        unit.own_products.add(product_id)


def _follow(row: Product, sold: Sequence[Product]) -> None:
    row.is_active = bool(sold)
    left = [each for each in sold if each.inventory is None or each.inventory > 0] or sold
    priced = [(each.price, each.currency) for each in left if each.price is not None]
    if priced:
        row.price, row.currency = min(priced)
    stocks = [each.inventory for each in sold]
    row.inventory = None if None in stocks else min(sum(filter(None, stocks)), MOST)
    if sold:
        row.title, row.url = sold[0].title, sold[0].url or row.url
        row.image_url = sold[0].image_url or row.image_url
    row.unusable = why_unusable(row.url, row.image_url, row.price)


def _link(unit: Unit, url: str | None) -> str | None:
    """The product's page under the address that the shop is known by: Shopify's own leads there too, but no customer
    knows it."""
    own = urlsplit(unit.profile.url)
    told = urlsplit(url or "")
    if not own.netloc or not told.netloc.endswith(".myshopify.com"):
        return url
    return urlunsplit((own.scheme, own.netloc, told.path, told.query, ""))


def _locked(unit: Unit, event: ProductStated) -> Product:
    """The variant's row, made if missing, locked until the unit ends."""
    key = {"shop_id": unit.shop.id, "product_id": event.product_id, "variant_id": event.variant_id or ""}
    blank = dict.fromkeys(("short_title", "url", "image_url", "currency", "category", "brand", "unusable"), "")
    blank |= dict.fromkeys(("upgrade_of", "upgrade_benefits"), "")
    made = {**key, **blank, "id": new_id(), "title": event.title, "tags": [], "discreet": False, "is_active": True}
    insert = insert_into(unit.session, Product)
    new = insert.values(made | {"updated_at": unit.now}).on_conflict_do_nothing().returning(Product.id)
    is_new = unit.session.scalar(new) is not None
    row = unit.session.scalars(select(Product).filter_by(**key).with_for_update()).one()
    if is_new and row.variant_id:
        _inherit(unit, row)
    return row


def _inherit(unit: Unit, row: Product) -> None:
    """A variant gets what the merchant's file says of its whole product, above all that it is discreet."""
    whole = {"shop_id": row.shop_id, "product_id": row.product_id, "variant_id": ""}
    parent = unit.session.scalars(select(Product).filter_by(**whole)).first()
    for name in MERCHANTS if parent is not None else ():
        setattr(row, name, getattr(parent, name))


def _pass_on(unit: Unit, row: Product) -> None:
    """Variants are of their product's category, brand and tags where they tell none of their own."""
    mine = select(Product).where(Product.shop_id == row.shop_id, Product.product_id == row.product_id)
    for variant in unit.session.scalars(mine.where(Product.variant_id != "").order_by(Product.variant_id)):
        for name in TOLD_BY_BOTH:
            setattr(variant, name, getattr(variant, name) or getattr(row, name))


def _is_older(told: datetime | None, row: Product) -> bool:
    """Whether something newer than what was told at this time is known of a row."""
    return told is not None and row.source_updated_at is not None and told < row.source_updated_at
