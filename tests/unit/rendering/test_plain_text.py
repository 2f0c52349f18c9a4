"""The text part says what the HTML says."""

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from schedules.facts import Address, ConsentState, Customer
from schedules.sequence import STEPS
from tests.support.mailing import render, rendered
from worker.demo.examples import CODE, KETTLE, card
from worker.demo.situations import CHANGES, example, with_order
from worker.rendering.formats import day
from worker.rendering.plain import header_line
from worker.rendering.port import Offer

HREF = re.compile(r'<a href="(https?://[^"]+)"|<a[^>]*? href="(https?://[^"]+)"')
BARE = re.compile(r"\S*(?:[^\xa0][?!;»]|(?:[^\xa0]:)(?=\s)|«[^\xa0])(?=\s|$)")
"""French signs without a space before them, or after an opening quotation mark."""
EVERY = [(step, situation) for step in STEPS for situation in ("", *CHANGES)]


@pytest.mark.parametrize(("step", "situation"), EVERY)
def test_every_link_of_the_html_is_in_the_text(step: str, situation: str) -> None:
    """All but those around the logo and pictures, which go where a button or the sender's name goes."""
    mail = rendered(step, situation)
    home = {example(step).shop.url, example(step).shop.url + "/"}
    links = {(one or other).replace("&amp;", "&") for one, other in HREF.findall(mail.html)} - home
    assert {link for link in links if link not in mail.text} == set()


@pytest.mark.parametrize(("step", "situation"), EVERY)
def test_every_mail_tells_in_text_how_to_get_help(step: str, situation: str) -> None:
    mail = rendered(step, situation)
    assert "eply to this mail" in " ".join(mail.text.split())


@pytest.mark.parametrize(("step", "situation"), EVERY)
def test_french_sets_a_space_that_does_not_break_before_its_signs(step: str, situation: str) -> None:
    offer = Offer(cards=(card(KETTLE, "Verse finement"),), code=CODE)
    mail = rendered(step, situation, locale="fr", offer=offer, guide=None)
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]*>|&[^;\s]+;", " ", mail.html)
    for told in (mail.subject, mail.text, html.unescape(body)):
        assert BARE.findall(told) == []


def test_how_and_to_whom_it_is_billed_is_in_the_text_too() -> None:
    firm = Address(name="Mia Keane", company="Keane Ltd.", line1="1 Dock Road", city="Galway", country="IE")
    mail = render(with_order(example("confirmation"), billing_address=firm))
    for told in (mail.html, " ".join(mail.text.split())):
        assert "Keane Ltd., 1 Dock Road" in told
        assert "Standard, DHL" in told


def test_hours_and_ratings_are_in_the_text_too() -> None:
    assert "Mon–Sat 10–18" in rendered("confirmation", "pickup").text
    mail = rendered("confirmation", offer=Offer(cards=(card(KETTLE, "Pours thinly"),)))
    assert "★\xa04.7\xa0(176)" in mail.html
    assert "★\xa04.7\xa0(176)" in mail.text


def test_a_code_alone_can_be_refused_like_any_offer() -> None:
    mail = rendered("shipping", offer=Offer(code=CODE))
    for told in (mail.html, mail.text):
        assert "No offers in my order emails" in told
    assert rendered("shipping").html.count("No offers in my order emails") == 1
    assert rendered("shipping").text.count("No offers in my order emails") == 1


@pytest.mark.parametrize("step", ["follow_up", "replenishment"])
@pytest.mark.parametrize(
    ("language", "agreed"),
    [
        ("en", "agreed to hear"),
        ("de", "zugestimmt"),
        ("fr", "accepté"),
        ("es", "aceptaste"),
        ("it", "accettato"),
        ("nl", "aangemeld"),
    ],
)
def test_only_who_agreed_is_told_so(step: str, language: str, agreed: str) -> None:
    """In some countries customers get such mails without having agreed: it would not be true of them."""
    for consent, is_told in ((ConsentState.SUBSCRIBED, True), (ConsentState.NOT_SUBSCRIBED, False)):
        someone = Customer(email="m@example.com", consent=consent)
        mail = render(with_order(replace(example(step), locale=language), customer=someone))
        assert (agreed in " ".join(mail.text.split())) is is_told
        assert (agreed in mail.html) is is_told


@pytest.mark.parametrize("month", [1, 2, 8, 9, 10, 11, 12])
def test_a_german_date_at_the_end_of_a_sentence_has_one_full_stop(month: int) -> None:
    last = date(2026, month, 12)
    mail = rendered("shipping", locale="de", expected=(last, last))
    assert ".." not in mail.preview


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("fr", "mar. 12 mai"), ("es", "mar 12 de mayo"), ("zh_Hant", "5月12日 週二"), ("sv", "tis 12 maj")],
)
def test_days_are_written_as_each_language_does(locale: str, shown: str) -> None:
    """Also in languages that only the shop's own texts are in."""
    assert day(date(2026, 5, 12), locale) == shown


@pytest.mark.parametrize("text", ["For your family 👨‍👩‍👧 ❤️‍🔥", "می‌خواهم", "क्‍ष"])
def test_a_subject_keeps_what_joins_emojis_and_letters(text: str) -> None:
    assert header_line(text) == text


def test_a_subject_is_one_line_that_turns_no_direction() -> None:
    assert header_line(" One\r\nBcc: all@example.com\u202e \u200b two\u2066 ") == "One Bcc: all@example.com two"
