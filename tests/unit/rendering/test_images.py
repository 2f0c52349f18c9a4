"""Pictures are of a kind that every mailbox shows, and no larger than needed."""

import pytest

from tests.support.mailing import rendered
from worker.demo.situations import example, with_order
from worker.rendering.images import is_seen_everywhere, sized

SHOPIFY = "https://cdn.shopify.com/s/files/1/0001/dripper"


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.png", "a.gif", "a", "a.jpg?x=a.webp"])
def test_pictures_of_common_kinds_are_seen_everywhere(name: str) -> None:
    url = f"https://northkettle.example/{name}"
    assert is_seen_everywhere(url)
    assert sized(url, 144) == url


@pytest.mark.parametrize("name", ["a.webp", "a.WebP?v=1", "a.avif", "a.svg", "a.heic"])
def test_pictures_that_some_mailboxes_do_not_show_are_left_out(name: str) -> None:
    """Outlook for Windows shows no WebP, Gmail no SVG."""
    url = f"https://northkettle.example/{name}"
    assert not is_seen_everywhere(url)
    assert sized(url, 144) == ""


def test_shopify_is_asked_for_the_size_and_for_what_it_can_convert() -> None:
    assert sized(f"{SHOPIFY}.jpg?v=1", 144) == f"{SHOPIFY}.jpg?v=1&width=144"
    assert sized(f"{SHOPIFY}.webp", 144) == f"{SHOPIFY}.webp?width=144&format=jpg"
    assert is_seen_everywhere(f"{SHOPIFY}.webp")
    assert sized(f"{SHOPIFY}.svg", 144) == ""
    assert sized("https://northkettle.example/cdn.shopify.com.webp", 144) == ""


def test_a_line_whose_picture_not_everybody_sees_goes_without() -> None:
    inputs = example("confirmation")
    order = inputs.facts.order
    assert order is not None
    lines = tuple(
        line.model_copy(update={"product_id": None, "image_url": "https://northkettle.example/dripper.webp"})
        for line in order.lines
    )
    mail = rendered("confirmation", facts=with_order(inputs, lines=lines).facts)
    assert ".webp" not in mail.html
