"""What mails say of goods that come later, or not at all."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from schedules.facts import Address, LineItem, Refund, RefundReason
from schedules.parcel_facts import ParcelLine
from tests.support.mailing import render, rendered
from worker.demo.examples import CODE, PRODUCTS, euros, line
from worker.demo.situations import example, with_order
from worker.rendering.port import MailInputs, Offer

BOTH = pytest.mark.parametrize("language", ["en", "de"])


def _part(*refunded: tuple[str, int], reason: RefundReason = RefundReason.STOCK, **changes: Any) -> MailInputs:
    """Everything but the beans left; these pieces were paid back. `changes`: of the beans."""
    base = example("shipping", "part")
    assert base.facts.order
    *others, beans = base.facts.order.lines
    back = tuple(ParcelLine(line_id=each, quantity=count) for each, count in refunded)
    refund = Refund(id="r", at=datetime(2026, 5, 1, tzinfo=UTC), amount=euros("14.50"), reason=reason, lines=back)
    facts = base.facts.model_copy(update={"refunds": (refund,) if refunded else ()})
    return with_order(replace(base, facts=facts, offer=None), lines=(*others, beans.model_copy(update=changes)))


@BOTH
def test_what_the_shop_could_not_deliver_is_named_and_not_promised(language: str) -> None:
    """Some shops take it off the order, others leave it on."""
    for changes in ({}, {"quantity": 0}):
        mail = render(_part(("3", 1), **changes), locale=language)
        text = " ".join(mail.text.split())
        for told in (mail.html, text):
            assert "Still to come" not in told
            assert "Es folgt noch" not in told
            assert "Not in stock, and paid back: House espresso beans" in told or (
                "Nicht vorrätig und erstattet: House espresso beans" in told
            )
        assert "Part " not in mail.subject
        assert "Teil " not in mail.subject


def test_what_was_paid_back_for_another_reason_is_not_promised_either() -> None:
    mail = render(_part(("3", 1), reason=RefundReason.OTHER))
    assert "Still to come" not in mail.html
    assert "Not in stock" not in mail.html


def test_of_several_pieces_those_that_are_not_paid_back_still_come() -> None:
    mail = render(_part(("3", 1), quantity=2, ordered_quantity=2))
    assert "Still to come: House espresso beans" in mail.html
    assert "Not in stock" in mail.html


@BOTH
def test_what_comes_later_says_about_when(language: str) -> None:
    mail = render(_part(expected_on=date(2026, 8, 1)), locale=language)
    said = {"en": "250 g, about Sat 1 Aug.", "de": "250 g, etwa Sa., 1. August."}[language]
    assert said in " ".join(mail.text.split())
    assert said in mail.html


@BOTH
def test_the_day_beside_a_line_says_what_happens_on_it(language: str) -> None:
    later = example("confirmation").facts.order.lines[0].model_copy(update={"expected_on": date(2026, 8, 1)})  # type: ignore[union-attr]  # an example has one
    mail = render(with_order(example("confirmation"), lines=(later, line(2, "Filters", "6.50"))), locale=language)
    said = {"en": "leaves about Sat 1 Aug", "de": "geht etwa Sa., 1. August los"}[language]
    assert said in mail.html
    assert said in " ".join(mail.text.split())


def test_what_is_in_the_parcel_does_not_leave_later() -> None:
    lines: tuple[LineItem, ...] = example("shipping").facts.order.lines  # type: ignore[union-attr]  # an example has one
    later = tuple(each.model_copy(update={"expected_on": date(2026, 5, 1)}) for each in lines)
    assert "leaves about" not in render(with_order(example("shipping"), lines=later)).html


@pytest.mark.parametrize(
    ("country", "written"),
    [
        ("US", "Springfield IL 62701, United States"),
        ("IT", "62701 Springfield IL, Italy"),
        ("DE", "62701 Springfield, Germany"),
    ],
)
def test_an_address_names_its_region(country: str, written: str) -> None:
    place = Address(
        name="Mia", line1="1 Main St", postal_code="62701", city="Springfield", region="IL", country=country
    )
    mail = render(with_order(example("confirmation"), shipping_address=place))
    assert written in mail.html


@BOTH
def test_a_code_says_in_which_citys_time_it_ends(language: str) -> None:
    mail = rendered("shipping", offer=Offer(code=CODE), locale=language)
    assert "23:59, Dublin" in mail.html or "23:59 Uhr, Dublin" in mail.html


def test_discreet_goods_are_shown_in_no_picture_and_told_to_no_mailbox() -> None:
    products = {key: replace(view, discreet=True) for key, view in PRODUCTS.items()}
    mail = rendered("confirmation", products=products, offer=None)
    assert "dripper-02" not in mail.html
    assert "Dripper" not in mail.html.partition("<body")[0]
