"""What is used up is bought again at its own pace; all else has no rhythm."""

import random

import pytest

from worker.personalisation.learning.purchases import Basket, gather
from worker.personalisation.learning.rhythms import rhythms


def bought_again(product: str, gaps: list[float], *, buyers_of_one: int = 0) -> list[Basket]:
    """Each gap is two orders of somebody; `buyers_of_one`: people who bought once."""
    twice = [Basket(f"p{n}", day, (product,)) for n, gap in enumerate(gaps) for day in (float(n), n + gap)]
    return [*twice, *(Basket(f"once-{n}", float(n), (product,)) for n in range(buyers_of_one))]


def test_filters_that_people_buy_again_after_a_month_have_that_rhythm() -> None:
    chance = random.Random(4)
    [found] = rhythms(gather(bought_again("filters", [chance.gauss(30, 6) for _ in range(40)])))
    assert (found["product_id"], found["repeats"]) == ("filters", 40)
    assert found["days"] == pytest.approx(30, abs=3)


def test_kettles_that_people_buy_again_by_chance_have_none() -> None:
    chance = random.Random(4)
    gaps = [3 + chance.expovariate(1 / 90) for _ in range(200)]
    assert rhythms(gather(bought_again("kettle", gaps))) == []


def test_what_few_of_its_buyers_buy_again_has_none() -> None:
    gaps = [30.0 + number % 3 for number in range(40)]
    assert rhythms(gather(bought_again("filters", gaps, buyers_of_one=400))) == []
    assert rhythms(gather(bought_again("filters", gaps[:19]))) == []


def test_what_a_few_people_buy_again_and_again_has_none() -> None:
    """A canteen, a till: forty times a month of theirs say nothing of what others do."""
    canteens = [Basket(f"canteen-{n % 9}", 30.0 * n, ("filters",)) for n in range(9 * 40)]
    assert rhythms(gather(canteens)) == []
