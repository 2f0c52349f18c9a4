"""What a browser measures in mails: sizes for thumbs, pictures of any shape, edges that can be seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from schedules.facts import Refund, RefundReason
from schedules.parcel_facts import ParcelLine
from schedules.sequence import STEPS
from tests.support.mailing import render
from worker.demo.examples import CODE, euros, inline_pictures
from worker.demo.situations import example
from worker.rendering.colours import contrast
from worker.rendering.pictures import PHONE, camera
from worker.rendering.port import MailInputs, Offer

LOGO = "https://shop.example/logo.png"
TALL, WIDE = (200, 800), (960, 120)
LEAST_TAP = 44
"""CSS pixels that a thumb hits (WCAG 2.5.5)."""
LINKS = "Array.from(document.querySelectorAll('a')).filter(each => each.textContent.trim()).map(each => each.{})"
HEIGHTS = LINKS.format("getBoundingClientRect().height")
LOGO_BOX = (
    "(() => { const box = document.querySelector('img').getBoundingClientRect(); return [box.width, box.height] })()"
)


@dataclass(frozen=True)
class Phone:
    """One page of one browser that every mail is shown on: a page of its own takes three times as long."""

    page: Any

    def show(self, inputs: MailInputs, *, dark: bool = False, logo: tuple[int, int] = TALL) -> Any:
        picture = BytesIO()
        Image.new("RGBA", logo, (31, 92, 74, 255)).save(picture, "PNG")
        self.page.unroute_all()
        self.page.route(LOGO, lambda route: route.fulfill(body=picture.getvalue(), content_type="image/png"))
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.set_content(inline_pictures(render(inputs).html), wait_until="load")
        return self.page


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with camera() as opened:
        yield Phone(opened.browser.new_page(viewport={"width": PHONE, "height": 800}))


def branded(inputs: MailInputs, **brand: str) -> MailInputs:
    shop = inputs.shop
    return replace(inputs, shop=shop.model_copy(update={"brand": shop.brand.model_copy(update=brand)}))


@pytest.mark.parametrize(("logo", "shown"), [(TALL, (12, 48)), (WIDE, (160, 20))])
def test_a_logo_of_any_shape_stays_within_its_box(phone: Phone, logo: tuple[int, int], shown: tuple[int, int]) -> None:
    page = phone.show(branded(example("shipping"), logo_url=LOGO), logo=logo)
    assert tuple(page.evaluate(LOGO_BOX)) == shown


def test_a_dark_logo_stands_on_a_light_plate_in_the_dark(phone: Phone) -> None:
    page = phone.show(branded(example("shipping"), logo_url=LOGO), dark=True)
    assert page.evaluate("getComputedStyle(document.querySelector('img')).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("situation", ["", "companion", "no_offer", "redirect"])
def test_every_link_is_as_high_as_a_thumb(phone: Phone, step: str, situation: str) -> None:
    page = phone.show(example(step, situation))
    assert [height for height in page.evaluate(HEIGHTS) if round(height) < LEAST_TAP] == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", ["#fafafa", "#ffff00", "#000000", "#1f5c4a"])
def test_the_filled_button_has_an_edge_that_can_be_seen_whatever_the_brand_colour(
    phone: Phone, colour: str, *, dark: bool
) -> None:
    """Three to one against what is around it (WCAG 1.4.11)."""
    page = phone.show(branded(example("confirmation"), colour=colour), dark=dark)
    cell = "getComputedStyle(document.querySelector('.btn td'))"
    edge, ground = (hexed(page.evaluate(f"{cell}.{name}")) for name in ("borderTopColor", "backgroundColor"))
    around = "#1d201f" if dark else "#ffffff"
    assert page.evaluate(f"{cell}.borderTopStyle") == "solid"
    assert max(contrast(edge, around), contrast(ground, around)) >= 3


def test_what_could_not_be_delivered_is_told_as_large_as_the_rest(phone: Phone) -> None:
    base = example("shipping")
    short = Refund(
        id="1",
        at=base.now,
        amount=euros("6.50"),
        reason=RefundReason.STOCK,
        lines=(ParcelLine(line_id="2", quantity=1),),
    )
    page = phone.show(replace(base, facts=base.facts.model_copy(update={"refunds": (short,)})))
    told = page.get_by_text("Not in stock, and paid back")
    assert told.evaluate("each => getComputedStyle(each).fontSize") == "16px"


def test_a_long_code_stays_on_one_line(phone: Phone) -> None:
    long = replace(CODE, code="ABCDEFGHJKLMNPQRSTUVWXYZ")
    heights = []
    for code in (CODE, long):
        page = phone.show(replace(example("shipping"), offer=Offer(code=code)))
        heights.append(page.evaluate("document.querySelector('td.code').getBoundingClientRect().height"))
    assert heights[0] == heights[1]


def hexed(colour: str) -> str:
    """#rrggbb of rgb(r, g, b)."""
    return "#" + "".join(f"{int(part):02x}" for part in colour[4:-1].split(",")[:3])
