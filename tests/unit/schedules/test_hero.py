"""The item by which mails call an order."""

import pytest

from schedules.facts import CaseKind, Facts, LineKind
from schedules.hero import hero_line
from tests.support.orders import a_line
from tests.unit.schedules.examples import case, facts, refund

DRIPPER = a_line(1, "Dripper 02", "38.00")
FILTERS = a_line(2, "Paper filters 02", "6.50")
GRINDER = a_line(3, "Hand grinder", "129.00")


def test_the_hero_is_the_dearest_thing() -> None:
    hero = hero_line(facts(lines=(FILTERS, GRINDER, DRIPPER)))
    assert hero is not None
    assert hero.title == "Hand grinder"


@pytest.mark.parametrize("kind", [kind for kind in LineKind if kind is not LineKind.PHYSICAL])
def test_gift_cards_tips_and_the_like_are_never_the_hero(kind: LineKind) -> None:
    assert hero_line(facts(lines=(GRINDER.model_copy(update={"kind": kind}), FILTERS))) == FILTERS


def test_a_removed_line_is_passed_over() -> None:
    assert hero_line(facts(lines=(GRINDER.model_copy(update={"quantity": 0}), FILTERS))) == FILTERS


def test_a_refunded_line_is_passed_over() -> None:
    assert hero_line(facts(lines=(GRINDER, FILTERS), more={"refunds": (refund(lines=["3"]),)})) == FILTERS


@pytest.mark.parametrize(("closed", "hero"), [(False, FILTERS), (True, GRINDER)])
def test_a_returned_line_is_passed_over_until_the_return_is_declined(closed: bool, hero: object) -> None:
    returned = case(CaseKind.RETURN, line_ids=("3",), closed=closed)
    assert hero_line(facts(lines=(GRINDER, FILTERS), more={"cases": (returned,)})) == hero


def test_discreet_products_are_never_named() -> None:
    known = facts(lines=(GRINDER, FILTERS))
    assert hero_line(known, lambda line: line.id == "3") == FILTERS
    assert hero_line(known, lambda line: True) is None


def test_between_equal_prices_the_choice_is_always_the_same() -> None:
    twin = GRINDER.model_copy(update={"id": "4", "title": "Kettle 0.9"})
    assert hero_line(facts(lines=(GRINDER, twin))) == hero_line(facts(lines=(twin, GRINDER)))


def test_without_an_order_there_is_no_hero() -> None:
    assert hero_line(Facts()) is None
