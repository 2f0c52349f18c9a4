"""What customers read of bodies that platforms really send: from the webhook to the rendered mail."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schedules.events import OrderStated, ParcelStated, ParcelTracked
from schedules.facts import DeliveryKind, Facts, LineKind
from schedules.merging import merge
from schedules.parcels import parcel_groups
from tests.support import shopify, woocommerce
from tests.support.mailing import render
from tests.support.woocommerce import meta, tracking
from worker.demo.situations import example
from worker.platforms.registry import PLATFORMS
from worker.rendering.port import RenderedMail

BOTH = pytest.mark.parametrize("language", ["en", "de"])
NOW = datetime(2026, 5, 20, tzinfo=UTC)
PARAGRAPH = "\n\n"


def _facts(platform: str, topic: str, *bodies: dict[str, Any]) -> Facts:
    facts = Facts()
    for body in bodies:
        raw = json.dumps(body).encode()
        reading = PLATFORMS[platform].read(topic=topic, body=raw, headers={}, received_at=NOW, options={})
        for event in reading.events:
            assert isinstance(event, OrderStated | ParcelStated | ParcelTracked)
            facts = merge(facts, event)
    return facts


def _woo(**more: Any) -> Facts:
    return _facts("woocommerce", "order.updated", woocommerce.order(**more))


def _shopify(**more: Any) -> Facts:
    return _facts("shopify", "orders/updated", shopify.order(1042, woocommerce.PLACED) | more)


def _mail(step: str, facts: Facts, language: str = "en") -> RenderedMail:
    base = example(step)
    group = next(iter(parcel_groups(facts, base.shop)), "") if step == "shipping" else ""
    return render(replace(base, facts=facts, parcel_group=group, offer=None, expected=None), locale=language)


def _words(mail: RenderedMail) -> str:
    return " ".join(mail.text.split())


SHIRT = woocommerce.line(
    6,
    "Apron",
    "20.00",
    "4.60",
    parent_name="Apron",
    variation_id=91,
    meta_data=[
        {"key": "pa_colour", "value": "navy", "display_key": "Colour", "display_value": "Navy <b>blue</b>"},
        {"key": "pa_size", "value": "m", "display_key": "Size", "display_value": "M"},
        {"key": "pa_fit", "value": "long", "display_key": "Fit", "display_value": "Long"},
        {"key": "_reduced_stock", "value": "1", "display_key": "_reduced_stock", "display_value": "1"},
        {"key": "_bundle", "value": {"a": 1}, "display_key": "_bundle", "display_value": {"a": 1}},
    ],
)


def test_a_variant_of_three_choices_is_told_although_its_name_leaves_them_out() -> None:
    """WooCommerce names no choices where there are three or more, or a name of several words."""
    mail = _mail("confirmation", _woo(line_items=[SHIRT]))
    assert "Apron, Navy blue, M, Long" in mail.text
    assert "Navy blue, M, Long · 1 ×" in mail.html


def test_choices_that_the_name_tells_are_not_told_twice() -> None:
    named = SHIRT | {"name": "Apron - Navy blue, M, Long"}
    assert _mail("confirmation", _woo(line_items=[named])).text.count("Navy blue") == 1
    old = SHIRT | {"name": "Apron &ndash; Colour: Navy blue, Size: M, Fit: Long", "parent_name": None}
    assert _mail("confirmation", _woo(line_items=[old])).text.count("Navy blue") == 1


def test_what_a_simple_product_has_beside_it_is_no_variant() -> None:
    plain = SHIRT | {"variation_id": 0, "parent_name": None}
    (line,) = _woo(line_items=[plain]).order.lines  # type: ignore[union-attr]  # it was just stated
    assert line.variant_title == ""


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Felt-tip pens, 12 colours", LineKind.PHYSICAL),
        ("Silicone ear tips", LineKind.PHYSICAL),
        ("Kettle 0.9 with 5 years warranty", LineKind.PHYSICAL),
        ("Kettle 0.9 incl. warranty", LineKind.PHYSICAL),
        ("Mühle mit Garantieverlängerung", LineKind.PHYSICAL),
        ("Shipping protection", LineKind.PROTECTION),
        ("Extended warranty", LineKind.PROTECTION),
        ("2 years warranty", LineKind.PROTECTION),
        ("Gift card", LineKind.GIFT_CARD),
        ("Gift card holder", LineKind.PHYSICAL),
    ],
)
def test_a_product_is_a_thing_whatever_words_its_name_borrows(title: str, kind: LineKind) -> None:
    (line,) = _woo(line_items=[woocommerce.line(1, title, "23.58", "5.42")]).order.lines  # type: ignore[union-attr]  # it was just stated
    assert line.kind is kind


def test_a_fee_for_a_tip_stays_a_tip() -> None:
    facts = _woo(fee_lines=[{"id": 5, "name": "Tip", "total": "5.00", "total_tax": "0.00"}])
    assert facts.order is not None
    assert facts.order.lines[-1].kind is LineKind.TIP


@BOTH
def test_the_block_checkout_makes_no_parcel_of_a_download(language: str) -> None:
    """It copies the billing address into an order that nothing is shipped for."""
    done = {"created_via": "store-api", "shipping_lines": [], "status": "completed", "shipping_total": "0.00"}
    facts = _woo(**done)
    assert facts.order is not None
    assert facts.order.delivery is DeliveryKind.DIGITAL
    assert facts.parcels == ()
    mail = _mail("confirmation", facts, language)
    assert (
        "Harbour Lane" not in mail.text.partition("Standard")[0].partition("Billed to")[0].partition("Rechnung an")[0]
    )
    assert "when it leaves" not in mail.preview + mail.text
    assert "unterwegs" not in mail.preview + mail.text


def test_an_order_that_somebody_entered_with_an_address_is_shipped() -> None:
    for made_by in ("admin", "rest-api", "checkout"):
        facts = _woo(created_via=made_by, shipping_lines=[])
        assert facts.order is not None
        assert facts.order.delivery is DeliveryKind.SHIPPING


UNTRACKED = ("travels without tracking", "without tracking", "ohne Sendungsverfolgung", "Ohne Sendungsverfolgung")


@BOTH
def test_a_parcel_with_a_number_alone_does_not_travel_without_tracking(language: str) -> None:
    entry = tracking("3SABC1", tracking_provider="", custom_tracking_provider="Harbour Bikes")
    mail = _mail("shipping", _woo(meta_data=meta(_wc_shipment_tracking_items=[entry])), language)
    assert "Harbour Bikes: 3SABC1" in mail.text
    for told in (mail.html, _words(mail), mail.preview):
        assert not any(words in told for words in UNTRACKED)
    assert 40 <= len(mail.preview) <= 90


@BOTH
def test_a_parcel_without_a_number_still_says_so(language: str) -> None:
    mail = _mail("shipping", _woo(status="completed"), language)
    for told in (mail.html, _words(mail), mail.preview):
        assert any(words in told for words in UNTRACKED)


@pytest.mark.parametrize(
    ("told", "carrier", "page"),
    [
        ("postnl", "PostNL", ""),
        ("gls", "GLS", ""),
        ("evri", "Evri", "https://www.evri.com/track/parcel/3S%201"),
        ("inpost", "InPost", "https://inpost.pl/sledzenie-przesylek?number=3S%201"),
        ("deutsche-post-dhl", "DHL", "https://nolp.dhl.de/nextt-online-public/set_identcodes.do?lang=de&idc=3S%201"),
        ("dhl-us", "DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id=3S%201"),
        ("ups-germany", "UPS", "https://www.ups.com/track?loc=en_US&tracknum=3S%201"),
        ("fan-courier", "Fan Courier", ""),
    ],
)
def test_a_carrier_is_named_as_customers_know_it(told: str, carrier: str, page: str) -> None:
    entry = tracking("3S 1", tracking_provider=told)
    (parcel,) = _woo(meta_data=meta(_wc_shipment_tracking_items=[entry])).parcels
    assert (parcel.carrier, parcel.tracking_url) == (carrier, page)


def test_a_carrier_that_the_shop_named_itself_keeps_its_name() -> None:
    entry = tracking("1", tracking_provider="", custom_tracking_provider="harbour bikes")
    (parcel,) = _woo(meta_data=meta(_wc_shipment_tracking_items=[entry])).parcels
    assert parcel.carrier == "harbour bikes"


@BOTH
def test_other_is_no_carriers_name(language: str) -> None:
    """Shopify writes it where the shop chose no carrier."""
    sent = shopify.fulfillment(1042, woocommerce.PLACED, tracking_company="Other")
    mail = _mail("shipping", _shopify(fulfillments=[sent]), language)
    assert "Other" not in mail.text + mail.preview + mail.subject


def test_default_title_is_no_variant() -> None:
    """What Shopify calls the one variant of a product without any."""
    mail = _mail("confirmation", _shopify(line_items=[shopify.DRIPPER | {"variant_title": "Default Title"}]))
    assert "Default Title" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("gateway", "printed"),
    [("Zahlung auf Rechnung", "Zahlung auf Rechnung"), ("Cash on Delivery (COD)", "Cash on Delivery (COD)")],
)
def test_a_way_of_paying_keeps_the_shops_own_spelling(gateway: str, printed: str) -> None:
    facts = _shopify(financial_status="pending", payment_gateway_names=[gateway])
    assert f"Payment: {printed}" in _mail("confirmation", facts).text


def _rows(mail: RenderedMail) -> dict[str, Decimal]:
    """The sums below the lines, by their words."""
    block = next(part for part in mail.text.split(PARAGRAPH) if "Subtotal: " in part or "Zwischensumme: " in part)
    told = (row.rpartition(": ") for row in block.splitlines() if ": " in row)
    digits = {
        label: "".join(each for each in amount.replace("−", "-") if each in "-0123456789.,")
        for label, _, amount in told
    }
    return {label: Decimal(amount.replace(",", ".")) for label, amount in digits.items()}


def _adds_up(mail: RenderedMail) -> bool:
    rows = _rows(mail)
    total = next(rows.pop(label) for label in ("Total", "Gesamt") if label in rows)
    for aside in ("of which tax", "davon MwSt."):
        rows.pop(aside, None)
    return sum(rows.values()) == total


TIP = shopify.line(7, "Tip", "5.00", product_id=None, variant_id=None, requires_shipping=False)


@BOTH
def test_with_a_tip_the_rows_still_add_up(language: str) -> None:
    """Shopify's subtotal is before tips, which are lines beside the others."""
    lines = [shopify.DRIPPER, shopify.FILTERS, TIP]
    sums = {"total_price_set": shopify.money("60.90"), "current_total_price_set": shopify.money("60.90")}
    mail = _mail("confirmation", _shopify(line_items=lines, **sums), language)
    assert _adds_up(mail)
    assert _rows(mail)[{"en": "Subtotal", "de": "Zwischensumme"}[language]] == Decimal("56.00")


@BOTH
def test_duties_are_told_and_the_rows_still_add_up(language: str) -> None:
    duties = {"current_total_duties_set": shopify.money("7.30"), "original_total_duties_set": shopify.money("7.30")}
    sums = {"total_price_set": shopify.money("63.20"), "current_total_price_set": shopify.money("63.20")}
    mail = _mail("confirmation", _shopify(**duties, **sums), language)
    assert _adds_up(mail)
    assert _rows(mail)[{"en": "Other charges", "de": "Weitere Kosten"}[language]] == Decimal("7.30")


@BOTH
def test_what_a_gift_card_paid_is_told_and_the_rows_still_add_up(language: str) -> None:
    """Gift card plugins take it off WooCommerce's total, and off nothing else."""
    mail = _mail("confirmation", _woo(total="26.00", gift_cards=[{"id": 1, "amount": "20.00"}]), language)
    assert _adds_up(mail)
    assert _rows(mail)[{"en": "Gift card or credit", "de": "Gutschein oder Guthaben"}[language]] == Decimal("-20.00")


def test_a_cent_of_rounding_is_no_row() -> None:
    for total in ("46.01", "45.99"):
        rows = _rows(_mail("confirmation", _woo(total=total)))
        assert set(rows) == {"Subtotal", "Shipping", "of which tax", "Total"}


def test_what_was_refunded_before_is_no_gift_card() -> None:
    less = {"current_total_price_set": shopify.money("49.40"), "financial_status": "partially_refunded"}
    assert "Gift card or credit" not in _mail("confirmation", _shopify(**less)).text


@pytest.mark.parametrize(
    ("method", "title", "asked"),
    [
        ("cod", "Barzahlung", "Please have €46.00 ready when you receive it"),
        ("cod", "Pay when it arrives", "Please have €46.00 ready when you receive it"),
        ("bacs", "Virement", "Please pay €46.00; we pack it as soon as your payment arrives"),
        ("invoice", "Kauf per Bank auf Rechnung", "Please pay €46.00."),
    ],
)
def test_when_an_order_is_paid_is_known_whatever_the_shop_calls_it(method: str, title: str, asked: str) -> None:
    """WooCommerce's shops name their ways of paying as they like; its own word for each stays the same."""
    told = {"payment_method": method, "payment_method_title": title, "status": "on-hold", "date_paid_gmt": None}
    mail = _mail("confirmation", _woo(**told))
    assert asked in _words(mail)
    assert f"Payment: {title}" in mail.text


def test_the_hours_of_a_place_to_collect_are_told() -> None:
    """Of its own places to collect the block checkout writes what the shop says of them."""
    kept = meta(
        pickup_location="Quay shop", pickup_address="12 Quay Street, Galway", pickup_details="Mon to Fri 9 to 5"
    )
    line = {"id": 9, "method_id": "pickup_location", "method_title": "Pickup (Quay shop)", "meta_data": kept}
    mail = _mail("confirmation", _woo(shipping_lines=[line]))
    for told in ("Quay shop, 12 Quay Street, Galway", "Mon to Fri 9 to 5"):
        assert told in mail.text
        assert told in mail.html


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
    mail = _mail("shipping", _shopify(fulfillments=[sent]), language)
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
        (["gift_card", "shopify_payments"], ""),
    ],
)
def test_a_gift_card_that_paid_a_part_is_not_told_as_the_whole(gateways: list[str], printed: str) -> None:
    text = _mail("confirmation", _shopify(payment_gateway_names=gateways)).text
    assert printed in text if printed else "Payment:" not in text
