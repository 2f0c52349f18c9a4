"""What each mail says in each situation, and what it never says."""

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from schedules.facts import Money
from schedules.sequence import STEPS
from schedules.shop import Brand, Stream
from tests.support.mailing import RENDERER, render, rendered
from worker.demo.examples import CODE, KETTLE, PRODUCTS, card, euros
from worker.demo.situations import CHANGES, example, with_order
from worker.rendering.port import Links, Offer
from worker.rendering.spoken import languages_of
from worker.store.content import content_of, packaged_content

EVERY = [(step, situation) for step in STEPS for situation in ("", *CHANGES)]
LANGUAGES = languages_of(packaged_content().files, "components")


@pytest.mark.parametrize(
    ("locale", "instruction", "withdrawal"),
    [
        ("en-IE", "Your right of withdrawal", "Withdraw from the contract"),
        ("de-DE", "Widerrufsbelehrung", "Vertrag widerrufen"),
    ],
)
def test_the_instruction_on_withdrawal_and_the_place_to_withdraw_are_two_links(
    locale: str, instruction: str, withdrawal: str
) -> None:
    """European receipts carry the instruction; since 2026-06-19 a button of its own leads to the withdrawal."""
    shop = example("confirmation").shop
    info, place = f"{shop.url}/widerrufsbelehrung", f"{shop.url}/widerruf"
    legal = shop.legal.model_copy(update={"withdrawal_info_url": info, "withdrawal_url": place})
    mail = rendered("confirmation", shop=shop.model_copy(update={"legal": legal}), locale=locale)
    for url, words in ((info, instruction), (place, withdrawal)):
        assert re.search(rf'<a href="{url}"[^>]*>{words}</a>', mail.html)
        assert f"{words}:\n{url}" in mail.text


class Outline(HTMLParser):
    """Headings and images of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.layout_tables = 0
        self.tables = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag == "table":
            self.tables += 1
            self.layout_tables += dict(attrs).get("role") == "presentation"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", STEPS)
def test_every_mail_keeps_the_frame(step: str, language: str) -> None:
    """Under 80 KB, one h1, tables for looks alone, no leftover of a template, 72 columns of text, a fitting subject."""
    for situation in ("", *CHANGES):
        mail = rendered(step, situation, locale=language)
        outline = Outline(mail.html)
        assert len(mail.html.encode()) <= 80 * 1024, situation
        assert outline.headings.count("h1") == 1, situation
        assert outline.headings[0] == "h1", situation
        assert outline.layout_tables == outline.tables, situation
        assert all("alt" in image for image in outline.images), situation
        assert "[[" not in mail.html + mail.text + mail.subject + mail.preview, situation
        assert "{{" not in mail.html + mail.text, situation
        assert f'lang="{language}"' in mail.html, situation
        assert "googleapis" not in mail.html, situation
        assert all(len(text) <= 72 or "://" in text for text in mail.text.splitlines()), situation
        assert len(mail.subject) <= 45, (situation, mail.subject)
        assert 40 <= len(mail.preview) <= 90, (situation, mail.preview)


@pytest.mark.parametrize(("step", "situation"), EVERY)
def test_a_mail_has_at_most_one_filled_button(step: str, situation: str) -> None:
    mail = rendered(step, situation)
    colour = example(step).shop.brand.colour
    filled = re.findall(rf'<a[^>]*style="display:inline-block;background:{colour}', mail.html)
    assert len(filled) <= 1


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_the_offer_stands_below_everything_the_customer_needs(step: str) -> None:
    mail = rendered(step)
    offer = mail.html.index("Kettle 0.9" if step == "confirmation" else "Glass server")
    assert mail.html.index("12 Quay Street") < offer
    assert mail.html.index("Returns and exchanges") < offer


def test_the_confirmation_says_what_was_ordered_and_what_it_cost() -> None:
    mail = rendered("confirmation")
    for part in ("Dripper 02", "€38.00", "€64.00", "Visa •••• 4242", "12 Quay Street"):
        assert part in mail.html
        assert part in mail.text


CHANGE = re.compile(r'<a href="([^"]*)"[^>]*>Change or cancel</a>')
SENTENCE = "Change or cancel? Reply before it leaves."


def test_an_order_is_changed_on_the_shops_page_if_it_has_one() -> None:
    """The order's number fits into an address whatever is in it."""
    shop = example("confirmation").shop
    for address, leads_to in (
        ("https://northkettle.example/contact", "https://northkettle.example/contact"),
        ("https://northkettle.example/change?order={number}", "https://northkettle.example/change?order=A%2F7%261"),
    ):
        with_page = shop.model_copy(update={"change_url": address})
        mail = render(with_order(example("confirmation"), number="A/7&1"), shop=with_page)
        assert CHANGE.findall(mail.html) == [leads_to]
        assert f"\nChange or cancel:\n{leads_to}\n" in mail.text
        assert SENTENCE not in mail.html + mail.text


@pytest.mark.parametrize(
    ("language", "word", "subject", "sentence"),
    [
        ("en", "Change or cancel", "Order%201042", SENTENCE),
        ("de", "Ändern oder stornieren", "Bestellung%201042", "Ändern oder stornieren? Antworte, bevor es losgeht."),
    ],
)
def test_without_a_page_a_change_is_a_mail_that_names_the_order(
    language: str, word: str, subject: str, sentence: str
) -> None:
    mail = rendered("confirmation", locale=language)
    assert re.findall(rf'<a href="(mailto:[^"]*)"[^>]*>{word}</a>', mail.html) == [
        f"mailto:hello@northkettle.example?subject={subject}"
    ]
    assert sentence in mail.text


def test_without_a_page_and_a_mailbox_for_answers_the_sentence_alone_is_left() -> None:
    nowhere = example("confirmation").shop.model_copy(update={"transactional": Stream(), "marketing": Stream()})
    mail = rendered("confirmation", shop=nowhere)
    assert SENTENCE in mail.html
    assert SENTENCE in mail.text
    assert "mailto:" not in mail.html


def test_nothing_is_said_of_shipping_where_nothing_is_shipped() -> None:
    mail = rendered("confirmation", "digital")
    assert "Subtotal" in mail.text
    assert "Shipping" not in mail.html + mail.text


@pytest.mark.parametrize("situation", ["companion", "digital", "short", "left"])
def test_nothing_is_said_of_changes_where_none_is_possible(situation: str) -> None:
    base = example("confirmation", situation)
    if situation == "left":
        base = replace(base, facts=base.facts.model_copy(update={"parcels": example("shipping").facts.parcels}))
    mail = render(base)
    assert "Change or cancel" not in mail.html + mail.text


def test_a_companion_never_poses_as_the_receipt() -> None:
    mail = rendered("confirmation", "companion")
    assert "confirmed" not in mail.subject
    assert "€38.00" not in mail.html
    assert "€64.00" not in mail.html + mail.text + mail.preview
    assert "Unsubscribe" in mail.html
    assert "ld+json" not in mail.html


def test_a_companion_of_the_parcel_carries_no_tracking() -> None:
    mail = rendered("shipping", "companion")
    assert "JD014600003" not in mail.html + mail.text
    assert mail.subject == "While your Dripper 02 travels"


def test_an_order_paid_later_says_how_much_until_when() -> None:
    mail = rendered("confirmation", "payment_open")
    assert mail.subject == "We have your order 1042"
    assert mail.preview.startswith("Next: pay €64.00 by Mon 4 May.")
    assert "Still to pay" in mail.html


def test_a_present_shows_its_message_and_no_price() -> None:
    mail = rendered("confirmation", "gift", offer=None)
    assert "For your quiet mornings. Dad" in mail.html
    assert "€38.00" not in mail.html
    assert "your Dripper" not in mail.html


def test_more_than_six_lines_become_five_and_a_count() -> None:
    mail = rendered("confirmation", "many_lines")
    assert mail.text.count("Coffee of the month") == 5
    assert "and 9 more items" in mail.html
    assert "and 9 more items" in mail.text


def test_a_part_of_an_order_names_the_part_and_what_still_comes() -> None:
    mail = rendered("shipping", "part")
    assert mail.subject == "Part 1 of 2 of order 1042 is on its way"
    assert "Still to come: House espresso beans, medium roast, 250 g." in mail.html
    assert mail.html.count("House espresso beans") == 1


def test_goods_to_collect_are_ready_not_on_their_way() -> None:
    mail = rendered("shipping", "pickup")
    assert mail.subject == "Order 1042 is ready to collect"
    assert "Mon–Sat 10–18" in mail.html
    assert "Track your parcel" not in mail.html
    assert "JD014600003" not in mail.html + mail.text
    assert "While you wait" not in mail.html + mail.text


def test_a_parcel_without_tracking_says_so() -> None:
    assert "without tracking" in rendered("shipping", "no_tracking").html


def test_the_code_stands_alone_and_says_until_when_it_holds() -> None:
    mail = rendered("shipping")
    assert "\n    K7M2PXQD\n" in mail.text
    assert "10\xa0% off one order of €20.00 or more, once, until Sun 7 Jun (23:59, Dublin)" in mail.html


def test_a_code_without_products_is_still_shown() -> None:
    mail = rendered("shipping", offer=Offer(code=CODE))
    assert "K7M2PXQD" in mail.html
    assert "While you wait" not in mail.html


def test_a_mail_without_an_offer_has_no_panel_and_no_refusal_link() -> None:
    mail = rendered("confirmation", "no_offer")
    assert "Goes well with" not in mail.html + mail.text
    assert "No offers in my order emails" not in mail.html


def test_the_follow_up_numbers_its_tips_and_links_the_guide() -> None:
    mail = rendered("follow_up")
    assert "1. Rinse the filter" in mail.text
    assert "Read the guide" in mail.html
    assert "Unsubscribe" in mail.html


def test_without_a_guide_the_follow_up_asks_how_it_is() -> None:
    mail = rendered("follow_up", "how_is_it")
    assert mail.subject == "How is your Dripper 02?"
    assert "more from" not in mail.html


def test_an_estimated_delivery_is_worded_carefully() -> None:
    assert "should be with you. Not there? Reply" in rendered("follow_up", "estimated").html


def test_discreet_products_are_never_named_in_subject_preview_or_offer_heading() -> None:
    products = {key: replace(view, discreet=True) for key, view in PRODUCTS.items()}
    for step in STEPS:
        mail = rendered(step, products=products)
        assert "Dripper" not in mail.subject + mail.preview
        assert "with Dripper" not in mail.html


def test_a_code_beside_a_price_is_not_shown_where_that_counts_as_a_reduction() -> None:
    order = example("shipping").facts.order
    assert order
    assert order.shipping_address
    base = with_order(example("shipping"), shipping_address=order.shipping_address.model_copy(update={"country": "PL"}))
    assert "€24.00" not in render(base).html


def test_a_pale_brand_colour_gets_dark_text_on_its_button() -> None:
    shop = example("confirmation").shop.model_copy(update={"brand": Brand(colour="#ffe680")})
    assert "color:#1c1f1d" in rendered("confirmation", shop=shop).html


def test_totals_with_nothing_to_discount_show_no_discount() -> None:
    mail = rendered("confirmation")
    assert "Discount" not in mail.html
    order = example("confirmation").facts.order
    assert order
    totals = order.totals.model_copy(update={"discount": Money(amount=euros("5").amount, currency="EUR")})
    assert "−€5.00" in render(with_order(example("confirmation"), totals=totals)).html


def test_transactional_mails_carry_no_unsubscribe_link() -> None:
    assert "Unsubscribe" not in rendered("confirmation").html
    assert "Unsubscribe" not in rendered("shipping", links=Links(no_offers="https://x.example/u/1")).html


def test_a_refill_is_the_whole_mail() -> None:
    mail = rendered("follow_up", "refill")
    assert mail.variant == "refill"
    assert mail.subject == "Running low on House beans?"
    assert mail.preview == "Last bought on 30 April. The same again, one tap away."
    assert "The same again" in mail.text
    assert "Happy with it?" not in mail.text
    assert "Rinse the filter" not in mail.text
    assert rendered("follow_up", "refill", locale="de").subject == "Noch genug House beans?"


def test_an_upgrade_names_what_it_follows() -> None:
    mail = rendered("follow_up", "upgrade")
    assert (mail.variant, mail.subject) == ("upgrade", "When Dripper 02 becomes too small")
    assert mail.preview == "What the next one does better, in two lines."
    assert "€11.00 more." in mail.text
    assert "Rinse the filter" not in mail.text


def test_free_shipping_is_said_where_the_products_reach_it_and_never_that_something_was_missing() -> None:
    base = example("confirmation")
    shop = base.shop.model_copy(update={"free_shipping_from": {"EUR": Decimal(60), "USD": Decimal(1)}})
    said = "Free shipping from €60.00: Kettle 0.9 + Cleaning set get you there."
    assert said in render(replace(base, shop=shop)).text
    alone = shop.model_copy(update={"free_shipping_from": {"EUR": Decimal(49)}})
    assert "Kettle 0.9 gets you there." in render(replace(base, shop=alone)).text
    for threshold in ({"EUR": Decimal("63.01")}, {"USD": Decimal(10)}, {}):
        far = shop.model_copy(update={"free_shipping_from": threshold})
        assert "Free shipping" not in render(replace(base, shop=far)).text
    assert base.offer is not None
    with_code = replace(base, shop=shop, offer=replace(base.offer, code=CODE))
    assert "Free shipping" not in render(with_code).text  # 10 % off leaves less than it takes


def test_a_set_tells_what_its_parts_cost_one_by_one() -> None:
    base = example("confirmation")
    whole = replace(card(KETTLE, "Everything to pour with"), parts_price=euros("63.00"))
    mail = render(replace(base, offer=Offer(cards=(whole,))))
    assert "€49.00 · one by one €63.00" in mail.html
    assert "€49.00 · one by one €63.00" in mail.text


@pytest.mark.parametrize(("step", "locale"), [("confirmation", "en"), ("confirmation", "de"), ("follow_up", "en")])
def test_the_heading_names_the_dearest_thing_only_where_all_products_go_with_it(step: str, locale: str) -> None:
    base = replace(example(step), locale=locale)
    assert base.offer is not None
    named = {"en": "Goes well with Dripper 02", "de": "Passt gut zu Dripper 02"}[locale]
    assert named in render(base).text
    cards = tuple(replace(card, goes_with=frozenset({"something else"})) for card in base.offer.cards)
    mail = render(replace(base, offer=replace(base.offer, cards=cards)))
    assert named not in mail.text
    assert {"en": "Goes well with your order", "de": "Passt gut dazu"}[locale] in mail.text


@pytest.mark.parametrize("step", ["confirmation", "follow_up"])
def test_a_mail_shows_the_variant_that_was_bought(step: str) -> None:
    base = example(step)
    assert base.facts.order is not None
    hero = base.facts.order.lines[0]
    picture = "https://cdn.northkettle.example/blue.jpg"
    assert picture not in render(base).html
    assert picture in render(replace(base, pictures={hero.id: picture})).html


def test_the_two_answers_have_their_borders_where_outlook_draws_them() -> None:
    """Outlook for Windows draws none around a link, only around a cell."""
    asked = rendered("follow_up").html
    assert len(re.findall(r'<td[^>]*border:1px solid[^>]*><a href="[^"]*/f/', asked)) == asked.count("/f/") == 2


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_what_stands_below_a_title_has_a_line_of_its_own_in_outlook_too(step: str) -> None:
    """Outlook for Windows makes no block of a `span`."""
    assert re.search(r"Dripper 02, ceramic[^<]*</span><div[^>]*>Matte white", rendered(step).html)


def test_names_that_no_mail_of_ours_says_are_still_there_for_content_published_before() -> None:
    files = dict(packaged_content().files)
    files["email_templates/follow_up/body.txt"] = "{% if first_time %}First: {{ hero_url }}{% endif %}\n"
    mail = RENDERER.render(content_of(files), example("follow_up"))
    assert f"First: {PRODUCTS['7101'].url}" in mail.text
