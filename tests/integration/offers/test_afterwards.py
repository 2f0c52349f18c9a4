"""The same again and the next step up, from the catalogue and from what a person bought; on both databases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from schedules.facts import Channel, Facts
from schedules.refills import Prospect
from tests.support.dispatching import MORNING, World, delivered_facts
from tests.support.orders import a_line, a_parcel, an_order, keep_order
from tests.support.shelf import stock
from worker.dispatch.service import deliver_batch
from worker.personalisation.offers import choose_offer
from worker.personalisation.prospects import prospect_of
from worker.personalisation.requests import OfferDecision, OfferRequest
from worker.personalisation.stock import Stock
from worker.store.content import content_of, packaged_content, publish
from worker.store.models import Pairing, Product
from worker.store.suggestions import replace_rhythms

DAY = timedelta(days=1)


def choose(world: World, *, days: float, **changes: Any) -> OfferDecision:
    """The follow-up so many days after Mia's order."""
    asked: dict[str, Any] = {
        "shop_id": world.shop_id,
        "message_id": UUID(int=9),
        "address": "mia@example.com",
        "step": "follow_up",
        "facts": Facts(order=an_order(MORNING), accepted_first_at=MORNING),
        "most": 2,
        "hide_link": str,
        "now": MORNING + days * DAY,
        "timezone": "Europe/Stockholm",
    }
    with world.installation.database.read() as session:
        request = OfferRequest(**(asked | changes))
        return choose_offer(Stock(session, [request]), request)


def shown(decision: OfferDecision) -> list[tuple[str, str, str]]:
    cards = decision.offer.cards if decision.offer else ()
    return [(card.product.product_id, card.kind, card.why) for card in cards]


def set_filters(world: World, **values: Any) -> None:
    fields = {"url": "https://northkettle.example/f", "image_url": "https://northkettle.example/f.jpg"}
    with world.installation.database.write() as session:
        mine = Product.product_id == "product-2"
        session.execute(update(Product).where(mine).values(price="6.50", currency="EUR", **fields, **values))


def test_filters_come_again_when_the_merchant_says_they_run_low(world: World) -> None:
    set_filters(world, refill_days=15)
    assert [kind for _, kind, _ in shown(choose(world, days=8))] == ["pairing"]
    decision = choose(world, days=10)
    assert shown(decision) == [("product-2", "refill", "You bought it on 14 May")]
    assert decision.offer is not None
    assert decision.offer.cards[0].proof == "runs low about 2031-05-26"


def test_a_customers_own_rhythm_counts_before_the_merchants(world: World) -> None:
    set_filters(world, refill_days=15)
    earlier = an_order(MORNING - 40 * DAY, number="900", lines=(a_line(2, "Paper filters 02", "6.50"),))
    with world.installation.database.write() as session:
        keep_order(session, world.shop_id, Facts(order=earlier, accepted_first_at=earlier.placed_at), MORNING)
    assert [kind for _, kind, _ in shown(choose(world, days=13))] == ["pairing"]
    assert [kind for _, kind, _ in shown(choose(world, days=38))] == ["refill"]


def test_where_nobody_says_how_long_it_lasts_others_tell(world: World) -> None:
    set_filters(world, tags=["consumable"])
    assert [kind for _, kind, _ in shown(choose(world, days=12))] == ["pairing"]
    with world.installation.database.write() as session:
        replace_rhythms(session, world.shop_id, [{"product_id": "product-2", "days": 12.0, "repeats": 40}])
    assert [kind for _, kind, _ in shown(choose(world, days=12))] == ["refill"]


@pytest.mark.parametrize("channel", [Channel.SUBSCRIPTION_FIRST, Channel.SUBSCRIPTION_RENEWAL])
def test_what_comes_by_subscription_is_not_offered_again(world: World, channel: Channel) -> None:
    """Neither in the mail about the subscription, nor in one about another order."""
    set_filters(world, refill_days=10)
    assert [kind for _, kind, _ in shown(choose(world, days=10))] == ["refill"]
    parcel = a_parcel(MORNING + DAY, delivered_at=MORNING + 3 * DAY)
    facts = Facts(order=an_order(MORNING, channel=channel), parcels=(parcel,), accepted_first_at=MORNING)
    assert [kind for _, kind, _ in shown(choose(world, days=10, facts=facts))] == ["pairing"]
    with world.installation.database.read() as session:
        assert prospect_of(session, world.shop_id, "mia@example.com", facts) == Prospect()
    earlier = an_order(MORNING - 20 * DAY, number="900", channel=channel)
    with world.installation.database.write() as session:
        keep_order(session, world.shop_id, Facts(order=earlier, accepted_first_at=earlier.placed_at), MORNING)
    assert [kind for _, kind, _ in shown(choose(world, days=18))] == ["pairing"]


def test_an_upgrade_waits_for_the_return_window_and_for_want_of_accessories(world: World) -> None:
    with world.installation.database.write() as session:
        better = {
            "upgrade_of": "product-1",
            "upgrade_benefits": "Eight cups. Keeps them warm.",
            "category": "pour-over",
        }
        session.execute(update(Product).where(Product.product_id == "product-1").values(price="38.00", currency="EUR"))
        stock(session, world.shop_id, "dripper-04", "49.00", **better)
    assert [kind for _, kind, _ in shown(choose(world, days=40, returns_ended=True))] == ["pairing"]
    with world.installation.database.write() as session:
        session.query(Pairing).delete()
    assert "after the return window" in choose(world, days=10).why_not
    assert shown(choose(world, days=40, returns_ended=True)) == [
        ("dripper-04", "upgrade", "Eight cups. Keeps them warm. €11.00 more.")
    ]


def test_the_planner_hears_when_something_runs_low(world: World) -> None:
    set_filters(world, refill_days=15)
    parcel = a_parcel(MORNING + DAY, delivered_at=MORNING + 3 * DAY)
    facts = Facts(order=an_order(MORNING), parcels=(parcel,), accepted_first_at=MORNING)
    with world.installation.database.read() as session:
        found = prospect_of(session, world.shop_id, "mia@example.com", facts)
        waiting = prospect_of(session, world.shop_id, "mia@example.com", facts.model_copy(update={"parcels": ()}))
    assert found == Prospect(runs_low_at=MORNING + 12 * DAY)
    assert waiting == Prospect()


def test_the_variant_that_was_bought_says_when_it_runs_low(world: World) -> None:
    """A kilogram lasts four times as long as the bag beside it."""
    set_filters(world, refill_days=15, variant_id="small")
    with world.installation.database.write() as session:
        for variant, days in (("large", 60), ("trial", 5)):
            stock(session, world.shop_id, "product-2", "24.00", variant_id=variant, refill_days=days)
    large = a_line(2, "Paper filters 02", "24.00").model_copy(update={"variant_id": "large"})
    parcel = a_parcel(MORNING + DAY, delivered_at=MORNING + 3 * DAY)
    facts = Facts(order=an_order(MORNING, lines=(large,)), parcels=(parcel,), accepted_first_at=MORNING)
    with world.installation.database.read() as session:
        found = prospect_of(session, world.shop_id, "mia@example.com", facts)
    assert found == Prospect(runs_low_at=MORNING + 48 * DAY)


def test_another_variant_is_not_the_same_again(world: World) -> None:
    """Whole beans were bought: ground ones are no refill, the product without a variant is, its page left to choose."""
    set_filters(world, refill_days=10, variant_id="ground")
    whole = a_line(2, "Paper filters 02", "6.50").model_copy(update={"variant_id": "whole"})
    facts = Facts(order=an_order(MORNING, lines=(whole,)), accepted_first_at=MORNING)
    assert choose(world, days=10, facts=facts).offer is None
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "product-2", "6.50", refill_days=10)
    offer = choose(world, days=10, facts=facts).offer
    assert offer is not None
    assert [(card.product.variant_id, card.has_choice) for card in offer.cards] == [("", True)]
    with world.installation.database.write() as session:
        stock(session, world.shop_id, "product-2", "6.50", variant_id="whole", refill_days=10)
    offer = choose(world, days=10, facts=facts).offer
    assert offer is not None
    assert [(card.product.variant_id, card.has_choice) for card in offer.cards] == [("whole", False)]


def test_a_replenishment_without_anything_to_offer_is_skipped_and_with_it_goes(world: World) -> None:
    switch_on(world)
    world.become(delivered_facts(MORNING - 20 * DAY))
    nothing = world.add_message("replenishment", stream="marketing", template="replenishment")
    deliver_batch(world.installation)
    assert world.message(nothing).state == "skipped"
    assert world.message(nothing).reason == "no pairing fits what was bought"
    set_filters(world, refill_days=10)
    something = world.add_message("replenishment", stream="marketing", template="replenishment", occurrence=1)
    deliver_batch(world.installation)
    assert world.message(something).state == "accepted"
    offer = world.renderer.inputs[-1].offer
    assert offer is not None
    assert [card.kind for card in offer.cards] == ["refill"]


def switch_on(world: World) -> None:
    """Publishes the packaged content with the replenishment mail switched on."""
    files = dict(packaged_content().files)
    path = "sequences/post_purchase.yaml"
    files[path] = files[path].replace("enabled: false", "enabled: true")
    with world.installation.database.write() as session:
        publish(session, world.shop_id, content_of(files), "", MORNING)
