"""The catalogue as the platform tells it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from tests.support.intake import Connected
from worker.store.models import Product


def product(title: str, price: str, updated_at: str = "2026-05-14T10:00:00Z", **more: Any) -> dict[str, Any]:
    variant = {"id": 1003, "product_id": 103, "title": "Default Title", "price": price, "inventory_quantity": 4}
    variant["inventory_management"] = "shopify"
    return {
        "id": 103,
        "title": title,
        "handle": "kettle-0-9",
        "status": "active",
        "vendor": "Northkettle",
        "product_type": "Kettles",
        "tags": "pour-over",
        "published_at": "2026-01-01T10:00:00Z",
        "created_at": "2026-01-01T10:00:00Z",
        "updated_at": updated_at,
        "variants": [variant],
        "images": [{"id": 1, "src": "https://cdn.example/kettle.jpg"}],
        "image": {"id": 1, "src": "https://cdn.example/kettle.jpg"},
    } | more


def rows(shop: Connected) -> list[Product]:
    with shop.installation.database.read() as session:
        return list(session.scalars(select(Product).order_by(Product.variant_id)))


def test_a_product_told_by_the_platform_enters_the_catalogue(shop: Connected) -> None:
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    [row] = rows(shop)
    assert (row.product_id, row.variant_id, row.title) == ("103", "1003", "Kettle 0.9")
    assert (row.price, row.currency, row.inventory, row.is_active) == (Decimal(89), "EUR", 4, True)


def test_an_older_snapshot_changes_nothing(shop: Connected) -> None:
    shop.plan("products/update", product("Kettle 0.9", "79.00", "2026-05-14T12:00:00Z"))
    shop.plan("products/update", product("Kettle", "89.00", "2026-05-14T11:00:00Z"))
    assert [(row.title, row.price) for row in rows(shop)] == [("Kettle 0.9", Decimal(79))]


def test_what_the_merchant_wrote_stays(shop: Connected) -> None:
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    with shop.installation.database.write() as session:
        session.execute(update(Product).values(category="water", short_title="Kettle", tags=["gift"]))
    shop.plan("products/update", product("Kettle 0.9 matte", "89.00", "2026-05-14T12:00:00Z"))
    [row] = rows(shop)
    assert (row.title, row.category, row.short_title, row.tags) == ("Kettle 0.9 matte", "water", "Kettle", ["gift"])


def test_a_deleted_product_is_offered_no_more(shop: Connected) -> None:
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    shop.plan("products/delete", {"id": 103})
    assert [row.is_active for row in rows(shop)] == [False]
