"""What a mail offers is chosen at the moment of sending, shown once, and written down."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from schedules.facts import Facts
from schedules.lifecycle import State
from tests.support.dispatching import World
from tests.support.orders import a_parcel, an_order
from worker.delivery.port import Verdict
from worker.dispatch.service import deliver_batch
from worker.store.models import (
    DiscountCode,
    Guide,
    OfferedProduct,
    OrderRow,
    Pairing,
    PoolCode,
    Product,
    Shop,
    Suppression,
)


def _sell(world: World) -> None:
    """The catalogue: what Mia bought, and a kettle that goes with it."""
    with world.installation.database.write() as session:
        for product_id, title in (("product-1", "Dripper 02"), ("product-9", "House espresso beans")):
            row = Product(
                shop_id=world.shop_id,
                product_id=product_id,
                title=title,
                short_title=title,
                url=f"https://northkettle.example/{product_id}",
                image_url=f"https://northkettle.example/{product_id}.jpg",
                price=Decimal("14.00"),
                currency="EUR",
                updated_at=world.now,
            )
            session.add(row)
        pairing = {"when_product": "product-1", "offer_product": "product-9", "pitch": "Roasted for slow pouring"}
        session.add(Pairing(shop_id=world.shop_id, **pairing))


def _shipped(world: World) -> None:
    world.become(Facts(order=an_order(world.now - timedelta(days=1)), parcels=(a_parcel(world.now),)))


def _shipping_mail(world: World) -> object:
    return world.add_message("shipping", parcel_group=world.now.date().isoformat())


def _offered(world: World) -> list[str]:
    with world.installation.database.read() as session:
        return list(session.scalars(select(OfferedProduct.product_id)))


def test_a_pairing_is_shown_and_written_down_with_its_reason(world: World) -> None:
    _sell(world)
    message_id = world.add_message()
    deliver_batch(world.installation)
    offer = world.renderer.inputs[0].offer
    assert offer is not None
    assert [card.product.title for card in offer.cards] == ["House espresso beans"]
    assert offer.code is None
    assert offer.cards[0].hide_url.startswith("http")
    assert _offered(world) == ["product-9"]
    assert world.message(message_id).has_offer


def test_without_a_fitting_product_there_is_no_offer_and_the_timeline_says_why(world: World) -> None:
    message_id = world.add_message()
    deliver_batch(world.installation)
    assert world.renderer.inputs[0].offer is None
    message = world.message(message_id)
    assert not message.has_offer
    assert message.details["why_no_offer"]


def test_who_refused_offers_gets_the_mail_without_one(world: World) -> None:
    _sell(world)
    with world.installation.database.write() as session:
        row = {"shop_id": world.shop_id, "address": "mia@example.com", "scope": "offers", "reason": "no_offers"}
        session.add(Suppression(**row, created_at=world.now))
    message_id = world.add_message()
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED
    assert world.renderer.inputs[0].offer is None
    assert _offered(world) == []


def test_a_first_time_customers_shipping_mail_carries_one_code(world: World) -> None:
    _shipped(world)
    message_id = _shipping_mail(world)
    deliver_batch(world.installation)
    offer = world.renderer.inputs[0].offer
    assert offer is not None
    assert offer.code is not None
    assert world.message(message_id).details["code"] == offer.code.code


def test_a_price_stands_beside_the_code_only_where_it_is_enough_for_it(world: World) -> None:
    _sell(world)
    _shipped(world)
    with world.installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        shop.profile = shop.profile | {"codes": "pool"}
        code = {"kind": "percent", "value": Decimal(10), "currency": "EUR", "minimum_spend": Decimal(50)}
        session.add(PoolCode(shop_id=world.shop_id, code="TEN", **code))
    _shipping_mail(world)
    deliver_batch(world.installation)
    offer = world.renderer.inputs[0].offer
    assert offer is not None
    assert offer.code is not None
    assert [card.is_discounted for card in offer.cards] == [False]


def test_a_mail_that_is_tried_again_carries_the_same_code(world: World) -> None:
    _shipped(world)
    _shipping_mail(world)
    world.provider.answers.append({"verdict": Verdict.RETRY, "error": "503"})
    deliver_batch(world.installation)
    world.pass_time(timedelta(minutes=31))
    deliver_batch(world.installation)
    codes = {inputs.offer.code.code for inputs in world.renderer.inputs if inputs.offer and inputs.offer.code}
    assert len(world.renderer.inputs) == 2
    assert len(codes) == 1
    with world.installation.database.read() as session:
        assert len(session.scalars(select(DiscountCode)).all()) == 1


def test_an_offer_that_came_too_late_is_no_longer_shown_nor_written_down(world: World) -> None:
    _sell(world)
    message_id = world.add_message()
    world.provider.answers.append({"verdict": Verdict.RETRY, "error": "503", "retry_after": timedelta(hours=3)})
    deliver_batch(world.installation)
    assert _offered(world) == ["product-9"]
    world.pass_time(timedelta(hours=4))
    deliver_batch(world.installation)
    assert world.state(message_id) is State.ACCEPTED
    assert world.renderer.inputs[-1].offer is None
    assert _offered(world) == []
    assert not world.message(message_id).has_offer


def test_reasons_and_guides_come_in_the_language_of_their_mail(world: World) -> None:
    """No mail has texts in Swedish: it comes in the shop's language, and so does all within it."""
    _sell(world)
    with world.installation.database.write() as session:
        shop = session.get_one(Shop, world.shop_id)
        shop.profile = shop.profile | {"locale": "de-AT"}
        session.scalars(select(Pairing)).one().pitch = ""
        for language in ("de", "sv"):
            guide = {"for_product": "product-1", "headline": language, "tips": ["a", "b", "c"]}
            session.add(Guide(shop_id=world.shop_id, language=language, **guide))
        order = session.get_one(OrderRow, world.order_id)
        order.pinned = order.pinned | {"locale": "sv-SE"}
    world.add_message()
    deliver_batch(world.installation)
    inputs = world.renderer.inputs[0]
    assert inputs.offer is not None
    assert inputs.guide is not None
    assert (inputs.offer.cards[0].why, inputs.guide.headline) == ("Passt gut zu: Dripper 02", "de")


def test_the_renderer_gets_the_products_behind_the_lines_and_the_guide(world: World) -> None:
    _sell(world)
    with world.installation.database.write() as session:
        guide = {"for_product": "product-1", "language": "en", "headline": "Three ways", "tips": ["a", "b", "c"]}
        session.add(Guide(shop_id=world.shop_id, **guide))
    world.add_message()
    deliver_batch(world.installation)
    inputs = world.renderer.inputs[0]
    assert inputs.products["product-1"].title == "Dripper 02"
    assert inputs.guide is not None
    assert inputs.guide.headline == "Three ways"
    assert inputs.is_first_time
    assert (inputs.locale, inputs.timezone) == ("en", "Europe/Stockholm")
    assert inputs.links.no_offers.startswith("http")
    assert inputs.links.unsubscribe == ""
