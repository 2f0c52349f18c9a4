"""Past and new orders become suggestions, and suggestions become offers that are true; on both databases."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from schedules.facts import Facts, Gift, Refund
from tests.integration.recommendations.conftest import HEADER, past_orders, take
from tests.support.dispatching import MORNING, World
from tests.support.orders import a_line, an_order, eur, keep_order
from tests.support.shelf import pair
from worker.errors import ImportFileError
from worker.imports.report import ImportReport
from worker.personalisation.learning.fitting import fit, fit_all
from worker.personalisation.offers import choose_offer
from worker.personalisation.requests import OfferDecision, OfferRequest
from worker.personalisation.stock import Stock
from worker.store.models import OrderRow, Product, Purchase, Suggestion
from worker.store.suggestions import forget_purchases


def learned(world: World, tmp_path: Path, count: int = 200) -> None:
    take(world, past_orders(count), tmp_path)
    assert fit(world.installation, world.shop_id) is not None


def suggested(world: World, when: str) -> list[Suggestion]:
    query = select(Suggestion).where(Suggestion.shop_id == world.shop_id, Suggestion.when_product == when)
    with world.installation.database.read() as session:
        return list(session.scalars(query.order_by(Suggestion.position)))


def choose(world: World, *, address: str = "mia@example.com", **order: Any) -> OfferDecision:
    lines = (a_line(1, "Dripper 02", "38.00"),)
    request = OfferRequest(
        shop_id=world.shop_id,
        message_id=UUID(int=7),
        address=address,
        step="confirmation",
        facts=Facts(order=an_order(MORNING, **({"lines": lines} | order))),
        most=3,
        hide_link=lambda product_id: f"https://links.example/o/{product_id}",
    )
    with world.installation.database.read() as session:
        return choose_offer(Stock(session, [request]), request)


def cards(decision: OfferDecision) -> list[tuple[str, str, str]]:
    shown = decision.offer.cards if decision.offer else ()
    return [(card.product.product_id, card.kind, card.why) for card in shown]


def test_what_is_often_bought_together_is_stored_with_its_proof(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    kettle = next(row for row in suggested(world, "product-1") if row.product_id == "kettle")
    assert (kettle.support, kettle.orders) == (40, 101)  # Mia's order holds a dripper too
    assert kettle.attachment == pytest.approx(40 / 101)
    assert kettle.lift == pytest.approx(40 / 101 * 201 / 40)


def test_a_learned_product_is_offered_with_a_true_reason(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    shown = cards(choose(world))
    assert {card[:2] for card in shown} == {("kettle", "co_purchase"), ("cups", "co_purchase")}
    assert {card[2] for card in shown} == {"Often bought with Dripper 02"}
    in_german = cards(choose(world, locale="de"))
    assert {card[2] for card in in_german} == {"Oft gekauft mit: Dripper 02"}
    for_another = cards(choose(world, gift=Gift(message="For you")))
    assert {card[2] for card in for_another} == {"Often bought with what was ordered"}


def test_the_merchants_pairing_comes_first(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    with world.installation.database.write() as session:
        pair(session, world.shop_id, "tin", pitch="Keeps the beans fresh")
    assert cards(choose(world))[0] == ("tin", "pairing", "Keeps the beans fresh")


def test_a_new_product_is_offered_what_sells_best_beside_its_category(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(category="kettles"))
        session.execute(update(Product).where(Product.product_id == "kettle").values(category="pour-over"))
    assert fit(world.installation, world.shop_id, force=True) is not None
    with world.installation.database.write() as session:
        session.add(
            Product(
                shop_id=world.shop_id,
                product_id="product-9",
                title="Kettle 1.2",
                category="kettles",
                updated_at=MORNING,
            )
        )
    shown = cards(choose(world, lines=(a_line(9, "Kettle 1.2", "38.00"),)))
    assert ("cups", "best_seller", "Often bought with things from “kettles”") in shown


def test_seldom_bought_together_is_no_suggestion(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path, count=60)
    assert [row.product_id for row in suggested(world, "product-1")] == []
    assert choose(world).offer is None


def test_a_product_of_the_category_just_bought_is_no_complement(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "kettle").values(category="pour-over"))
    assert "kettle" not in [card[0] for card in cards(choose(world))]


def test_what_a_person_bought_in_an_imported_order_is_not_offered(world: World, tmp_path: Path) -> None:
    mine = "past-mia,2030-02-01T10:00:00Z,Mia@Example.com,kettle,,1,39.00\n"
    take(world, past_orders() + mine, tmp_path)
    fit(world.installation, world.shop_id)
    assert [card[0] for card in cards(choose(world))] == ["cups"]
    with world.installation.database.write() as session:
        forget_purchases(session, world.shop_id, ["mia@example.com"])
    assert "kettle" in [card[0] for card in cards(choose(world))]


def test_no_address_is_kept_of_an_imported_order(world: World, tmp_path: Path) -> None:
    take(world, past_orders(10), tmp_path)
    with world.installation.database.read() as session:
        people = session.scalars(select(Purchase.person)).all()
    assert len(people) == 10
    assert not [person for person in people if "@" in person or "buyer" in person]


def test_importing_twice_changes_nothing_twice(world: World, tmp_path: Path) -> None:
    assert take(world, past_orders(10), tmp_path) == ImportReport(added=10)
    assert take(world, past_orders(10), tmp_path) == ImportReport(unchanged=10)


def test_a_file_with_a_fault_is_refused_whole(world: World, tmp_path: Path) -> None:
    good, bad = "1,2030-01-01,a@example.com,kettle,,1,9\n", "2,yesterday,nobody,kettle,,1,9\n"
    other = "1,2030-01-02,a@example.com,cups,,1,9\n"
    with pytest.raises(ImportFileError) as caught:
        take(world, HEADER + good + bad + other, tmp_path)
    faults = [str(fault) for fault in caught.value.faults]
    assert [fault.partition(" ")[0] for fault in faults] == ["orders.csv:3:", "orders.csv:3:", "orders.csv:4:"]
    with world.installation.database.read() as session:
        assert session.scalars(select(Purchase)).all() == []


def test_a_tick_learns_shops_that_changed_and_skips_the_others(world: World, tmp_path: Path) -> None:
    take(world, past_orders(), tmp_path)
    assert fit_all(world.installation) == 1
    assert fit_all(world.installation) == 0
    assert {row.orders for row in suggested(world, "product-1")} == {101}


def test_a_new_order_counts_at_the_next_fit_and_a_cancelled_one_no_more(world: World, tmp_path: Path) -> None:
    learned(world, tmp_path)
    placed = an_order(MORNING, number="2001", lines=(a_line(1, "Dripper 02", "38.00"),))
    with world.installation.database.write() as session:
        row_id = keep_order(session, world.shop_id, Facts(order=placed), world.installation.clock.now()).id
    assert fit(world.installation, world.shop_id) is not None
    assert [row.orders for row in suggested(world, "product-1")] != []
    before = suggested(world, "product-1")[0].orders
    cancelled = Facts(order=placed.model_copy(update={"cancelled_at": MORNING}))
    with world.installation.database.write() as session:
        row = session.get_one(OrderRow, row_id)
        row.facts, row.updated_at = cancelled.model_dump(mode="json"), world.installation.clock.now()
    assert fit(world.installation, world.shop_id) is not None
    assert suggested(world, "product-1")[0].orders == before - 1
    assert fit(world.installation, world.shop_id) is None


PAID_BACK = Refund(id="r1", at=MORNING, amount=eur("49.40"))


@pytest.mark.parametrize(
    "ended",
    [{"cancelled_at": MORNING}, {"deleted_at": MORNING}, {"refunds": (PAID_BACK,)}],
    ids=["cancelled", "deleted", "paid back"],
)
def test_an_order_whose_end_was_told_apart_from_it_counts_no_more(
    world: World, tmp_path: Path, ended: dict[str, Any]
) -> None:
    learned(world, tmp_path)
    before = suggested(world, "product-1")[0].orders
    placed = an_order(MORNING, number="2001", lines=(a_line(1, "Dripper 02", "38.00"),))
    with world.installation.database.write() as session:
        keep_order(session, world.shop_id, Facts(order=placed, **ended), world.installation.clock.now())
    fit(world.installation, world.shop_id, force=True)
    assert suggested(world, "product-1")[0].orders == before


def test_a_first_day_shop_has_no_suggestions_and_no_errors(world: World) -> None:
    figures = fit(world.installation, world.shop_id, force=True)
    assert figures is not None
    assert (figures.coverage, figures.with_block) == (0, 0)
    assert choose(world).offer is None


def test_a_request_keeps_its_own_facts(world: World, tmp_path: Path) -> None:
    """Offers of two people at once don't mix: the reason names what each bought."""
    learned(world, tmp_path)
    first = choose(world)
    second = choose(world, lines=(replace_line("beans"),))
    assert {card[2] for card in cards(first)} == {"Often bought with Dripper 02"}
    assert {card[2] for card in cards(second)} == {"Often bought with House espresso beans"}


def replace_line(product_id: str) -> Any:
    return a_line(5, "House espresso beans", "24.00").model_copy(update={"product_id": product_id})
