"""The merchant's will, refills, upgrades and sets: each rule by itself, and all of them over random shops."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.offers import Named, OfferPolicy
from tests.unit.personalisation.test_rules import FEW, IDS, ITEMS, LEARNED, PAIRINGS, chosen, kettle, limits, mostly
from tests.unit.personalisation.test_rules import paired as a_pair
from worker.personalisation.candidates import Item, Limits, Paired, Selection
from worker.personalisation.rules import select

NOW = datetime(2031, 5, 14, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BOUGHT = NOW - 20 * DAY


def refill(item: Item | None = None, **changes: Any) -> Paired:
    fields = {"kind": "refill", "due_at": NOW, "bought_at": BOUGHT, "for_title": "Paper filters 02"}
    return a_pair(item or kettle(product_id="dripper", category="filters"), **(fields | changes))


def upgrade(price: str = "49.00", **changes: Any) -> Paired:
    fields = {"kind": "upgrade", "upgrade_from": Decimal("38.00"), "benefits": "Steel burrs, twice as fast"}
    return a_pair(kettle(product_id="grinder", category="grinders", price=Decimal(price)), **(fields | changes))


def after(**changes: Any) -> Limits:
    return limits(**({"step": "follow_up", "now": NOW, "returns_ended": True} | changes))


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (Named(products=("kettle",)), "never offered"),
        (Named(categories=("Kettles",)), "never offered"),
        (Named(brands=("northkettle",)), "never offered"),
        (Named(tags=("Clearance",)), "never offered"),
        (Named(products=("tin",), categories=("",), brands=("",)), ""),
    ],
)
def test_what_the_merchant_excludes_is_never_offered(named: Named, words: str) -> None:
    item = kettle(brand="Northkettle", tags=("clearance",))
    selection = select([a_pair(item)], limits(policy=OfferPolicy(never=named)))
    assert words in selection.why_not
    assert bool(selection.choices) is not bool(words)


def test_what_the_merchant_features_comes_before_what_fits_equally_well() -> None:
    new = kettle(product_id="tin", category="storage", tags=("new",), cost=Decimal("48.00"))
    within = limits(policy=OfferPolicy(first=Named(tags=("new",))))
    assert chosen(select([a_pair(), a_pair(new)], within)) == ["tin", "kettle"]
    assert chosen(select([a_pair(priority=1), a_pair(new)], within)) == ["kettle", "tin"]


def test_few_pieces_left_are_not_offered() -> None:
    few = kettle(inventory=2)
    assert "nearly sold out" in select([a_pair(few)], limits()).why_not
    assert chosen(select([a_pair(few)], limits(policy=OfferPolicy(least_stock=2)))) == ["kettle"]


def test_a_product_that_fits_something_else_is_not_offered_and_one_that_fits_says_so() -> None:
    made = kettle(fits=("dripper",))
    assert "fits nothing" in select([a_pair(made)], limits(names=frozenset({"kettle-old"}))).why_not
    selection = select([a_pair(made, fits_title="Dripper 02")], limits(names=frozenset({"dripper"})))
    assert selection.choices[0].why == "Made for your Dripper 02"


def test_the_same_again_need_not_fit_what_it_was_bought_with_nor_is_a_set_ruled_out_by_its_parts() -> None:
    for item in (kettle(product_id="filters", fits=("dripper-04",)), kettle(product_id="box", bundle_of=("beans",))):
        within = after(names=frozenset({"filters"}), bought=frozenset({"filters", "box", "beans"}))
        assert chosen(select([refill(item)], within)) == [item.product_id]


def test_what_is_not_shipped_there_is_not_offered() -> None:
    item = kettle(ships_to=("DE", "AT"))
    assert chosen(select([a_pair(item)], limits(country="AT"))) == ["kettle"]
    for country in ("SE", ""):
        assert "not shipped" in select([a_pair(item)], limits(country=country)).why_not


def test_a_refill_is_offered_before_anything_else_though_it_was_bought() -> None:
    selection = select([a_pair(), refill(), upgrade()], after())
    assert [choice.kind for choice in selection.choices] == ["refill"]
    assert selection.choices[0].why == "You bought it on 24 April"
    assert select([refill()], after(language="de")).choices[0].why == "Zuletzt gekauft am 24. April"


@pytest.mark.parametrize(
    ("paired", "within", "words"),
    [
        (refill(due_at=NOW + 4 * DAY), after(), "does not run low before"),
        (refill(due_at=None), after(), "no rhythm"),
        (refill(), after(returned=frozenset({"dripper"})), "was returned"),
        (refill(), after(offered={"dripper": NOW - DAY}), "offered again already"),
        (refill(), after(is_gift=True), "no rhythm"),
        (refill(), after(hidden=frozenset({"dripper"})), "hidden"),
        (upgrade(), after(returns_ended=False), "after the return window"),
        (upgrade("45.00"), after(), "20 to 40 %"),
        (upgrade("53.30"), after(), "20 to 40 %"),
        (upgrade(benefits=""), after(), "nothing better"),
        (upgrade(), after(bought=frozenset({"grinder"})), "was bought"),
        (upgrade(), after(is_gift=True), "a present"),
    ],
)
def test_refills_and_upgrades_have_their_own_rules(paired: Paired, within: Limits, words: str) -> None:
    selection = select([paired], within)
    assert selection.choices == ()
    assert words in selection.why_not


def test_a_refill_that_was_offered_before_the_last_purchase_may_come_again() -> None:
    assert chosen(select([refill()], after(offered={"dripper": BOUGHT - DAY}))) == ["dripper"]


def test_an_upgrade_says_what_it_does_better_and_never_stands_beside_accessories() -> None:
    assert chosen(select([upgrade(), a_pair()], after())) == ["kettle"]
    selection = select([upgrade()], after())
    assert selection.choices[0].why == "Steel burrs, twice as fast. €11.00 more."
    assert select([upgrade(), refill()], limits()).why_not == "no pairing fits what was bought"


def test_a_set_holds_nothing_that_was_bought_and_stands_beside_none_of_its_parts() -> None:
    whole = kettle(product_id="set", category="sets", price=Decimal("60.00"), bundle_of=("kettle", "scale"))
    assert "holds something" in select([a_pair(whole)], limits(bought=frozenset({"scale"}))).why_not
    assert chosen(select([a_pair(), a_pair(whole)], limits(wants_sets=True))) == ["set"]
    assert chosen(select([a_pair(), a_pair(whole, priority=-1)], limits())) == ["kettle"]


POLICIES = st.builds(
    OfferPolicy,
    least_stock=st.sampled_from([1, 3]),
    never=st.builds(Named, products=FEW.map(tuple), categories=mostly((), ("BEANS",))),
    first=st.builds(Named, products=FEW.map(tuple)),
)
MORE_ITEMS = st.builds(
    lambda item, **more: Item(**(vars(item) | more)),
    ITEMS,
    fits=mostly((), ("dripper",), ("pour-over",)),
    ships_to=mostly((), ("SE",)),
    bundle_of=mostly((), ("tin", "scale"), ("kettle", "beans")),
).filter(lambda item: item.product_id not in item.bundle_of)  # a set is never a part of itself
TIMES = st.sampled_from([None, NOW - 30 * DAY, NOW - DAY, NOW, NOW + 3 * DAY, NOW + 4 * DAY])
AFTERWARDS = st.builds(
    Paired,
    item=MORE_ITEMS,
    kind=st.sampled_from(["refill", "upgrade"]),
    due_at=TIMES,
    bought_at=TIMES,
    upgrade_from=st.sampled_from([None, Decimal("10.00"), Decimal("15.00"), Decimal("16.00"), Decimal("48.00")]),
    benefits=mostly("Faster", ""),
)
LIMITS = st.builds(
    Limits,
    step=st.sampled_from(["confirmation", "follow_up", "replenishment"]),
    most=mostly(3, 1),
    currency=st.just("EUR"),
    order_value=mostly(Decimal("64.00"), Decimal("19.99")),
    bought=FEW,
    hidden=FEW,
    returned=FEW,
    offered=st.dictionaries(IDS, st.sampled_from([NOW - 40 * DAY, NOW - DAY]), max_size=2),
    names=mostly(frozenset({"dripper"}), frozenset()),
    policy=POLICIES,
    is_gift=mostly(False, True),
    wants_sets=st.booleans(),
    returns_ended=st.booleans(),
    country=mostly("SE", "", "DE"),
    now=st.just(NOW),
)


@settings(max_examples=120, deadline=None)
@given(candidates=st.lists(PAIRINGS | LEARNED | AFTERWARDS, min_size=2, max_size=10), within=LIMITS)
def test_no_offer_breaks_a_rule_of_the_merchant(candidates: list[Paired], within: Limits) -> None:
    selection = select(candidates, within)
    kinds = {choice.kind for choice in selection.choices}
    assert kinds <= {"refill"} or kinds <= {"upgrade"} or kinds <= {"pairing", "co_purchase", "best_seller"}
    assert within.step != "confirmation" or not kinds & {"refill", "upgrade"}
    for choice in selection.choices:
        _check_item(choice.item, within)
        is_again = choice.kind == "refill"
        assert is_again or not choice.item.fits or set(choice.item.fits) & within.names
        assert is_again or not set(choice.item.bundle_of) & within.bought
        same = [each for each in candidates if each.item == choice.item and each.kind == choice.kind]
        if is_again:
            assert any(each.due_at and each.due_at <= NOW + 3 * DAY and _is_news(each, within) for each in same)
            assert choice.item.product_id not in within.returned
        if choice.kind == "upgrade":
            assert within.returns_ended
            assert any(_is_a_step(each) for each in same)
    _check_block(selection)


def _check_item(item: Item, within: Limits) -> None:
    policy = within.policy
    assert item.product_id not in policy.never.products
    assert item.category != "beans" or not policy.never.categories
    assert item.inventory is None or item.inventory >= policy.least_stock
    assert not item.ships_to or within.country in item.ships_to
    assert not set(item.bundle_of) & within.hidden
    assert item.product_id not in within.hidden


def _check_block(selection: Selection) -> None:
    items = [choice.item for choice in selection.choices]
    parts = [part for item in items for part in item.bundle_of]
    assert len(parts) == len(set(parts))
    assert not {item.product_id for item in items} & set(parts)


def _is_news(paired: Paired, within: Limits) -> bool:
    offered = within.offered.get(paired.item.product_id)
    return paired.bought_at is not None and (offered is None or offered < paired.bought_at)


def _is_a_step(paired: Paired) -> bool:
    assert paired.item.price is not None
    before = paired.upgrade_from
    return before is not None and Decimal("1.2") * before <= paired.item.price <= Decimal("1.4") * before
