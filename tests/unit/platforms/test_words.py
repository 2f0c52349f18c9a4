"""What shops write in their own language, in both platforms alike."""

import pytest

from schedules.facts import DeliveryKind, Gift, RefundReason
from tests.support import woocommerce
from tests.support.read_mails import shopify_facts, woo
from tests.support.shopify_reading import order_of


@pytest.mark.parametrize(
    "words",
    [
        "out of stock",
        "Nicht vorrätig",
        "rupture de stock",
        "Article épuisé",
        "esaurito",
        "agotado",
        "Uitverkocht",
        "esgotado",
    ],
)
def test_a_refund_for_want_of_stock_is_one_in_every_language(words: str) -> None:
    back = {"id": 9, "created_at": "2026-05-15T10:00:00Z", "note": words, "refund_line_items": [], "transactions": []}
    assert [each.reason for each in shopify_facts(refunds=[back]).refunds] == [RefundReason.STOCK]
    told = woo(refunds=[{"id": 9, "reason": words, "total": "-1.00"}])
    assert [each.reason for each in told.refunds] == [RefundReason.STOCK]


@pytest.mark.parametrize(
    "key",
    [
        "Gift message",
        "gift_note",
        "Geschenknachricht",
        "Message cadeau",
        "messaggio_regalo",
        "Mensaje de regalo",
        "Cadeaubericht",
    ],
)
def test_a_gift_message_is_one_in_every_language(key: str) -> None:
    expected = Gift(message="For your mornings", hide_prices=True)
    assert order_of(note_attributes=[{"name": key, "value": "For your mornings"}]).gift == expected
    told = woo(meta_data=woocommerce.meta(**{key: "For your mornings"})).order
    assert told is not None
    assert told.gift == expected


@pytest.mark.parametrize(
    ("title", "delivery"),
    [
        ("Retrait en magasin", DeliveryKind.PICKUP),
        ("Ritiro in negozio", DeliveryKind.PICKUP),
        ("Recogida en tienda", DeliveryKind.PICKUP),
        ("Afhalen in de winkel", DeliveryKind.PICKUP),
        ("Odbiór osobisty", DeliveryKind.PICKUP),
        ("Hämta i butik", DeliveryKind.PICKUP),
        ("店頭受取", DeliveryKind.PICKUP),
        ("Retrait en point relais", DeliveryKind.SHIPPING),
        ("Ritiro presso punto di ritiro", DeliveryKind.SHIPPING),
        ("PostNL afhaalpunt", DeliveryKind.SHIPPING),
    ],
)
def test_a_rate_for_what_is_collected_in_the_shop_is_one_in_every_language(title: str, delivery: DeliveryKind) -> None:
    assert order_of(shipping_lines=[{"title": title, "price": "0.00"}]).delivery is delivery
