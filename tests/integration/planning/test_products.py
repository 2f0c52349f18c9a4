"""The catalogue as the platform tells it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.event import listen, remove

from schedules.events import ProductDeleted, ProductStated
from tests.support.intake import Connected
from worker.planning.products import drop_product, keep_product
from worker.planning.unit import Unit
from worker.store.models import Product, Shop
from worker.store.types import new_id


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


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_a_product_is_locked_once_for_all_its_variants(shop: Connected) -> None:
    def locks(variants: int) -> int:
        taken: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            taken.extend([statement] * ("pg_advisory_xact_lock" in statement))

        engine = shop.installation.database.engine
        listen(engine, "before_cursor_execute", note)
        told = product("Kettle 0.9", "89.00")
        shop.plan("products/create", told | {"variants": [told["variants"][0] | {"id": n} for n in range(variants)]})
        remove(engine, "before_cursor_execute", note)
        return len(taken)

    assert locks(9) == locks(1) > 0


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


def test_a_late_word_of_a_deleted_product_does_not_bring_it_back(shop: Connected) -> None:
    """Shopify sends again what failed, in no certain order."""
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    shop.plan("products/delete", {"id": 103})
    shop.plan("products/update", product("Kettle 0.9", "79.00", "2026-05-14T12:00:00Z"))
    assert [(row.is_active, row.price) for row in rows(shop)] == [(False, Decimal(89))]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ({"product_id": "1"}, [("2", "1"), ("2", "2")]),
        ({"product_id": "2", "variant_id": "1"}, [("1", "1"), ("2", "2")]),
        ({"product_id": "2", "at": "2026-05-14T11:00:00Z"}, [("1", "1")]),
        ({"product_id": "2", "at": "2026-05-14T09:00:00Z"}, [("1", "1"), ("2", "1"), ("2", "2")]),
        ({"product_id": "1", "is_either": True}, [("2", "2")]),
    ],
)
def test_a_deletion_takes_what_it_names(shop: Connected, gone: dict[str, Any], left: list[tuple[str, str]]) -> None:
    told = datetime(2026, 5, 14, 10, tzinfo=UTC)
    with shop.installation.database.write() as session:
        owner = session.scalars(select(Shop)).one()
        for product_id, variant_id in (("1", "1"), ("2", "1"), ("2", "2")):
            row = Product(shop_id=owner.id, product_id=product_id, variant_id=variant_id, source_updated_at=told)
            row.title, row.updated_at = "Kettle", told
            session.add(row)
        session.flush()
        unit = Unit(session=session, shop=owner, source_id=None, now=shop.now)
        drop_product(unit, ProductDeleted.model_validate(gone))
    assert sorted((row.product_id, row.variant_id) for row in rows(shop) if row.is_active) == left


def variants(*told: tuple[int, str, int]) -> list[dict[str, Any]]:
    return [
        {"id": number, "product_id": 103, "title": "x", "price": price, "inventory_quantity": stock}
        for number, price, stock in told
    ]


def import_whole(shop: Connected, **more: Any) -> None:
    """A row of the merchant's file that names no variant."""
    told = {"title": "Kettle", "price": Decimal(80), "currency": "EUR", "inventory": 50, "discreet": True}
    row = Product(shop_id=new_id(), product_id="103", url="https://old.example/k", updated_at=shop.now, **told | more)
    with shop.installation.database.write() as session:
        row.shop_id = session.scalars(select(Shop.id)).one()
        row.image_url = "https://old.example/k.jpg"
        session.add(row)


def test_a_variant_that_is_gone_is_offered_no_more(shop: Connected) -> None:
    shop.plan("products/create", product("Kettle", "89.00", variants=variants((1003, "89.00", 4), (1004, "95.00", 2))))
    later = product("Kettle", "89.00", "2026-05-14T11:00:00Z", variants=variants((1004, "95.00", 2)))
    shop.plan("products/update", later)
    assert [(row.variant_id, row.is_active) for row in rows(shop)] == [("1003", False), ("1004", True)]


def test_an_older_list_of_variants_takes_none_away(shop: Connected) -> None:
    both = variants((1003, "89.00", 4), (1004, "95.00", 2))
    shop.plan("products/update", product("Kettle", "89.00", "2026-05-14T11:00:00Z", variants=both))
    shop.plan("products/update", product("Kettle", "89.00", variants=variants((1003, "89.00", 4))))
    assert [row.is_active for row in rows(shop)] == [True, True]


def test_a_row_for_the_whole_product_follows_its_variants(shop: Connected) -> None:
    import_whole(shop)
    told = variants((1003, "95.00", 4), (1004, "89.00", 2))
    shop.plan("products/update", product("Kettle 0.9", "", variants=told))
    whole = rows(shop)[0]
    assert (whole.variant_id, whole.title, whole.price, whole.inventory) == ("", "Kettle 0.9", Decimal(89), 6)
    assert (whole.url, whole.image_url) == (
        "https://northkettle.example/products/kettle-0-9",
        "https://cdn.example/kettle.jpg",
    )
    told = variants((1003, "95.00", 4), (1004, "89.00", 0))
    shop.plan("products/update", product("Kettle 0.9", "", "2026-05-14T10:30:00Z", variants=told))
    assert rows(shop)[0].price == Decimal(95)
    sold_out = product("Kettle 0.9", "", "2026-05-14T11:00:00Z", status="archived", variants=told)
    shop.plan("products/update", sold_out)
    assert [row.is_active for row in rows(shop)] == [False, False, False]


def test_a_row_for_the_whole_product_has_no_count_where_a_variant_has_none(shop: Connected) -> None:
    import_whole(shop)
    endless = variants((1003, "95.00", 4))
    endless[0]["inventory_policy"] = "continue"
    shop.plan("products/update", product("Kettle", "", variants=endless + variants((1004, "89.00", 2))))
    assert rows(shop)[0].inventory is None


def test_a_variant_is_as_discreet_as_the_merchant_said_of_its_product(shop: Connected) -> None:
    only = {"fits": ["101"], "ships_to": ["DE"], "bundle_of": ["102"]}
    import_whole(shop, short_title="Kettle", category="water", cost=Decimal(30), **only)
    shop.plan("products/update", product("Kettle 0.9", "89.00"))
    [_, made] = rows(shop)
    assert (made.variant_id, made.discreet, made.short_title, made.category) == ("1003", True, "Kettle", "water")
    assert (made.cost, made.fits, made.ships_to, made.bundle_of) == (Decimal(30), ["101"], ["DE"], ["102"])


def test_a_variation_told_of_before_its_product_gets_its_category(shop: Connected) -> None:
    """WooCommerce's variations have none: one would stand for another kind of thing than its product."""
    bare = {"url": None, "image_url": None, "price": "9.00", "inventory": 4, "is_active": True, "updated_at": None}
    told = {"product_id": "7", "title": "Kettle", "category": "", "brand": "", "tags": ()} | bare
    whole = told | {"variant_id": None, "category": "Kettles", "brand": "NK", "tags": ("steel",)}
    with shop.installation.database.write() as session:
        owner = session.scalars(select(Shop)).one()
        unit = Unit(session=session, shop=owner, source_id=None, now=shop.now)
        for event in (told | {"variant_id": "71"}, whole):
            keep_product(unit, ProductStated.model_validate(event))
    variation = rows(shop)[1]
    assert (variation.category, variation.brand, variation.tags) == ("Kettles", "NK", ["steel"])


def test_links_lead_to_the_address_that_customers_know(shop: Connected) -> None:
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    assert [row.url for row in rows(shop)] == ["https://northkettle.example/products/kettle-0-9"]


def test_without_an_address_of_the_shop_shopifys_own_is_used(shop: Connected) -> None:
    with shop.installation.database.write() as session:
        owner = session.scalars(select(Shop)).one()
        owner.profile = owner.profile | {"url": ""}
    shop.plan("products/create", product("Kettle 0.9", "89.00"))
    assert [row.url for row in rows(shop)] == ["https://northkettle.myshopify.com/products/kettle-0-9"]


def test_a_price_that_is_no_number_fails_with_a_sentence_and_changes_nothing(shop: Connected) -> None:
    event = shop.plan("products/update", product("Kettle", "on request"))
    assert (event.state, event.note) == ("failed", "an amount is 'on request', which is no number")
    assert rows(shop) == []


def test_an_absurd_stock_is_kept_as_the_most_a_database_holds(shop: Connected) -> None:
    shop.plan(
        "products/update", product("Kettle", "", variants=variants((1003, "89.00", 10**12), (1004, "9.00", 10**12)))
    )
    assert [row.inventory for row in rows(shop)] == [2**31 - 1, 2**31 - 1]
