"""The guide for what was bought, in the mail's language or none."""

from typing import Any

import pytest
from sqlalchemy import update

from schedules.facts import Facts, LineKind
from tests.support.dispatching import MORNING, World
from tests.support.orders import a_line, an_order
from tests.support.shelf import stock
from worker.personalisation.library import Library, Reader
from worker.store.models import Guide, Product


def write(world: World, headline: str, **changes: Any) -> None:
    fields = {"language": "en", "tips": ["Rinse the filter."], "url": "https://northkettle.example/g"} | changes
    with world.installation.database.write() as session:
        session.add(Guide(shop_id=world.shop_id, headline=headline, **fields))


def found(world: World, language: str = "en", facts: Facts | None = None) -> str | None:
    with world.installation.database.read() as session:
        reader = Reader(world.shop_id, facts or Facts(order=an_order(MORNING)), language)
        guide = Library(session, [reader]).of(reader).guide
        return guide.headline if guide else None


def test_the_products_own_guide_comes_before_its_categorys_and_its_tags(world: World) -> None:
    write(world, "tag", for_tag="brewer")
    assert found(world) == "tag"
    write(world, "category", for_category="pour-over")
    assert found(world) == "category"
    write(world, "product", for_product="product-1")
    assert found(world) == "product"


def test_a_guide_for_something_else_is_none(world: World) -> None:
    write(world, "other", for_product="product-2")
    write(world, "grinders", for_category="grinders")
    assert found(world) is None


@pytest.mark.parametrize(
    ("language", "headline"),
    [("de-AT", "Austrian"), ("de_DE", "German"), ("de", "German"), ("zh-Hant-TW", "Traditional"), ("fr", None)],
)
def test_the_nearest_language_is_taken_and_no_other(world: World, language: str, headline: str | None) -> None:
    for tag, name in (("de", "German"), ("de-at", "Austrian"), ("zh", "Chinese"), ("zh-hant", "Traditional")):
        write(world, name, for_product="product-1", language=tag)
    assert found(world, language) == headline


def test_a_discreet_products_guide_is_never_shown(world: World) -> None:
    write(world, "product", for_product="product-1")
    write(world, "filters", for_product="product-2")
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(discreet=True))
    assert found(world) == "filters"


def test_an_order_is_discreet_when_all_that_is_left_of_it_is(world: World) -> None:
    dripper, filters = an_order(MORNING).lines
    wrap = a_line(3, "Gift wrap", "3.00").model_copy(update={"kind": LineKind.GIFT_WRAP})
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(discreet=True))
        for lines, is_discreet in (
            ((dripper, filters), False),
            ((dripper, filters.model_copy(update={"quantity": 0}), wrap), True),
            ((wrap,), False),
        ):
            reader = Reader(world.shop_id, Facts(order=an_order(MORNING, lines=lines)), "en")
            assert Library(session, [reader]).of(reader).is_discreet is is_discreet


def test_a_digital_order_has_the_guide_of_its_dearest_access(world: World) -> None:
    write(world, "course", for_product="product-2")
    lines = (
        a_line(1, "Gift card", "90.00").model_copy(update={"kind": LineKind.GIFT_CARD}),
        a_line(2, "Brewing course", "30.00").model_copy(update={"kind": LineKind.DIGITAL}),
    )
    assert found(world, facts=Facts(order=an_order(MORNING, lines=lines))) == "course"


def test_each_line_has_the_picture_of_the_variant_that_was_bought(world: World) -> None:
    """A blue kettle was ordered, and the mail showed the red one."""
    lines = [a_line(number, "Kettle", "49.00").model_copy(update={"product_id": "kettle"}) for number in (1, 2, 3)]
    lines = [line.model_copy(update={"variant_id": name}) for line, name in zip(lines, "abz", strict=True)]
    with world.installation.database.write() as session:
        for variant in "ab":
            picture = f"https://northkettle.example/{variant}.jpg"
            stock(session, world.shop_id, "kettle", variant_id=variant, image_url=picture)
    reader = Reader(world.shop_id, Facts(order=an_order(MORNING, lines=tuple(lines))), "en")
    with world.installation.database.read() as session:
        known = Library(session, [reader]).of(reader)
    assert known.products["kettle"].image_url == "https://northkettle.example/kettle.jpg"
    assert known.pictures == {
        "1": "https://northkettle.example/a.jpg",
        "2": "https://northkettle.example/b.jpg",
    }
