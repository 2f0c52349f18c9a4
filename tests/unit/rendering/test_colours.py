"""Brand colours that can be read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mailing import rendered
from worker.demo.situations import example
from worker.rendering.colours import (
    DARK_CARD,
    LEAST,
    WHITE,
    button_ground,
    contrast,
    darkened_for,
    lightened_for,
    normal,
    readable_on,
    tint,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_on_white_has_the_largest_contrast() -> None:
    assert round(contrast("#000000", WHITE)) == 21


@given(COLOURS)
def test_text_on_any_brand_colour_can_be_read(colour: str) -> None:
    ground = button_ground(colour)
    assert contrast(readable_on(ground), ground) >= LEAST


@given(COLOURS)
def test_links_on_the_tinted_panel_can_be_read(colour: str) -> None:
    ground = tint(colour, 0.07)
    assert contrast(darkened_for(colour, ground), ground) >= LEAST


@given(COLOURS)
def test_links_on_a_dark_card_can_be_read(colour: str) -> None:
    assert contrast(lightened_for(colour, DARK_CARD), DARK_CARD) >= LEAST


@pytest.mark.parametrize(("colour", "strongest"), [("#cc0000", 0), ("#007700", 1), ("#0000cc", 2)])
def test_links_keep_the_hue_of_the_brand_in_the_dark(colour: str, strongest: int) -> None:
    shop = example("shipping").shop
    branded = shop.model_copy(update={"brand": shop.brand.model_copy(update={"colour": colour})})
    found = re.search(r"\.link a, \.link div \{ color: #(..)(..)(..)", rendered("shipping", shop=branded).html)
    assert found
    parts = [int(part, 16) for part in found.groups()]
    assert parts.index(max(parts)) == strongest


def test_what_is_no_colour_becomes_the_default() -> None:
    assert normal("red; background:url(x)") == "#1f5c4a"
    assert normal("#ABC") == "#aabbcc"
