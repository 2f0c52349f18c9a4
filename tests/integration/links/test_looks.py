"""What people see and read on the pages behind links."""

import re

import pytest

from schedules.shop import Brand
from tests.integration.links.conftest import Mailed
from worker.links import Purpose
from worker.rendering.colours import EDGE, contrast
from worker.rendering.pictures import PHONE, camera
from worker.store.models import Shop
from worker.store.shops import profile_of, update_shop

TAGS = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)
BUTTON = "getComputedStyle(document.querySelector('.do'))"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_button_of_a_page_has_an_edge_that_can_be_seen_and_a_ring_when_the_keyboard_is_there(
    mailed: Mailed,
) -> None:
    """Whatever the brand's colour is, and the database."""
    with camera() as taken:
        page = taken.browser.new_page(viewport={"width": PHONE, "height": 800}, color_scheme="light")
        for colour in ("#fafafa", "#ffff00", "#000000", "#1f5c4a"):
            with mailed.world.installation.database.write() as session:
                profile = profile_of(session.get_one(Shop, mailed.world.shop_id))
                update_shop(session, profile.model_copy(update={"brand": Brand(colour=colour)}))
            page.goto(mailed.link(Purpose.UNSUBSCRIBE))
            edge, ground = (page.evaluate(f"{BUTTON}.{name}") for name in ("borderTopColor", "backgroundColor"))
            seen = [_hexed(each) for each in (edge, ground) if not each.startswith("rgba(")]
            assert max(contrast(each, "#ffffff") for each in seen) >= EDGE, colour
            page.keyboard.press("Tab")
            assert contrast(_hexed(page.evaluate(f"{BUTTON}.outlineColor")), "#ffffff") >= EDGE


def test_an_email_is_called_so_on_every_page_and_in_every_answer(mailed: Mailed) -> None:
    pages = [mailed.get(f"{mailed.url}/u/none").page]
    for purpose in Purpose:
        if purpose is not Purpose.CLICK:
            link = mailed.link(purpose, "product-9" if purpose is Purpose.HIDE else "")
            pages += [mailed.get(link).page, mailed.post(link).page]
    told = " ".join(TAGS.sub(" ", page) for page in pages)
    assert "email" in told
    assert re.search(r"\bmails?\b", told, re.IGNORECASE) is None


def _hexed(colour: str) -> str:
    """#rrggbb of rgb(r, g, b)."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])
