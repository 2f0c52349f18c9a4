"""A step that is switched on is for orders that come from then on."""

from datetime import timedelta

from schedules.catalog import load_sequence
from tests.support.intake import Connected
from tests.support.shelf import stock
from tests.support.shopify import DRIPPER, fulfillment, order, tracking
from worker.planning.forecast import forecast
from worker.store.content import content_of, packaged_content, publish
from worker.store.shops import get_shop

SEQUENCE = "sequences/post_purchase.yaml"


def _switched_on() -> dict[str, str]:
    files = dict(packaged_content().files)
    return files | {SEQUENCE: files[SEQUENCE].replace("enabled: false", "enabled: true")}


def _deliver(shop: Connected, number: int) -> None:
    placed = shop.now - timedelta(days=4)
    shop.plan("orders/create", order(number, placed, email=f"m{number}@example.com"))
    shop.plan("fulfillments/create", fulfillment(number, placed + timedelta(days=1)))
    shop.plan("fulfillment_events/create", tracking(number, "delivered", placed + timedelta(days=3)))


def _steps(shop: Connected, number: int) -> list[str]:
    mine = shop.order(number).id
    return sorted(message.step for message in shop.messages() if message.order_id == mine)


def test_replenishment_switched_on_writes_to_orders_from_then_on_alone(shop: Connected) -> None:
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        stock(session, owner, str(DRIPPER["product_id"]), refill_days=50)
    _deliver(shop, 1042)
    effect = forecast(shop.installation, owner, load_sequence(_switched_on()))
    with shop.installation.database.write() as session:
        publish(session, owner, content_of(_switched_on()), "", shop.installation.clock.now())
    _deliver(shop, 1043)
    later = (shop.now + timedelta(minutes=1)).isoformat()
    shop.plan("orders/updated", order(1042, shop.now - timedelta(days=4), email="m1042@example.com", updated_at=later))
    assert _steps(shop, 1043) == ["follow_up", "replenishment"]
    assert _steps(shop, 1042) == ["follow_up"]
    assert effect.new["replenishment"] == 0


def test_an_order_is_planned_whatever_number_stands_in_the_column_of_days(shop: Connected) -> None:
    with shop.installation.database.write() as session:
        owner = get_shop(session, "northkettle").id
        stock(session, owner, str(DRIPPER["product_id"]), refill_days=400_638_133_393)
    _deliver(shop, 1042)
    assert {event.state for event in shop.events()} == {"planned"}
    assert _steps(shop, 1042) == ["follow_up"]
