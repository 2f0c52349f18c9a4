"""What customers, shops and catalogues write, as mails print it: as text, in any script, in the customer's language."""

import json
import re
from dataclasses import replace

import pytest

from schedules.facts import Customer, LineProperty
from tests.support.mailing import render, rendered
from worker.demo.examples import KETTLE, card, line
from worker.demo.situations import example, with_order
from worker.rendering.port import Offer
from worker.rendering.renderer import Renderer
from worker.store.content import content_of, packaged_content


def test_a_long_title_without_a_short_one_is_not_printed_in_the_subject() -> None:
    mail = rendered("follow_up", "how_is_it", products={})
    assert mail.subject == "How is your order?"


def test_a_title_of_120_characters_and_a_missing_image_keep_the_mail_whole() -> None:
    order = with_order(example("confirmation"), lines=(line(1, "Very long coffee thing " * 6, "38.00"),))
    mail = render(order, products={})
    assert "Very long coffee thing" in mail.html
    assert 'src=""' not in mail.html


@pytest.mark.parametrize("title", ["ชุดดริปกาแฟ", "手沖咖啡濾杯", "قمع تقطير القهوة"])
def test_titles_of_any_script_are_printed(title: str) -> None:
    mail = render(with_order(example("confirmation"), lines=(line(9, title, "38.00"),)))
    assert title in mail.html
    assert title in mail.text


def test_a_language_read_from_the_right_is_set_from_the_right() -> None:
    """A language is one file of texts per folder; what stands left in others stands right in it."""
    files = dict(packaged_content().files)
    files |= {path.replace(".en.", ".ar."): text for path, text in files.items() if path.endswith("texts.en.yaml")}
    mail = Renderer().render(content_of(files), replace(example("confirmation"), locale="ar"))
    plain = rendered("confirmation")
    assert 'dir="rtl"' in mail.html
    assert "direction:ltr" not in mail.html
    for left, right in (("text-align:left", "text-align:right"), ('align="left"', 'align="right"')):
        assert mail.html.count(right) == plain.html.count(left) > 0
        assert mail.html.count(left) == plain.html.count(right)


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7 * 7 }}", "{% for %}"]
)
def test_what_customers_and_catalogues_write_is_printed_as_text(hostile: str) -> None:
    base = with_order(
        example("confirmation"),
        lines=(line(9, hostile, "38.00", properties=(LineProperty(name=hostile, value=hostile),)),),
        customer=Customer(email="m@e.x", first_name=hostile),
    )
    mail = render(base, offer=Offer(cards=(card(replace(KETTLE, short_title=hostile), hostile),)))
    assert "<script>alert" not in mail.html
    assert "<img src=x" not in mail.html
    assert "49" not in mail.subject
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', mail.html, re.DOTALL)
    assert data
    assert json.loads(data[1])["acceptedOffer"][0]["itemOffered"]["name"] == hostile


def test_a_subject_is_one_line_whatever_is_in_it() -> None:
    mail = render(with_order(example("confirmation"), number="1042\r\nBcc: x@example.com"))
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


@pytest.mark.parametrize(("given", "shown"), [("MIA", "Mia"), ("mia2", ""), ("M", ""), ("Zoë", "Zoë"), ("X" * 30, "")])
def test_a_first_name_is_printed_only_if_it_is_one(given: str, shown: str) -> None:
    mail = render(with_order(example("confirmation"), customer=Customer(email="m@example.com", first_name=given)))
    assert (f"Thank you, {shown}." if shown else "Thank you. Your order") in mail.html


def test_the_customers_language_is_used_and_an_unknown_one_falls_back_to_the_shops() -> None:
    assert rendered("confirmation", locale="de-AT").subject == "Bestellung 1042 ist bestätigt"
    assert rendered("confirmation", locale="tlh").subject == "Order 1042 is confirmed"


def test_a_shop_that_is_formal_says_sie() -> None:
    shop = example("confirmation").shop.model_copy(update={"formal_address": {"de": True}})
    assert "Ihre Bestellung" in rendered("confirmation", locale="de", shop=shop).html
    assert "Deine Bestellung" in rendered("confirmation", locale="de").html


@pytest.mark.parametrize("written", ["Northkettle, 1 Harbour St, Hamburg", "Northkettle\n1 Harbour St\nHamburg"])
def test_a_postal_address_that_begins_with_the_shops_name_repeats_it_not(written: str) -> None:
    base = example("confirmation")
    legal = base.shop.legal.model_copy(update={"company": "", "postal_address": written})
    mail = render(replace(base, shop=base.shop.model_copy(update={"legal": legal})))
    assert "Northkettle · 1 Harbour St, Hamburg" in mail.html
    assert "\nNorthkettle, 1 Harbour St, Hamburg" in mail.text


def test_amounts_are_written_as_the_customer_writes_them() -> None:
    assert "38,00\xa0€" in rendered("confirmation", locale="de").html


def test_links_that_are_no_web_links_are_never_printed() -> None:
    mail = render(with_order(example("confirmation"), status_url="javascript:alert(1)"))
    assert "javascript:" not in mail.html + mail.text
