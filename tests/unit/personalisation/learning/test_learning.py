"""What is bought together is found again, with reasons that are true."""

import random

import numpy as np
import pytest

from worker.personalisation.learning.completing import Ask, Completer
from worker.personalisation.learning.model import MOST_PRODUCTS, Part, Recipe, learn, learn_mix
from worker.personalisation.learning.purchases import LARGEST_BASKET, MOST_ORDERS, NOBODY, Basket, Ledger, gather
from worker.personalisation.learning.tuning import COSINE, RECIPES, RECIPES_OF_MANY, ask, choose, ranks, split

GOES_WITH = {"dripper": "filters", "grinder": "beans", "kettle": "scale", "cups": "tin"}


def baskets(count: int = 600, *, seed: int = 1) -> list[Basket]:
    """Orders in which each product comes with its complement, four times in five."""
    chance = random.Random(seed)
    made = []
    for day in range(count):
        first = chance.choice(sorted(GOES_WITH))
        others = [GOES_WITH[first] if chance.random() < 0.8 else chance.choice(sorted(GOES_WITH.values()))]
        made.append(Basket(f"person-{day % 200}" if day % 3 else "", float(day), (first, *others)))
    return made


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_every_recipe_finds_what_goes_with_a_product(recipe: Recipe) -> None:
    purchases = gather(baskets())
    completer = Completer(purchases, learn(purchases, recipe))
    asks = [Ask(order=first, products=(first,)) for first in GOES_WITH]
    assert {asked.order: found[0].product for asked, found in completer.complete(asks, 2)} == GOES_WITH


def test_a_reason_counts_the_orders_that_really_were() -> None:
    rows = baskets()
    purchases = gather(rows)
    completer = Completer(purchases, learn(purchases, Recipe()))
    ((_, found),) = completer.complete([Ask(order="1", products=("dripper",))], 1)
    both = sum({"dripper", "filters"} <= set(row.products) for row in rows)
    assert (found[0].beside, found[0].support) == ("dripper", both)
    assert found[0].attachment == pytest.approx(both / sum("dripper" in row.products for row in rows))
    assert found[0].is_often_bought


def test_what_lies_in_the_basket_or_was_bought_before_is_not_suggested() -> None:
    purchases = gather(baskets())
    completer = Completer(purchases, learn(purchases, Recipe()))
    asked = Ask(order="1", products=("dripper",), owned=frozenset({"filters"}))
    ((_, found),) = completer.complete([asked], 10)
    assert not {"dripper", "filters"} & {each.product for each in found}
    assert len(found) == len(purchases.products) - 2


def test_an_unknown_basket_gets_what_many_buy_and_no_false_reason() -> None:
    purchases = gather(baskets())
    completer = Completer(purchases, learn(purchases, Recipe()))
    ((_, found),) = completer.complete([Ask(order="1", products=("a novelty",))], 3)
    counts = dict(zip(purchases.products, purchases.counts, strict=True))
    assert found[0].product == max(counts, key=lambda product: counts[product])
    assert {each.beside for each in found} == {""}


@pytest.mark.filterwarnings("error")
def test_a_product_whose_orders_are_all_left_out_spoils_no_reason() -> None:
    shelf = Basket("", 1.0, tuple(f"product-{number}" for number in range(LARGEST_BASKET + 1)))
    purchases = gather([*baskets(), shelf])
    completer = Completer(purchases, learn(purchases, Recipe()))
    ((_, found),) = completer.complete([Ask(order="1", products=("product-1", "dripper"))], 1)
    assert (found[0].product, found[0].beside) == ("filters", "dripper")


def test_a_large_catalogue_is_learned_from_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    purchases = gather(baskets())
    in_a_table = learn(purchases, Recipe()).weights.toarray()
    monkeypatch.setattr("worker.personalisation.learning.matrices.LARGEST_TABLE", 2)
    assert np.allclose(learn(purchases, Recipe()).weights.toarray(), in_a_table)


def test_few_neighbours_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.personalisation.learning.model.NEIGHBOURS", 2)
    purchases = gather(baskets())
    completer = Completer(purchases, learn(purchases, Recipe()))
    asks = [Ask(order=first, products=(first,)) for first in GOES_WITH]
    assert {asked.order: found[0].product for asked, found in completer.complete(asks, 2)} == GOES_WITH


def plain(*, ridge: float = 20.0) -> Recipe:
    return Recipe(is_whole=True, ridge=ridge, dropout=0.0, words=0.0, people=0.0, fame=0.0, memory_days=0.0)


def test_a_whole_catalogue_is_regressed_as_ease_does_it() -> None:
    purchases = gather(baskets())
    lines = purchases.lines.toarray().astype(np.float64)
    inverse = np.linalg.inv(lines.T @ lines + 20 * np.eye(lines.shape[1]))
    expected = -inverse / inverse.diagonal()
    np.fill_diagonal(expected, 0)
    assert np.allclose(learn(purchases, plain()).weights, expected, atol=1e-4)


def test_of_a_large_catalogue_the_most_bought_are_regressed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*baskets(), Basket("", 700.0, ("a rarity",))]
    whole = gather(baskets())
    monkeypatch.setattr("worker.personalisation.learning.model.LARGEST_WHOLE", len(whole.products))
    monkeypatch.setattr("worker.personalisation.learning.model.HEAD", len(whole.products))
    monkeypatch.setattr("worker.personalisation.learning.model.KEPT_OF_HEAD", len(whole.products))
    purchases = gather(rows)
    weights = learn(purchases, plain()).weights.toarray()
    rare = purchases.products.index("a rarity")
    assert not weights[rare].any()
    assert not weights[:, rare].any()
    kept = [place for place in range(len(weights)) if place != rare]
    assert np.allclose(weights[np.ix_(kept, kept)], learn(whole, plain()).weights, atol=1e-3)


def test_a_mix_adds_up_what_its_parts_say() -> None:
    purchases = gather(baskets())
    for other in (COSINE, plain()):  # sparse and dense
        made = learn_mix(purchases, (Part(recipe=Recipe(), factor=2.0), Part(recipe=other, factor=0.5)))
        scores = made.scores(purchases.lines[:5])
        parts = [learn(purchases, recipe).scores(purchases.lines[:5]) for recipe in (Recipe(), other)]
        assert np.allclose(scores, 2 * parts[0] + parts[1] / 2, atol=1e-4)


@pytest.mark.parametrize("largest", [1, 5000])
def test_what_is_chosen_finds_no_less_than_each_recipe_alone(largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.personalisation.learning.tuning.LARGEST_WHOLE", largest)
    purchases = gather(baskets(seed=3))
    chosen = choose(purchases)
    earlier, _ = split(purchases)
    for recipe in RECIPES if largest > 1 else RECIPES_OF_MANY:
        alone = 4 / (np.maximum(ranks(learn(earlier, recipe), chosen.asked), 3) + 1)
        assert chosen.asked.mean(4 / (np.maximum(chosen.ranks, 3) + 1)) >= chosen.asked.mean(alone)
    assert (ranks(chosen.model, chosen.asked) == chosen.ranks).mean() > 0.99


def test_questions_of_one_order_weigh_as_much_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Basket(f"person-{number}", float(number), ("a", "b", "c", "d")[: 2 + number % 3]) for number in range(100)]
    asked = ask(*split(gather(rows)))
    assert len(asked) > 15
    assert asked.weights.sum() == pytest.approx(15)
    monkeypatch.setattr("worker.personalisation.learning.tuning.MOST_ASKED", 15)
    asked = ask(*split(gather(rows)))
    assert list(asked.weights) == [1.0] * 15


def test_questions_hide_only_what_is_new_to_the_person() -> None:
    purchases = gather(baskets())
    earlier, later = split(purchases)
    asked = ask(earlier, later)
    assert len(asked) > 0
    for place, gone in enumerate(asked.gone):
        assert asked.known[place, gone] == 0
        assert asked.closed[place, gone] == 0
    assert (ranks(learn(earlier, Recipe()), asked) < 4).mean() > 0.7


def test_the_chosen_recipe_depends_on_nothing_but_the_orders() -> None:
    first, second = choose(gather(baskets())), choose(gather(reversed(baskets())))
    assert first.mix == second.mix
    assert first.hit_at(4) == second.hit_at(4) > 0.7


def test_a_shop_with_hardly_any_orders_gets_the_default() -> None:
    assert choose(gather(baskets(5))).mix == (Part(recipe=Recipe()),)
    assert choose(gather([])).hit_at(4) == 0


def test_orders_of_nobody_are_nobodys() -> None:
    purchases = gather([Basket("", 1.0, ("dripper",)), Basket("mia", 2.0, ("filters",))])
    assert list(purchases.people) == [NOBODY, 0]
    assert purchases.by_person.toarray().tolist() == [[0, 1]]


def test_neither_the_sequence_of_orders_nor_of_their_products_decides_anything() -> None:
    rows = [
        Basket("zoe", 1.0, ("b", "a")),
        Basket("mia", 1.0, ("c",)),
        Basket("mia", 1.0, ("a",)),
        Basket("", 0.5, ("b",)),
    ]
    other = [Basket(row.person, row.day, tuple(reversed(row.products))) for row in reversed(rows)]
    first, second = gather(rows), gather(other)
    assert (first.lines != second.lines).nnz == 0
    assert (first.products, list(first.people)) == (second.products, list(second.people))
    assert list(first.baskets()) == [{"b"}, {"a"}, {"c"}, {"a", "b"}]


def test_an_order_that_came_to_nothing_is_left_out() -> None:
    ledger = Ledger()
    ledger.add(["mia", "zoe"], [1.0, 2.0], [[], ["filters"]])
    purchases = ledger.purchases({"dripper": "Dripper"})
    assert (len(purchases), purchases.products, purchases.titles) == (1, ("dripper", "filters"), ("Dripper", ""))
    assert list(purchases.days) == [2.0]
    assert len(Ledger().purchases()) == 0


def test_an_order_that_fills_a_shelf_is_left_out() -> None:
    names = [f"product-{number}" for number in range(LARGEST_BASKET + 1)]
    purchases = gather([Basket("", 1.0, tuple(names)), Basket("", 2.0, tuple(names[1:]))])
    assert [len(basket) for basket in purchases.baskets()] == [LARGEST_BASKET]


def test_of_too_much_the_latest_orders_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.personalisation.learning.purchases.MOST_PAIRS", 9)
    rows = [Basket("", float(day), ("dripper", "filters")) for day in (2, 3, 1)]
    assert list(gather(rows).days) == [2, 3]


def test_a_till_is_nobody() -> None:
    rows = [Basket("till", float(day), ("dripper",)) for day in range(MOST_ORDERS + 1)]
    assert set(gather(rows).people) == {NOBODY}
    assert NOBODY not in gather(rows[1:]).people


def test_who_bought_all_sorts_does_not_pair_them() -> None:
    """Two products of somebody who bought hundreds, in orders of one each, do not belong together by that."""
    rows = [Basket("mia", float(day), (f"product-{day}",)) for day in range(MOST_PRODUCTS + 1)]
    at = (np.array([0]), np.array([1]))
    assert learn(gather(rows[1:]), Recipe()).pair_scores(*at)[0] > 0
    assert learn(gather(rows), Recipe()).pair_scores(*at)[0] == 0
