"""Brand colours that can be read."""

from hypothesis import given
from hypothesis import strategies as st

from worker.rendering.colours import LEAST, WHITE, button_ground, contrast, darkened_for, normal, readable_on, tint

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


def test_what_is_no_colour_becomes_the_default() -> None:
    assert normal("red; background:url(x)") == "#1f5c4a"
    assert normal("#ABC") == "#aabbcc"
