"""WooCommerce's products as catalogue entries."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schedules.events import ProductStated
from tests.support.woocommerce import product
from worker.platforms.port import Reading
from worker.platforms.woocommerce.platform import WooCommerce


def _reading(body: dict[str, Any]) -> Reading:
    raw = json.dumps(body).encode()
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return WooCommerce().read(topic="product.updated", body=raw, headers={}, received_at=now, options={})


def _stated(**changes: Any) -> ProductStated:
    (event,) = _reading(product(**changes)).events
    assert isinstance(event, ProductStated)
    return event


def test_a_product_is_one_entry_with_price_stock_and_picture() -> None:
    stated = _stated()
    assert (stated.product_id, stated.variant_id, stated.title) == ("7006", None, "Hand grinder")
    assert (stated.price, stated.inventory, stated.is_active) == ("64.00", 12, True)
    assert (stated.category, stated.tags) == ("Grinders & scales", ("manual",))
    assert stated.image_url == "https://northkettle.example/images/grinder.jpg"


@pytest.mark.parametrize(("told", "expected"), [("64", "64"), (64, "64"), (64.5, "64.5"), ("", None), (None, None)])
def test_a_price_comes_as_text_or_number_or_not_at_all(told: object, expected: str | None) -> None:
    assert _stated(price=told).price == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [("simple", False), ("variation", False), (None, False), ("variable", True), ("grouped", True), ("bundle", True)],
)
def test_of_what_comes_in_variants_customers_choose_one_first(told: str | None, expected: bool) -> None:
    assert _stated(type=told, parent_id=7000).needs_choice is expected


def test_what_is_on_sale_says_so() -> None:
    assert [_stated(on_sale=told).on_sale for told in (True, False, None)] == [True, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "trash"},
        {"catalog_visibility": "hidden"},
        {"purchasable": False},
        {"type": "external"},
        {"post_password": "for friends"},
    ],
)
def test_what_the_shop_does_not_sell_is_not_active(changes: dict[str, Any]) -> None:
    assert not _stated(**changes).is_active


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stock_status": "outofstock", "manage_stock": False}, 0),
        ({"manage_stock": False, "stock_quantity": None}, None),
        ({"manage_stock": "parent", "stock_quantity": 3}, 3),
        ({"backorders_allowed": True, "stock_quantity": 0}, None),
        ({"stock_quantity": -2}, 0),
        ({"stock_quantity": 2.5}, 2),
    ],
)
def test_stock_is_told_where_it_is_counted(changes: dict[str, Any], expected: int | None) -> None:
    assert _stated(**changes).inventory == expected


def test_a_variation_belongs_to_its_product() -> None:
    stated = _stated(id=7106, type="variation", parent_id=7006, name="Hand grinder - steel")
    assert (stated.product_id, stated.variant_id) == ("7006", "7106")


def test_a_variation_without_its_products_name_is_passed_over() -> None:
    body = {name: value for name, value in product(id=7106).items() if name not in ("name", "type", "parent_id")}
    reading = _reading(body | {"image": {"src": "https://northkettle.example/images/steel.jpg"}})
    assert reading.events == ()
    assert reading.note == "a variation that does not tell its product"


def test_a_link_that_is_no_web_address_is_dropped() -> None:
    assert _stated(permalink="ftp://northkettle.example/x").url is None
