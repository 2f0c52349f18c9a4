"""What mails say of money: lines that add up, and what is still to be paid, and when."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schedules.facts import DeliveryKind, PaymentState
from tests.support.mailing import render
from worker.demo.examples import CODE, KETTLE, card, euros, line, totals
from worker.demo.situations import example, with_order
from worker.rendering.port import MailInputs, Offer

BOTH = pytest.mark.parametrize("language", ["en", "de"])


def _owed(method: str, **more: Any) -> MailInputs:
    """A confirmation of an order of which 34 of 64 euros are still to be paid."""
    sums = totals("59.00", shipping="5.00", tax="11.96")
    sums = sums.model_copy(update={"paid": euros("30"), "outstanding": euros("34")})
    state = {"payment": PaymentState.ACCEPTED, "payment_method": method, "totals": sums}
    return with_order(example("confirmation"), **(state | more))


def test_lines_add_up_to_the_subtotal_they_stand_above() -> None:
    """Where the discount is a row of its own, lines are told without it; where it is not, with it."""
    reduced = line(1, "Dripper 02", "38.00").model_copy(update={"total": euros("34.20")})
    sums = totals("38.00", shipping="0", tax="5.46").model_copy(update={"discount": euros("3.80")})
    assert "Dripper 02  €38.00" in render(with_order(example("confirmation"), lines=(reduced,), totals=sums)).text
    own = totals("34.20", shipping="0", tax="5.46")
    assert "Dripper 02  €34.20" in render(with_order(example("confirmation"), lines=(reduced,), totals=own)).text


@pytest.mark.parametrize("prices", [("38.00", "0"), ("0", "38.00")])
def test_a_set_and_its_part_cost_what_one_of_them_costs(prices: tuple[str, str]) -> None:
    whole, part = (line(number, f"Set {number}", price) for number, price in enumerate(prices, 1))
    lines = (whole, part.model_copy(update={"part_of": whole.id}))
    mail = render(with_order(example("confirmation"), lines=lines, totals=totals("38.00", shipping="0", tax="5.46")))
    assert "€0.00" not in mail.text.partition("Subtotal")[0]
    assert mail.text.count("1 × Set ") == 2
    assert "more" not in mail.preview.partition(",")[0]


@BOTH
@pytest.mark.parametrize("method", ["Bank transfer", "Cash on delivery", "Invoice"])
def test_what_is_asked_for_is_what_is_still_open(language: str, method: str) -> None:
    mail = render(_owed(method), locale=language)
    asked, total = {"en": ("€34.00", "€64.00"), "de": ("34,00 €", "64,00 €")}[language]
    head = " ".join(mail.text.partition("\n\n")[0].split())
    for told in (" ".join(mail.preview.split()), head):
        assert asked in told
        assert total not in told
    assert 40 <= len(mail.preview) <= 90


PACKED_AFTER = ("as soon as your payment arrives", "sobald deine Zahlung da ist")


@BOTH
def test_only_who_pays_first_is_told_that_we_wait_for_the_money(language: str) -> None:
    for method, waits in (("Bank transfer", True), ("Vorkasse", True), ("Cash on delivery", False), ("Invoice", False)):
        mail = render(_owed(method), locale=language)
        for told in (mail.html, " ".join(mail.text.split())):
            assert any(words in told for words in PACKED_AFTER) is waits


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        *((each, "have €34.00 ready") for each in ("Paiement à la livraison", "Contrareembolso", "Contrassegno")),
        *((each, "have €34.00 ready") for each in ("Contre remboursement", "Pagamento alla consegna", "Rembours")),
        *((each, PACKED_AFTER[0]) for each in ("Virement SEPA", "Bonifico", "Overschrijving", "Chèque")),
        *((each, "Please pay €34.00.") for each in ("Sur facture, par virement", "Op factuur", "Bancontact", "Autre")),
    ],
)
def test_ways_of_paying_are_understood_in_the_languages_of_shops(method: str, asked: str) -> None:
    assert asked in " ".join(render(_owed(method)).text.split())


@BOTH
def test_no_day_is_named_while_we_wait_for_the_money(language: str) -> None:
    days = (date(2026, 5, 4), date(2026, 5, 5))
    for method, is_named in (("Bank transfer", False), ("Cash on delivery", True)):
        mail = render(_owed(method), locale=language, expected=days)
        assert ("Expected" in mail.html or "Voraussichtlich" in mail.html) is is_named


@BOTH
@pytest.mark.parametrize("delivery", [DeliveryKind.SHIPPING, DeliveryKind.PICKUP])
def test_who_pays_on_delivery_is_asked_to_have_it_ready(language: str, delivery: DeliveryKind) -> None:
    mail = render(_owed("Nachnahme", delivery=delivery), locale=language)
    text = " ".join(mail.text.split())
    assert "have €34.00 ready when" in text or "halte 34,00 € bereit" in text
    assert "Please pay" not in mail.text
    assert "zahle " not in mail.text


def test_a_course_that_is_not_paid_yet_is_not_packed() -> None:
    base = replace(_owed("Bank transfer", delivery=DeliveryKind.DIGITAL), expected=None)
    assert "we open your access as soon as your payment arrives" in " ".join(render(base).text.split())


def test_percents_and_ratings_are_written_as_the_customer_writes_numbers() -> None:
    half = replace(CODE, value=Decimal("7.5"))
    offer = Offer(cards=(card(KETTLE, "Pours thinly"),), code=half)
    for language, percent, rating in (("en", "7.5\xa0%", "★\xa04.7"), ("de", "7,5\xa0%", "★\xa04,7")):
        mail = render(example("shipping"), offer=offer, locale=language)
        for told in (mail.html, mail.text):
            assert percent in told
            assert rating in told


def test_an_order_that_was_changed_after_it_left_does_not_leave_again() -> None:
    base = example("confirmation", "updated")
    left = replace(base, facts=base.facts.model_copy(update={"parcels": example("shipping").facts.parcels}))
    for language in ("en", "de"):
        mail = render(left, locale=language)
        assert "when it leaves" not in mail.preview
        assert "beim Versand" not in mail.preview
        assert 40 <= len(mail.preview) <= 90
