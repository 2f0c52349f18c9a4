"""The catalogue: what is kept of products, and what may be shown of them."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.facts import Money
from worker.rendering.images import is_seen_everywhere
from worker.rendering.port import ProductView
from worker.store.locks import lock, share
from worker.store.models import Product
from worker.store.shelf import ShelfProduct

TOLD_BY_BOTH = ("category", "brand", "tags")
"""What the platform tells where the merchant's file says nothing."""
MERCHANTS = (
    *TOLD_BY_BOTH,
    *("short_title", "cost", "refill_days", "upgrade_of", "upgrade_benefits", "rating", "rating_count"),
    *("discreet", "fits", "ships_to", "bundle_of"),
)
"""What the merchant's file says of a whole product holds for each of its variants."""


def lock_catalogue(session: Session, shop_id: UUID) -> None:
    """Lets nobody else change a shop's products until the unit ends: a file is taken in."""
    lock(session, f"catalogue:{shop_id}")


def lock_product(session: Session, shop_id: UUID, product_id: str) -> None:
    """Lets nobody else change a product and its variants until the unit ends, files included: a variant that is made
    beside the row of its whole product would not get what that says, and each might wait for the other's row."""
    share(session, f"catalogue:{shop_id}")
    lock(session, f"product:{shop_id}:{product_id}")


def why_unusable(url: str, image_url: str, price: Decimal | None) -> str:
    """Why a product can't be offered; empty when it can."""
    if not _is_web(image_url):
        return "it has no image" if not image_url else "its image's address does not begin with http"
    if not is_seen_everywhere(image_url):
        return "its image is no JPEG or PNG, which are all that every mailbox shows"
    if not _is_web(url):
        return "it has no link" if not url else "its link does not begin with http"
    return "it has no price" if price is None else ""


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def tell_variants(
    session: Session, shop_id: UUID, told: Mapping[str, Mapping[str, Any]], *, but_not: Collection[tuple[str, str]]
) -> None:
    """Makes variants what the merchant's file says of their whole product, above all discreet.

    Args:
        told: product id -> the columns of the file.
        but_not: product and variant ids of which the file says something of their own.
    """
    mine = (Product.shop_id == shop_id, Product.product_id.in_(sorted(told)), Product.variant_id != "")
    rows = select(Product).where(*mine).order_by(Product.product_id, Product.variant_id)
    for row in session.scalars(rows.with_for_update()):
        if (row.product_id, row.variant_id) in but_not:
            continue
        for name in MERCHANTS:
            said = told[row.product_id].get(name, getattr(row, name))
            if said or name not in TOLD_BY_BOTH:
                setattr(row, name, said)
    session.flush()


def products_of(session: Session, shop_id: UUID, product_ids: Iterable[str], currency: str) -> dict[str, ProductView]:
    """Products by product id, the first variant of each; prices only where they are in the currency."""
    wanted = sorted(set(product_ids))
    query = select(Product).where(Product.shop_id == shop_id, Product.product_id.in_(wanted))
    found: dict[str, ProductView] = {}
    for row in session.scalars(query.order_by(Product.product_id, Product.variant_id)):
        found.setdefault(row.product_id, view_of(row, currency))
    return found


def view_of(row: Product | ShelfProduct, currency: str) -> ProductView:
    """A product as cards and lines show it."""
    is_priced = row.price is not None and row.currency == currency
    return ProductView(
        product_id=row.product_id,
        variant_id=row.variant_id,
        title=row.title,
        short_title=row.short_title,
        url=row.url,
        image_url=row.image_url if _is_web(row.image_url) else "",
        price=Money(amount=row.price, currency=currency) if is_priced and row.price is not None else None,
        category=row.category,
        brand=row.brand,
        tags=tuple(row.tags),
        discreet=row.discreet,
        on_sale=row.on_sale,
        rating=row.rating,
        rating_count=row.rating_count,
    )
