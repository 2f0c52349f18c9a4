"""Shopify's own local pickup: its orders name a place of the shop as their way of shipping, and have no address."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from schedules import reasons
from schedules.facts import DeliveryKind, Facts
from schedules.parcels import arrival, sent_parcels
from tests.support.read_mails import facts_of, mail_of
from tests.support.shopify import fulfillment, order
from tests.support.shopify_reading import PLACED, order_of
from tests.unit.schedules.examples import planned, steps_of

PLACE = {"title": "Quay shop", "code": "Quay shop", "source": "shopify", "price": "0.00", "delivery_category": None}
COLLECTED: dict[str, Any] = {"shipping_lines": [PLACE], "shipping_address": None}
HANDED_OVER = PLACED + timedelta(days=2)


def test_goods_with_a_way_of_shipping_and_no_address_are_collected_there() -> None:
    found = order_of(**COLLECTED)
    assert found.delivery is DeliveryKind.PICKUP
    assert found.pickup is not None
    assert found.pickup.name == "Quay shop"


@pytest.mark.parametrize(
    "more",
    [
        {"source_name": "shopify_draft_order"},  # staff may know the address
        {"billing_address": None},  # our app may not see addresses
        {"shipping_lines": [PLACE | {"source": "an app"}]},
        {"shipping_lines": []},
        {"shipping_lines": [PLACE | {"is_removed": True}]},
    ],
)
def test_an_order_that_lacks_its_address_for_another_reason_is_shipped(more: dict[str, Any]) -> None:
    assert order_of(**COLLECTED | more).delivery is DeliveryKind.SHIPPING


def test_its_receipt_tells_the_place_and_no_shipping() -> None:
    mail = mail_of("confirmation", facts_of("shopify", "orders/create", order(1042, PLACED) | COLLECTED))
    assert "when it is ready" in mail.preview
    assert "Collect from:\nQuay shop" in mail.text
    assert "Delivery" not in mail.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Reply before it is ready."),
        ("de", "Antworte, bevor alles bereitliegt."),
        ("fr", "avant qu’elle soit prête."),
        ("es", "antes de que esté listo."),
        ("it", "prima che sia pronto."),
        ("nl", "voordat alles klaarligt."),
    ],
)
def test_its_receipt_may_be_answered_until_the_goods_are_ready(language: str, words: str) -> None:
    facts = facts_of("shopify", "orders/create", order(1042, PLACED) | COLLECTED)
    assert words in mail_of("confirmation", facts, language).text


def _facts(*told: tuple[str, dict[str, Any]]) -> Facts:
    facts = Facts()
    for topic, body in told:
        facts = facts_of("shopify", topic, body, known=facts)
    return facts


def test_its_fulfilment_is_the_handing_over_of_which_no_mail_tells() -> None:
    """Shopify makes one when staff marks the goods as picked up; that they are ready its own mail says."""
    given = fulfillment(1042, HANDED_OVER, tracking_company=None, tracking_number=None, tracking_url=None)
    whole = order(1042, PLACED) | COLLECTED | {"updated_at": HANDED_OVER.isoformat(), "fulfillments": [given]}
    told = (
        ("orders/create", order(1042, PLACED) | COLLECTED),
        ("fulfillments/create", given),
        ("orders/updated", whole),
    )
    for permuted in permutations(told):
        facts = _facts(*permuted)
        assert [arrival(parcel) for parcel in sent_parcels(facts)] == [HANDED_OVER]
        plan = planned(facts, now=HANDED_OVER)
        assert plan.unsent["shipping"] == reasons.ARRIVED
        assert "follow_up" in steps_of(plan)


def test_goods_that_are_told_to_be_ready_wait_for_their_customer() -> None:
    ready = fulfillment(1042, HANDED_OVER, shipment_status="ready_for_pickup")
    facts = facts_of("shopify", "orders/updated", order(1042, PLACED) | COLLECTED | {"fulfillments": [ready]})
    assert [arrival(parcel) for parcel in sent_parcels(facts)] == [None]
    assert mail_of("shipping", facts).subject == "Order 1042 is ready to collect"


def test_a_rate_that_the_shop_named_pickup_itself_is_fulfilled_when_the_goods_are_ready() -> None:
    rate = {
        "shipping_lines": [{"title": "Pick up in store", "price": "0.00"}],
        "fulfillments": [fulfillment(1042, HANDED_OVER)],
    }
    facts = facts_of("shopify", "orders/updated", order(1042, PLACED) | rate)
    assert [arrival(parcel) for parcel in sent_parcels(facts)] == [None]


def test_an_order_of_which_only_a_part_is_collected_is_shipped() -> None:
    ways = [{"title": "Pick up in store", "price": "0.00"}, {"title": "Standard", "price": "4.90"}]
    for listed in (ways, ways[::-1]):
        assert order_of(shipping_lines=listed).delivery is DeliveryKind.SHIPPING
