"""Sentences that hold in each situation, in the grammar of their language."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schedules.facts import Address, DeliveryKind, Gift
from schedules.sequence import STEPS
from tests.support.mailing import render, rendered
from worker.demo.examples import CODE, GUIDE, PRODUCTS, card, line
from worker.demo.situations import CHANGES, example, with_order
from worker.preview.situations import situations_of
from worker.rendering.formats import amount, one_line
from worker.rendering.plain import COLUMNS, wrapped
from worker.rendering.port import Offer
from worker.store.content import packaged_content

BOTH = pytest.mark.parametrize("language", ["en", "de"])
EVERY = [(step, situation) for step in STEPS for situation in ("", *CHANGES)]


def words(text: str) -> str:
    return " ".join(text.split())


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@BOTH
def test_the_tax_within_a_total_stands_below_it(language: str) -> None:
    total, tax = {"en": ("Total", "of which tax"), "de": ("Gesamt", "davon MwSt.")}[language]
    mail = rendered("confirmation", locale=language)
    assert in_order(mail.text, total, tax)
    assert in_order(mail.html, f">{total}<", tax)


@pytest.mark.parametrize(
    ("country", "shown"),
    [
        ("IE", "Galway H91 AB12, Ireland"),
        ("GB", "Galway H91 AB12, United Kingdom"),
        ("NZ", "Galway H91 AB12, New Zealand"),
        ("DE", "H91 AB12 Galway, Germany"),
        ("US", "Galway H91 AB12, United States"),
    ],
)
def test_the_postal_code_stands_where_its_country_writes_it(country: str, shown: str) -> None:
    address = Address(line1="12 Quay Street", postal_code="H91 AB12", city="Galway", country=country)
    assert one_line(address, "en") == f"12 Quay Street, {shown}"


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_nothing_is_called_delivered_before_it_is(step: str) -> None:
    mail = rendered(step)
    assert "Delivery address" in mail.text
    for told in (mail.html, mail.text):
        assert "elivered to" not in told


@BOTH
@pytest.mark.parametrize("offer", [None, Offer(code=CODE), Offer(cards=(card(PRODUCTS["7102"], "Fits"),))])
@pytest.mark.parametrize("delivery", [DeliveryKind.SHIPPING, DeliveryKind.PICKUP])
def test_a_companion_promises_to_say_how_to_get_ready_only_where_it_does(
    language: str, offer: Offer | None, delivery: DeliveryKind
) -> None:
    base = replace(with_order(example("shipping", "companion"), delivery=delivery), offer=offer, expected=None)
    for guide in (GUIDE, None):
        mail = render(base, guide=guide, locale=language)
        for told in (mail.preview, words(mail.text)):
            promise = re.search(r"how to be ready|to have ready|So ist alles|Was bereitliegen", told)
            assert bool(promise) is (guide is not None)
        assert 40 <= len(mail.preview) <= 90


@BOTH
def test_a_download_is_said_to_be_where_it_is(language: str) -> None:
    """The mail leads to the order; nothing to start with stands in it."""
    for situation in ("digital", "companion"):
        base = with_order(example("confirmation", situation), delivery=DeliveryKind.DIGITAL)
        for gift in (None, Gift(hide_prices=True)):
            preview = render(with_order(base, gift=gift), locale=language, offer=None, expected=None).preview
            for claim in ("inside", "steht in dieser Mail", "How you get", "darauf zugreif"):
                assert claim not in preview
            assert 40 <= len(preview) <= 90


@BOTH
def test_a_parcel_without_tracking_has_one_day_after_which_we_look_for_it(language: str) -> None:
    days = (date(2026, 5, 4), date(2026, 5, 5))
    for expected in (days, None):
        mail = render(replace(example("shipping", "no_tracking"), expected=expected), locale=language)
        is_a_week = "after a week" in words(mail.text) or "nach einer Woche" in words(mail.text)
        assert is_a_week is (expected is None)
        assert "keep an eye" not in mail.preview
        assert "im Blick" not in mail.preview


@pytest.mark.parametrize(("step", "situation"), EVERY)
def test_emails_are_called_so_and_the_one_in_hand_this_mail(step: str, situation: str) -> None:
    mail = rendered(step, situation)
    for told in (
        mail.subject,
        mail.preview,
        mail.text,
        re.sub(r"<style.*?</style>|<[^>]+>", " ", mail.html, flags=re.S),
    ):
        assert re.search(r"(?<!this )\bmail\b|\bmails\b|this email", words(told), re.IGNORECASE) is None


def test_in_german_nothing_has_arrived_before_it_left() -> None:
    """„Deine Bestellung ist da“ says of goods that they came."""
    assert "Deine Bestellung ist eingegangen." in rendered("confirmation", locale="de").text


def test_in_german_sentences_name_what_they_are_about() -> None:
    mail = rendered("shipping", locale="de")
    assert "Deine Bestellung ist unterwegs, Mia." in mail.text
    companion = rendered("shipping", "companion", locale="de")
    assert "hat uns verlassen" not in companion.text


@pytest.mark.parametrize(("pieces", "told"), [(1, "und 1 weiterer Artikel"), (2, "und 2 weitere Artikel")])
def test_in_german_further_pieces_are_counted_in_their_number(pieces: int, told: str) -> None:
    lines = (line(1, "Dripper", "38.00"), line(2, "Filters", "6.50", pieces))
    assert told in render(with_order(example("confirmation"), lines=lines), locale="de").preview


def test_in_german_a_part_is_said_to_be_on_its_way() -> None:
    mail = rendered("shipping", "part", locale="de")
    assert mail.subject == "Bestellung 1042: Teil 1 von 2 ist unterwegs"


def test_what_the_shop_asks_for_at_collection_is_not_contradicted() -> None:
    assert "genügt" not in rendered("shipping", "pickup", locale="de").preview


@BOTH
@pytest.mark.parametrize("step", STEPS)
def test_the_vat_id_says_what_it_is(language: str, step: str) -> None:
    named = {"en": "VAT ID IE 0000000 X", "de": "USt-IdNr. IE 0000000 X"}[language]
    mail = rendered(step, locale=language)
    assert named in mail.html
    assert named in mail.text


@pytest.mark.parametrize(
    ("locale", "value", "shown"), [("en", "10", "10\xa0%"), ("en", "7.5", "7.5\xa0%"), ("de", "10", "10\xa0%")]
)
def test_percents_are_written_as_the_customers_language_does(locale: str, value: str, shown: str) -> None:
    mail = render(example("shipping"), offer=Offer(code=replace(CODE, value=Decimal(value))), locale=locale)
    assert f"{shown} " in mail.html
    assert f"{shown} " in mail.text


@pytest.mark.parametrize(
    ("currency", "locale", "shown"),
    [
        ("CHF", "en", "CHF\xa049.00"),
        ("EUR", "es_MX", "EUR\xa049.00"),
        ("EUR", "en", "€49.00"),
        ("AUD", "en", "A$49.00"),
        ("SEK", "de", "49,00\xa0SEK"),
    ],
)
def test_a_currency_written_in_letters_stands_apart_from_its_amount(currency: str, locale: str, shown: str) -> None:
    """As the Unicode tables have it, which Babel does not read."""
    assert amount(Decimal(49), currency, locale) == shown


def test_an_amount_is_not_torn_from_its_currency() -> None:
    text = wrapped("x" * (COLUMNS - 4) + " 1.234,00\xa0€\n")
    assert "1.234,00\xa0€" in text


@pytest.mark.parametrize("step", STEPS)
def test_a_long_name_is_no_short_one_wherever_it_is_written(step: str) -> None:
    """A catalogue's export may have the whole title in the column of short ones."""
    long = {key: replace(view, short_title="Coffee pot made by hand " * 4) for key, view in PRODUCTS.items()}
    mail = render(replace(example(step), products=long, guide=None))
    assert "made by hand" not in mail.subject + mail.preview
    assert len(mail.subject) <= 45


INFORMAL = {
    "de": r"du|dir|dich|dein\w*|Antworte",
    "fr": r"tu|te|toi|ton|ta|tes",
    "es": r"tu|tus|te|ti|contigo|tienes|recibes|has|Responde",
    "it": r"tu|tuo|tua|te|hai|Rispondi|Ricevi",
    "nl": r"je|jij|jou|jouw",
}
FORMAL = {
    "de": r"Ihr|Ihre[mnrs]?|Ihnen|Antworten Sie",
    "es": r"su|sus|usted|le|Responda|Recibe",
    "it": r"Suo|Sua|Le|Lei|Risponda|Riceve",
    "nl": r"u|uw",
}


@pytest.mark.parametrize("language", INFORMAL)
@pytest.mark.parametrize("is_formal", [True, False])
def test_no_mail_mixes_the_two_ways_of_address(language: str, *, is_formal: bool) -> None:
    """French says `vous` either way."""
    other = INFORMAL[language] if is_formal else FORMAL.get(language, INFORMAL[language])
    for step in STEPS:
        shop = example(step).shop.model_copy(update={"formal_address": {language: is_formal}})
        for situation in ("", *situations_of(packaged_content(), step)):
            mail = rendered(step, situation, shop=shop, locale=language)
            told = " ".join((mail.subject, mail.preview, re.sub(r"https?://\S+", "", mail.text)))
            assert re.findall(rf"(?<![\w’-])(?:{other})(?![\w-])", told) == [], (step, situation)
