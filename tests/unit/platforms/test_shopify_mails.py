"""What customers read of the bodies that Shopify really sends."""

from decimal import Decimal
from typing import Any

import pytest

from schedules.facts import Facts, LineKind
from tests.support import shopify, woocommerce
from tests.support.read_mails import adds_up, mail_of, shopify_facts, sums_of, words

BOTH = pytest.mark.parametrize("language", ["en", "de"])


@BOTH
def test_other_is_no_carriers_name(language: str) -> None:
    """Shopify writes it where the shop chose no carrier."""
    sent = shopify.fulfillment(1042, woocommerce.PLACED, tracking_company="Other")
    mail = mail_of("shipping", shopify_facts(fulfillments=[sent]), language)
    assert "Other" not in mail.text + mail.preview + mail.subject


def test_default_title_is_no_variant() -> None:
    """What Shopify calls the one variant of a product without any."""
    mail = mail_of("confirmation", shopify_facts(line_items=[shopify.DRIPPER | {"variant_title": "Default Title"}]))
    assert "Default Title" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("gateway", "printed"),
    [("Zahlung auf Rechnung", "Zahlung auf Rechnung"), ("Cash on Delivery (COD)", "Cash on Delivery (COD)")],
)
def test_a_way_of_paying_keeps_the_shops_own_spelling(gateway: str, printed: str) -> None:
    facts = shopify_facts(financial_status="pending", payment_gateway_names=[gateway])
    assert f"Payment: {printed}" in mail_of("confirmation", facts).text


@pytest.mark.parametrize(
    ("gateway", "asked"),
    [
        *(
            (name, "Please have €55.90 ready when you receive it")
            for name in ("Contrassegno", "Paiement à la livraison")
        ),
        *((name, "Please have €55.90 ready when you receive it") for name in ("Contra reembolso", "Za pobraniem")),
        *((name, "Please have €55.90 ready when you receive it") for name in ("Dobírkou", "Plata ramburs", "代金引換")),
        *((name, "we pack your order as soon as your payment arrives") for name in ("Bonifico bancario", "Virement")),
        *((name, "we pack your order as soon as your payment arrives") for name in ("Przelew bankowy", "銀行振込")),
        *((name, "Please pay €55.90.") for name in ("Fattura", "Net 30")),
    ],
)
def test_an_order_paid_later_is_confirmed_and_says_how_in_whatever_language_the_shop_calls_it(
    gateway: str, asked: str
) -> None:
    """Shopify tells a manual way of paying by the shop's own name alone."""
    told = {"financial_status": "pending", "payment_gateway_names": [gateway], "total_outstanding": "55.90"}
    mail = mail_of("confirmation", shopify_facts(**told))
    assert mail.subject == "We have your order 1042"
    assert asked in words(mail)


@pytest.mark.parametrize(
    "gateway", ["Przelewy24", "Sofortüberweisung", "Bancontact", "Multibanco", "checkout.com", "Check out with Affirm"]
)
def test_what_is_paid_at_once_is_waited_for(gateway: str) -> None:
    facts = shopify_facts(financial_status="pending", payment_gateway_names=[gateway])
    assert facts.accepted_at is None


TIP = shopify.line(7, "Tip", "5.00", product_id=None, variant_id=None, requires_shipping=False)


@BOTH
def test_with_a_tip_the_rows_still_add_up(language: str) -> None:
    """Shopify's subtotal is before tips, which are lines beside the others."""
    lines = [shopify.DRIPPER, shopify.FILTERS, TIP]
    sums = {"total_price_set": shopify.money("60.90"), "current_total_price_set": shopify.money("60.90")}
    mail = mail_of("confirmation", shopify_facts(line_items=lines, **sums), language)
    assert adds_up(mail)
    assert sums_of(mail)[{"en": "Subtotal", "de": "Zwischensumme"}[language]] == Decimal("56.00")


@BOTH
def test_duties_are_told_and_the_rows_still_add_up(language: str) -> None:
    duties = {"current_total_duties_set": shopify.money("7.30"), "original_total_duties_set": shopify.money("7.30")}
    sums = {"total_price_set": shopify.money("63.20"), "current_total_price_set": shopify.money("63.20")}
    mail = mail_of("confirmation", shopify_facts(**duties, **sums), language)
    assert adds_up(mail)
    assert sums_of(mail)[{"en": "Other charges", "de": "Weitere Kosten"}[language]] == Decimal("7.30")


def test_what_was_refunded_before_is_no_gift_card() -> None:
    less = {"current_total_price_set": shopify.money("49.40"), "financial_status": "partially_refunded"}
    assert "Gift card or credit" not in mail_of("confirmation", shopify_facts(**less)).text


@BOTH
def test_every_number_of_a_fulfilment_in_several_boxes_is_told(language: str) -> None:
    """Shopify keeps the boxes of one fulfilment as a list of numbers beside the first."""
    boxes = {
        "tracking_number": "JD1",
        "tracking_numbers": ["JD1", "JD2", "JD3"],
        "tracking_url": "https://dhl.example/JD1",
        "tracking_urls": ["https://dhl.example/JD1", "https://dhl.example/JD2"],
    }
    sent = shopify.fulfillment(1042, woocommerce.PLACED, **boxes)
    mail = mail_of("shipping", shopify_facts(fulfillments=[sent]), language)
    for told in (mail.html, mail.text):
        for number in ("JD1", "JD2", "JD3"):
            assert told.count(number) >= 1
        assert "https://dhl.example/JD2" in told
    assert mail.text.count("DHL: JD1") == 1


@pytest.mark.parametrize(
    ("gateways", "printed"),
    [
        (["gift_card"], "Payment: Gift card"),
        (["gift_card", "paypal"], "Payment: Gift card, Paypal"),
        (["shopify_store_credit"], "Payment: Store credit"),
        (["shopify_store_credit", "Cash on Delivery (COD)"], "Payment: Store credit, Cash on Delivery (COD)"),
        (["paypal", "gift_card"], "Payment: Paypal, Gift card"),
        (["shopify_store_credit", "shopify_payments"], ""),
        (["gift_card", "shopify_payments"], ""),
    ],
)
def test_a_gift_card_or_credit_that_paid_a_part_is_not_told_as_the_whole(gateways: list[str], printed: str) -> None:
    text = mail_of("confirmation", shopify_facts(payment_gateway_names=gateways)).text
    assert printed in text if printed else "Payment:" not in text


@pytest.mark.parametrize(
    ("language", "gateways", "printed"),
    [
        ("de", ["gift_card", "paypal"], "Zahlung: Gutschein, Paypal"),
        ("fr", ["shopify_store_credit"], "Paiement\xa0: Avoir"),
        ("nl", ["cash_on_delivery"], "Rembours"),
        ("it", ["Bank transfer"], "Bonifico bancario"),
        ("de", ["Bank Deposit"], "Zahlung: Bank Deposit"),
    ],
)
def test_a_common_way_of_paying_has_its_name_in_the_mails_language(
    language: str, gateways: list[str], printed: str
) -> None:
    assert printed in mail_of("confirmation", shopify_facts(payment_gateway_names=gateways), language).text


def test_a_way_of_shipping_that_an_edit_took_away_takes_nothing_off_the_subtotal() -> None:
    free = {"title": "Standard", "price_set": shopify.money("4.90"), "discounted_price_set": shopify.money("0.00")}
    ways = [free | {"is_removed": True}, {"title": "Express", "price_set": shopify.money("9.90")}]
    sums = {
        "total_discounts_set": shopify.money("5.10"),
        "current_total_discounts_set": shopify.money("5.10"),
        "current_subtotal_price_set": shopify.money("45.90"),
        "current_shipping_price_set": shopify.money("9.90"),
        "current_total_price_set": shopify.money("55.80"),
        "total_price_set": shopify.money("55.80"),
    }
    spread = [{"amount_set": shopify.money("5.10")}]
    lines = [shopify.DRIPPER | {"discount_allocations": spread}, shopify.FILTERS]
    mail = mail_of("confirmation", shopify_facts(shipping_lines=ways, line_items=lines, **sums))
    assert sums_of(mail)["Subtotal"] == Decimal("51.00")
    assert adds_up(mail)


def _refunded(*lines: dict[str, Any], told: str = "5.00") -> Facts:
    refund = {"id": 9001, "processed_at": "2026-05-14T09:45:00Z", "refund_line_items": list(lines)}
    paid_back = {"kind": "refund", "status": "success", "amount": "5.00", "currency": "EUR"}
    total = {"current_total_price_set": shopify.money(str(Decimal("55.90") - Decimal(told)))}
    state = {"financial_status": "partially_refunded", "refunds": [refund | {"transactions": [paid_back]}]}
    return shopify_facts(**state, **total)


@BOTH
def test_what_was_refunded_of_no_line_in_particular_is_a_row_of_the_sums(language: str) -> None:
    mail = mail_of("confirmation", _refunded(), language)
    assert sums_of(mail)[{"en": "Refunded", "de": "Erstattet"}[language]] == -5
    assert adds_up(mail)


def test_what_the_total_lacks_is_called_refunded_only_where_it_is_what_was_refunded() -> None:
    assert "Refunded" not in mail_of("confirmation", _refunded(told="7.00")).text
    assert "Refunded" not in mail_of("confirmation", _refunded({"line_item_id": 1, "quantity": 1})).text


@pytest.mark.parametrize("title", ["Pourboire", "Mancia", "チップ"])
def test_a_tip_is_known_in_every_language_by_what_the_order_says_of_tips(title: str) -> None:
    tip = TIP | {"title": title, "name": title}
    sums = {"total_price_set": shopify.money("60.90"), "current_total_price_set": shopify.money("60.90")}
    told = {"line_items": [shopify.DRIPPER, shopify.FILTERS, tip], "total_tip_received": "5.00", **sums}
    mail = mail_of("confirmation", shopify_facts(**told))
    assert sums_of(mail)["Subtotal"] == Decimal("56.00")
    assert "Other charges" not in mail.text
    facts = shopify_facts(**told)
    assert facts.order is not None
    assert facts.order.lines[-1].kind is LineKind.TIP


def test_a_custom_line_beside_a_tip_of_another_price_is_no_tip() -> None:
    engraving = shopify.line(8, "Engraving", "9.00", product_id=None, variant_id=None, requires_shipping=False)
    facts = shopify_facts(line_items=[shopify.DRIPPER, engraving, TIP], total_tip_received="5.00")
    assert facts.order is not None
    assert [line.kind for line in facts.order.lines] == [LineKind.PHYSICAL, LineKind.DIGITAL, LineKind.TIP]


@pytest.mark.parametrize("discounts", ["5.10", "10.00"])
def test_the_subtotal_is_that_of_the_lines_whether_the_discounts_told_hold_free_shipping_or_not(discounts: str) -> None:
    """A code for goods and one for shipping; the shipping told is what was paid."""
    free = {"title": "Standard", "price_set": shopify.money("4.90"), "discounted_price_set": shopify.money("0.00")}
    spread = [{"amount_set": shopify.money("5.10")}]
    sums = {
        "total_discounts_set": shopify.money("10.00"),
        "current_total_discounts_set": shopify.money(discounts),
        "current_subtotal_price_set": shopify.money("45.90"),
        "current_shipping_price_set": shopify.money("0.00"),
        "current_total_price_set": shopify.money("45.90"),
        "total_price_set": shopify.money("45.90"),
    }
    lines = [shopify.DRIPPER | {"discount_allocations": spread}, shopify.FILTERS]
    mail = mail_of("confirmation", shopify_facts(shipping_lines=[free], line_items=lines, **sums))
    rows = sums_of(mail)
    assert (rows["Subtotal"], rows["Discount"]) == (Decimal("51.00"), Decimal("-5.10"))
    assert adds_up(mail)
