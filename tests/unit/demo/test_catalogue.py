"""The demo shop's files fit together."""

import csv
import io
from decimal import Decimal
from importlib.resources import files

import pytest
from fastapi import HTTPException

from schedules.shop import Role
from worker.demo.bodies import LINES
from worker.demo.examples import a_step_up
from worker.demo.images import image
from worker.demo.shop import IMAGES_AT, csv_text
from worker.demo.situations import CHANGES, example
from worker.preview.example import example_inputs
from worker.rendering.port import MailInputs

URL = "http://127.0.0.1:9999"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(name, public_url=URL))))


def test_every_product_has_a_picture_that_the_demo_serves() -> None:
    for row in _rows("products"):
        answer = image(row["image_url"].removeprefix(f"{URL}{IMAGES_AT}/"))
        assert (answer.status_code, answer.media_type) == (200, "image/jpeg")


@pytest.mark.parametrize("name", ["nothing.jpg", "../data/products.csv", "../images.jpg/../shop.py"])
def test_nothing_but_pictures_is_served(name: str) -> None:
    with pytest.raises(HTTPException) as refused:
        image(name)
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    "inputs", [example_inputs("confirmation", role=Role.REPLACE, language="en"), example("confirmation")]
)
def test_nobody_is_asked_to_have_paid_before_they_ordered(inputs: MailInputs) -> None:
    order = CHANGES["payment_open"](inputs).facts.order
    assert order is not None
    assert order.pay_by is not None
    assert order.pay_by > order.placed_at.date()


def test_pairings_and_guides_speak_of_products_that_exist() -> None:
    known = {row["product_id"] for row in _rows("products")}
    named = {row[column] for row in _rows("pairings") for column in ("when_product", "offer_product")}
    named |= {row["for_product"] for row in _rows("guides")}
    assert named - {""} <= known


def test_an_upgrade_says_what_it_does_better_and_costs_20_to_40_percent_more() -> None:
    rows = {row["product_id"]: row for row in _rows("products")}
    better = [row for row in rows.values() if row["upgrade_of"]]
    assert better
    for row in better:
        ratio = Decimal(row["price"]) / Decimal(rows[row["upgrade_of"]]["price"])
        assert row["upgrade_benefits"]
        assert Decimal("1.2") <= ratio <= Decimal("1.4")


def test_the_upgrade_of_a_preview_costs_what_the_catalogue_says() -> None:
    better = a_step_up(example_inputs("follow_up", role=Role.REPLACE, language="en"))
    assert better.product.product_id in {row["product_id"] for row in _rows("products") if row["upgrade_of"]}
    assert better.why.endswith("€9.00 more.")


def test_what_mia_buys_costs_what_the_catalogue_says() -> None:
    prices = {row["product_id"]: row["price"] for row in _rows("products")}
    assert all(prices[str(line.product_id)] == str(line.price) for line in LINES)


def test_the_pictures_are_light_enough_for_a_mail() -> None:
    for picture in (files("worker.demo") / "images").iterdir():
        assert len(picture.read_bytes()) <= 110_000, picture.name
