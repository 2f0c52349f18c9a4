"""The catalogue as the platform tells it, one variant at a time; the newest snapshot wins.

What the merchant's own file says about a product (short title, category, tags …) stays; the platform knows better only
what changes by itself: title, price, stock, pictures, whether it is sold at all.
"""

from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from schedules.events import ProductDeleted, ProductStated
from worker.planning.unit import Unit
from worker.store.catalogue import why_unusable
from worker.store.models import Product
from worker.store.types import new_id


def keep_product(unit: Unit, event: ProductStated) -> None:
    """Updates the variant's row, or makes it."""
    row = _locked(unit, event)
    if _is_older(event, row):
        return
    row.title = event.title
    row.url = event.url or row.url
    row.image_url = event.image_url or row.image_url
    row.inventory = event.inventory
    row.is_active = event.is_active
    row.category = row.category or event.category
    row.brand = row.brand or event.brand
    row.tags = row.tags or list(event.tags)
    if event.price is not None:
        row.price, row.currency = Decimal(event.price), unit.profile.currency
    row.unusable = why_unusable(row.url, row.image_url, row.price)
    row.source_updated_at = event.updated_at or row.source_updated_at
    row.updated_at = unit.now
    unit.session.flush()


def drop_product(unit: Unit, event: ProductDeleted) -> None:
    """A deleted product is no longer offered; its row stays for orders that hold it."""
    mine = (Product.shop_id == unit.shop.id, Product.product_id == event.product_id)
    unit.session.execute(update(Product).where(*mine).values(is_active=False, updated_at=unit.now))


def _locked(unit: Unit, event: ProductStated) -> Product:
    """The variant's row, made if missing, locked until the unit ends."""
    key = {"shop_id": unit.shop.id, "product_id": event.product_id, "variant_id": event.variant_id or ""}
    blank = dict.fromkeys(("short_title", "url", "image_url", "currency", "category", "brand", "unusable"), "")
    blank |= dict.fromkeys(("upgrade_of", "upgrade_benefits"), "")
    made = {**key, **blank, "id": new_id(), "title": event.title, "tags": [], "discreet": False, "is_active": True}
    insert = sqlite.insert if unit.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    unit.session.execute(insert(Product).values(made | {"updated_at": unit.now}).on_conflict_do_nothing())
    return unit.session.scalars(select(Product).filter_by(**key).with_for_update()).one()


def _is_older(event: ProductStated, row: Product) -> bool:
    known, told = row.source_updated_at, event.updated_at
    return known is not None and told is not None and told < known
