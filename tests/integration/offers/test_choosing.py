"""Products for one mail, chosen from the catalogue on both databases."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from schedules.facts import Facts, Gift
from schedules.lifecycle import State
from tests.support.dispatching import MORNING, World
from tests.support.orders import a_line, an_order, keep_order
from tests.support.shelf import pair, stock
from worker.personalisation.offers import Shown, choose_offer, record_offers
from worker.personalisation.requests import OfferDecision, OfferRequest
from worker.personalisation.stock import Stock
from worker.rendering.port import OfferCard
from worker.store.models import HiddenProduct, Message, OfferedProduct, Product


def choose(world: World, **asks: Any) -> OfferDecision:
    with world.installation.database.read() as session:
        request = asked(world, **asks)
        return choose_offer(Stock(session, [request]), request)


def asked(world: World, *, step: str = "confirmation", message_id: UUID | None = None, **order: Any) -> OfferRequest:
    return OfferRequest(
        shop_id=world.shop_id,
        message_id=message_id or world.order_id,
        address="mia@example.com",
        step=step,
        facts=Facts(order=an_order(MORNING, **order)),
        most=3,
        hide_link=lambda product_id: f"https://links.example/o/{product_id}",
    )


def offered(decision: OfferDecision) -> tuple[OfferCard, ...]:
    return decision.offer.cards if decision.offer else ()


def products(decision: OfferDecision) -> list[str]:
    return [card.product.product_id for card in offered(decision)]


def test_a_pairing_becomes_a_card_with_its_pitch_price_and_way_out(world: World) -> None:
    decision = choose(world)
    assert decision.offer is not None
    card = decision.offer.cards[0]
    assert (card.kind, card.why, card.product.short_title) == ("pairing", "A thin, steady pour", "Kettle 0.9")
    assert card.product.price is not None
    assert card.hide_url == "https://links.example/o/kettle"
    assert card.url == "https://northkettle.example/kettle"


def test_what_comes_in_several_variants_leaves_the_choice(world: World) -> None:
    assert [card.has_choice for card in offered(choose(world))] == [False]
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "kettle", "39.00", category="kettles", variant_id="small", is_active=False)
    assert [card.has_choice for card in offered(choose(world))] == [False]
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "kettle", "39.00", category="kettles", variant_id="blue")
    assert [card.has_choice for card in offered(choose(world))] == [True]
    with world.installation.database.write() as session:
        session.execute(delete(Product).where(Product.variant_id == "blue"))
        session.execute(update(Product).where(Product.product_id == "kettle").values(needs_choice=True))
    assert [card.has_choice for card in offered(choose(world))] == [True]


def test_of_variants_that_offers_judge_alike_the_one_of_which_most_is_left_is_looked_at(world: World) -> None:
    """A shirt has a hundred: each would be judged for each mail."""
    with world.installation.database.write() as session:
        session.execute(delete(Product).where(Product.product_id == "kettle"))
        for variant, price, left in (("a", "49", 0), ("b", "49", 9), ("c", "49", 4), ("d", "39", 5)):
            stock(session, world.shop_id, "kettle", price, variant_id=variant, inventory=left)
    with world.installation.database.read() as session:
        request = asked(world)
        rows = [row for _, row in Stock(session, [request]).candidates(request)]
    assert [row.variant_id for row in rows] == ["b", "d"]
    assert [(card.product.variant_id, card.has_choice) for card in offered(choose(world))] == [("b", True)]


def test_of_a_batch_those_get_offers_who_bought_something_of_the_catalogue(world: World) -> None:
    with world.installation.database.read() as session:
        mia, other = asked(world), asked(world, message_id=UUID(int=9), lines=(a_line(404, "Spare lid", "9.00"),))
        shelf = Stock(session, [other, mia])
        assert products(choose_offer(shelf, mia)) == ["kettle"]
        assert choose_offer(shelf, other).why_not == "no pairing fits what was bought"


def test_with_a_product_that_is_not_sold_its_variants_are_not_either(world: World) -> None:
    """WooCommerce tells of a draft; its variations stay published."""
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "kettle", "39.00", category="kettles", variant_id="blue")
        session.execute(update(Product).where(Product.variant_id == "").values(is_active=False))
    assert choose(world).why_not == "no product fits: Kettle 0.9 is not sold any more"


def test_categories_and_tags_of_what_was_bought_lead_to_offers_too(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", category="grinders")
        stock(session, world.shop_id, "beans", category="beans")
        pair(session, world.shop_id, "grinder", when_category="filters", priority=5)
        pair(session, world.shop_id, "beans", when_tag="brewer", priority=4)
    decision = choose(world)
    assert products(decision) == ["kettle", "grinder", "beans"]
    assert decision.offer is not None
    assert [card.why for card in decision.offer.cards[1:]] == [
        "Goes well with Paper filters 02",
        "Goes well with Dripper 02",
    ]
    assert [sorted(card.goes_with or ()) for card in decision.offer.cards] == [
        ["product-1"],
        ["product-2"],
        ["product-1"],
    ]
    with world.installation.database.write() as session:
        pair(session, world.shop_id, "grinder")
    assert offered(choose(world))[1].goes_with == {"product-1", "product-2"}


def test_what_a_product_was_made_for_is_named_whatever_it_was_paired_with(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "server", category="servers", fits=["brewer"])
        pair(session, world.shop_id, "server", when_category="filters", priority=10)
    assert offered(choose(world))[0].why == "Made for your Dripper 02"
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(discreet=True))
    assert [card.why for card in offered(choose(world))] == ["Goes well with Paper filters 02"]


def test_reasons_are_written_in_the_language_of_the_mail(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", category="grinders")
        pair(session, world.shop_id, "grinder")
    decision = choose(world, locale="de-DE")
    assert decision.offer is not None
    assert decision.offer.cards[1].why == "Passt gut zu: Dripper 02"


def test_a_gift_names_nothing_the_buyer_owns(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", category="grinders")
        pair(session, world.shop_id, "grinder", pitch="Grinds for your Dripper 02")
    decision = choose(world, gift=Gift(message="For you"))
    assert decision.offer is not None
    assert [card.why for card in decision.offer.cards] == ["A thin, steady pour", "Goes well with what was ordered"]


def test_a_discreet_purchase_leads_to_no_offer(world: World) -> None:
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(discreet=True))
    assert choose(world).why_not == "no pairing fits what was bought"


def test_what_was_bought_in_an_earlier_order_is_not_offered(world: World) -> None:
    earlier = an_order(MORNING, number="900", lines=(a_line(1, "Kettle 0.9", "49.00"),))
    kettle = earlier.lines[0].model_copy(update={"product_id": "kettle"})
    with world.installation.database.write() as session:
        facts = Facts(order=earlier.model_copy(update={"lines": (kettle,)}))
        keep_order(session, world.shop_id, facts, MORNING)
    decision = choose(world)
    assert decision.offer is None
    assert decision.why_not == "no product fits: Kettle 0.9 was bought or returned"


def test_a_product_the_person_hid_is_not_offered_again(world: World) -> None:
    with world.installation.database.write() as session:
        hidden = {"address": "mia@example.com", "product_id": "kettle", "created_at": MORNING}
        session.add(HiddenProduct(shop_id=world.shop_id, **hidden))
    assert "hidden by the customer" in choose(world).why_not


def test_each_mail_shows_other_products_and_a_second_preparation_the_same(world: World) -> None:
    first, second = world.add_message("confirmation"), world.add_message("shipping")
    decision = choose(world, message_id=first)
    assert decision.offer is not None
    for _ in range(2):
        with world.installation.database.write() as session:
            shown = Shown(world.shop_id, first, "mia@example.com", decision.offer)
            record_offers(session, [shown], now=MORNING)
    with world.installation.database.read() as session:
        rows = session.scalars(select(OfferedProduct)).all()
        assert [(row.position, row.product_id, row.why) for row in rows] == [(0, "kettle", "A thin, steady pour")]
    assert products(choose(world, message_id=first)) == ["kettle"]
    assert "offered before" in choose(world, step="shipping", message_id=second).why_not


def test_somebody_elses_history_is_of_no_account(world: World) -> None:
    with world.installation.database.write() as session:
        hidden = {"address": "ole@example.com", "product_id": "kettle", "created_at": MORNING}
        session.add(HiddenProduct(shop_id=world.shop_id, **hidden))
    assert products(choose(world)) == ["kettle"]


def test_a_case_does_not_come_before_the_phone(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", category="grinders")
        pair(session, world.shop_id, "grinder", not_before="delivered")
    assert products(choose(world)) == ["kettle"]
    assert products(choose(world, step="shipping")) == ["kettle"]
    assert products(choose(world, step="follow_up")) == ["kettle", "grinder"]


def test_a_business_gets_no_consumer_offer(world: World) -> None:
    assert choose(world, is_b2b=True).why_not == "it is a business order"


def test_what_no_pairing_names_leads_to_nothing(world: World) -> None:
    decision = choose(world, lines=(a_line(7, "Something else", "60.00"),))
    assert decision.why_not == "no pairing fits what was bought"


def test_a_part_of_a_set_that_was_bought_is_not_offered(world: World) -> None:
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "product-1").values(bundle_of=["kettle", "beans"]))
    decision = choose(world)
    assert decision.why_not == "no product fits: Kettle 0.9 was bought or returned"


def test_a_part_of_a_set_that_was_bought_in_an_earlier_order_is_not_offered(world: World) -> None:
    earlier = an_order(MORNING, number="900", lines=(a_line(8, "Coffee corner", "99.00"),))
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "product-8", "99.00", category="sets", bundle_of=["kettle", "beans"])
        keep_order(session, world.shop_id, Facts(order=earlier), MORNING)
    assert choose(world).why_not == "no product fits: Kettle 0.9 was bought or returned"


@pytest.mark.parametrize("title", ["Gift Card", "Northkettle e-gift card", "Geschenkgutschein 50 €"])
def test_a_gift_card_is_known_by_its_name_where_it_has_no_category(world: World, title: str) -> None:
    with world.installation.database.write() as session:
        values = {"title": title, "short_title": title, "category": ""}
        session.execute(update(Product).where(Product.product_id == "kettle").values(values))
    assert choose(world).why_not == f"no product fits: {title} is a gift card"


@pytest.mark.parametrize(
    ("state", "is_seen"),
    [
        (State.ACCEPTED, True),
        (State.DELIVERED, True),
        (State.UNKNOWN, True),
        (State.ABANDONED, True),
        (State.SCHEDULED, True),
        (State.EXPIRED, False),
        (State.CANCELLED, False),
        (State.SKIPPED, False),
        (State.FAILED, False),
        (State.DROPPED, False),
        (State.BOUNCED, False),
    ],
)
def test_what_a_mail_was_to_show_that_never_went_may_still_be_offered(
    world: World, state: State, is_seen: bool
) -> None:
    first, second = world.add_message("confirmation"), world.add_message("shipping")
    decision = choose(world, message_id=first)
    assert decision.offer is not None
    with world.installation.database.write() as session:
        record_offers(session, [Shown(world.shop_id, first, "mia@example.com", decision.offer)], now=MORNING)
        session.execute(update(Message).where(Message.id == first).values(state=state.value))
    later = choose(world, step="shipping", message_id=second)
    assert products(later) == ([] if is_seen else ["kettle"])


def test_a_set_is_shown_with_what_it_saves(world: World) -> None:
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", "20.00", category="grinders")
        stock(session, world.shop_id, "set", "45.00", category="sets", bundle_of=["grinder", "beans"])
        stock(session, world.shop_id, "beans", "30.00", category="beans")
        pair(session, world.shop_id, "set", priority=99)
    decision = choose(world)
    assert decision.offer is not None
    first = decision.offer.cards[0]
    assert first.product.product_id == "set"
    assert first.parts_price is not None
    assert str(first.parts_price.amount) == "50.0000"
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "grinder", "17.00", category="grinders", variant_id="small")
    price = offered(choose(world))[0].parts_price
    assert price is not None
    assert price.amount == 47
    with world.installation.database.write() as session:
        session.execute(update(Product).where(Product.product_id == "beans").values(is_active=False))
    assert offered(choose(world))[0].parts_price is None
