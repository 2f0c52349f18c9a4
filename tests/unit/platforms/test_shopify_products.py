"""Shopify's products as catalogue entries."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schedules.events import ProductDeleted, ProductStated, VariantsStated
from tests.support.shopify_reading import NOW, only, read
from worker.errors import UnreadableEventError

UPDATED = "2026-05-14T10:00:00Z"
PICTURE = "https://cdn.northkettle.example/kettle.jpg"


def variant(number: int = 1003, **changes: Any) -> dict[str, Any]:
    """As API versions since 2025 write it: without `inventory_management`."""
    told = {"id": number, "product_id": 103, "title": "Default Title", "price": "89.00", "image_id": None}
    return told | {"inventory_policy": "deny", "inventory_quantity": 4} | changes


def product(**changes: Any) -> dict[str, Any]:
    return {
        "id": 103,
        "title": "Kettle 0.9",
        "handle": "kettle-0-9",
        "status": "active",
        "vendor": "Northkettle",
        "product_type": "Kettles",
        "tags": "pour-over, steel",
        "published_at": "2026-01-01T10:00:00Z",
        "updated_at": UPDATED,
        "variants": [variant()],
        "image": {"id": 1, "src": PICTURE},
        "images": [{"id": 1, "src": PICTURE}],
    } | changes


def _stated(**changes: Any) -> ProductStated:
    event = read("products/update", product(**changes)).events[0]
    assert isinstance(event, ProductStated)
    return event


@pytest.mark.parametrize("topic", ["products/create", "products/update"])
def test_a_product_is_an_entry_a_variant(topic: str) -> None:
    events = read(topic, product(variants=[variant(1003), variant(1004, price="95.00")])).events
    stated = [event for event in events if isinstance(event, ProductStated)]
    assert [(each.product_id, each.variant_id, each.price) for each in stated] == [
        ("103", "1003", "89.00"),
        ("103", "1004", "95.00"),
    ]
    first = stated[0]
    assert (first.title, first.category, first.brand, first.tags) == (
        *("Kettle 0.9", "Kettles", "Northkettle"),
        ("pour-over", "steel"),
    )
    assert (first.url, first.image_url) == ("https://northkettle.myshopify.com/products/kettle-0-9", PICTURE)
    assert (first.inventory, first.is_active) == (4, True)


def test_then_it_says_which_variants_there_are() -> None:
    expected = VariantsStated(
        product_id="103", variant_ids=("1003", "1004"), updated_at=datetime(2026, 5, 14, 10, tzinfo=UTC)
    )
    assert read("products/update", product(variants=[variant(1003), variant(1004)])).events[-1] == expected


def test_the_list_of_all_variants_counts_where_the_body_has_one() -> None:
    gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}"} for number in (642667041472713922, 2)]
    told = read("products/update", product(variant_gids=gids)).events[-1]
    assert isinstance(told, VariantsStated)
    assert told.variant_ids == ("642667041472713922", "2")


def test_a_list_that_may_be_cut_off_says_not_which_variants_are_gone() -> None:
    events = read("products/update", product(variants=[variant(number) for number in range(1, 101)])).events
    assert len(events) == 100
    assert all(isinstance(event, ProductStated) for event in events)


def test_a_product_without_variants_is_one_entry_without_a_price() -> None:
    (event,) = read("products/update", product(variants=[])).events
    assert isinstance(event, ProductStated)
    assert (event.variant_id, event.price, event.inventory) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"inventory_quantity": 0}, 0),
        ({"inventory_quantity": -3}, 0),
        ({"inventory_quantity": None}, None),
        ({"inventory_policy": "continue", "inventory_quantity": 0}, None),
        ({"inventory_management": "shopify", "inventory_quantity": 7}, 7),
        ({"inventory_management": None, "inventory_quantity": 0}, None),
        ({"inventory_quantity": 999_999_999_999}, 2**31 - 1),
    ],
)
def test_stock_is_told_where_it_is_counted(changes: dict[str, Any], expected: int | None) -> None:
    assert _stated(variants=[variant(**changes)]).inventory == expected


@pytest.mark.parametrize(
    "changes", [{"status": "draft"}, {"status": "archived"}, {"status": "unlisted"}, {"published_at": None}]
)
def test_what_the_online_store_does_not_show_is_not_active(changes: dict[str, Any]) -> None:
    assert not _stated(**changes).is_active


def test_older_bodies_without_status_are_active() -> None:
    body = {name: value for name, value in product().items() if name not in ("status", "published_at")}
    event = read("products/update", body).events[0]
    assert isinstance(event, ProductStated)
    assert event.is_active


def test_a_variants_own_picture_comes_first() -> None:
    own = {"id": 2, "src": "https://cdn.northkettle.example/black.jpg"}
    pictures = [{"id": 1, "src": PICTURE}, own]
    assert _stated(images=pictures, variants=[variant(image_id=2)]).image_url == own["src"]
    assert _stated(images=pictures, variants=[variant(image_id=9)]).image_url == PICTURE


@pytest.mark.parametrize(
    "changes",
    [
        {"image": None},
        {"image": None, "images": [], "media": [{"id": 1, "preview_image": {"src": PICTURE}}]},
    ],
)
def test_the_first_picture_counts_wherever_the_body_has_it(changes: dict[str, Any]) -> None:
    assert _stated(**changes).image_url == PICTURE


def test_a_product_may_have_no_picture_and_no_page() -> None:
    found = _stated(image=None, images=[], handle=None)
    assert (found.image_url, found.url) == (None, None)


@pytest.mark.parametrize("price", ["free", "NaN", "1e99"])
def test_a_price_that_is_no_number_makes_the_body_unreadable(price: str) -> None:
    with pytest.raises(UnreadableEventError, match="an amount is"):
        _stated(variants=[variant(price=price)])


def test_a_deleted_product_is_told_by_its_id_alone() -> None:
    gone = only("products/delete", {"id": 788032119674292922})
    assert gone == ProductDeleted(product_id="788032119674292922", at=NOW)
