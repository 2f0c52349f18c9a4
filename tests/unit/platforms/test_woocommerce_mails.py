"""What customers read of the bodies that WooCommerce really sends."""

from decimal import Decimal

import pytest

from schedules.facts import DeliveryKind, LineKind
from tests.support import woocommerce
from tests.support.read_mails import adds_up, mail_of, sums_of, woo, words
from tests.support.woocommerce import meta, tracking

BOTH = pytest.mark.parametrize("language", ["en", "de"])


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
    mail = mail_of("confirmation", woo(line_items=[SHIRT]))
    assert "Apron, Navy blue, M, Long" in mail.text
    assert "Navy blue, M, Long · 1 ×" in mail.html


def test_choices_that_the_name_tells_are_not_told_twice() -> None:
    named = SHIRT | {"name": "Apron - Navy blue, M, Long"}
    assert mail_of("confirmation", woo(line_items=[named])).text.count("Navy blue") == 1
    old = SHIRT | {"name": "Apron &ndash; Colour: Navy blue, Size: M, Fit: Long", "parent_name": None}
    assert mail_of("confirmation", woo(line_items=[old])).text.count("Navy blue") == 1


def test_what_a_simple_product_has_beside_it_is_no_variant() -> None:
    plain = SHIRT | {"variation_id": 0, "parent_name": None}
    (line,) = woo(line_items=[plain]).order.lines  # type: ignore[union-attr]  # it was just stated
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
        ("Shipping insurance", LineKind.PROTECTION),
        ("Order protection by Seel", LineKind.PROTECTION),
        ("Transportversicherung", LineKind.PROTECTION),
        ("Pourboire", LineKind.TIP),
        ("Emballage cadeau", LineKind.GIFT_WRAP),
        ("Confezione regalo con moka", LineKind.PHYSICAL),
        ("Paint protection film", LineKind.PHYSICAL),
        ("2 years warranty", LineKind.PROTECTION),
        ("Gift card", LineKind.GIFT_CARD),
        ("Gift card holder", LineKind.PHYSICAL),
    ],
)
def test_a_product_is_a_thing_whatever_words_its_name_borrows(title: str, kind: LineKind) -> None:
    (line,) = woo(line_items=[woocommerce.line(1, title, "23.58", "5.42")]).order.lines  # type: ignore[union-attr]  # it was just stated
    assert line.kind is kind


def test_a_fee_for_a_tip_stays_a_tip() -> None:
    facts = woo(fee_lines=[{"id": 5, "name": "Tip", "total": "5.00", "total_tax": "0.00"}])
    assert facts.order is not None
    assert facts.order.lines[-1].kind is LineKind.TIP


@BOTH
def test_the_block_checkout_makes_no_parcel_of_a_download(language: str) -> None:
    """It copies the billing address into an order that nothing is shipped for."""
    done = {"created_via": "store-api", "shipping_lines": [], "status": "completed", "shipping_total": "0.00"}
    facts = woo(**done)
    assert facts.order is not None
    assert facts.order.delivery is DeliveryKind.DIGITAL
    assert facts.parcels == ()
    mail = mail_of("confirmation", facts, language)
    assert "Delivery address" not in mail.text
    assert "Lieferung an" not in mail.text
    assert "when it leaves" not in mail.preview + mail.text
    assert "unterwegs" not in mail.preview + mail.text


def test_an_order_that_somebody_entered_with_an_address_is_shipped() -> None:
    for made_by in ("admin", "rest-api", "checkout"):
        facts = woo(created_via=made_by, shipping_lines=[])
        assert facts.order is not None
        assert facts.order.delivery is DeliveryKind.SHIPPING


UNTRACKED = ("travels without tracking", "without tracking", "ohne Sendungsverfolgung", "Ohne Sendungsverfolgung")


@BOTH
def test_a_parcel_with_a_number_alone_does_not_travel_without_tracking(language: str) -> None:
    entry = tracking("3SABC1", tracking_provider="", custom_tracking_provider="Harbour Bikes")
    mail = mail_of("shipping", woo(meta_data=meta(_wc_shipment_tracking_items=[entry])), language)
    assert "Harbour Bikes: 3SABC1" in mail.text
    for told in (mail.html, words(mail), mail.preview):
        assert not any(words in told for words in UNTRACKED)
    assert 40 <= len(mail.preview) <= 90


@BOTH
def test_a_parcel_without_a_number_still_says_so(language: str) -> None:
    mail = mail_of("shipping", woo(status="completed"), language)
    for told in (mail.html, words(mail), mail.preview):
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
    (parcel,) = woo(meta_data=meta(_wc_shipment_tracking_items=[entry])).parcels
    assert (parcel.carrier, parcel.tracking_url) == (carrier, page)


def test_a_carrier_that_the_shop_named_itself_keeps_its_name() -> None:
    entry = tracking("1", tracking_provider="", custom_tracking_provider="harbour bikes")
    (parcel,) = woo(meta_data=meta(_wc_shipment_tracking_items=[entry])).parcels
    assert parcel.carrier == "harbour bikes"


@BOTH
def test_what_a_gift_card_paid_is_told_and_the_rows_still_add_up(language: str) -> None:
    """Gift card plugins take it off WooCommerce's total, and off nothing else."""
    mail = mail_of("confirmation", woo(total="26.00", gift_cards=[{"id": 1, "amount": "20.00"}]), language)
    assert adds_up(mail)
    assert sums_of(mail)[{"en": "Gift card or credit", "de": "Gutschein oder Guthaben"}[language]] == Decimal("-20.00")


def test_a_cent_of_rounding_is_no_row() -> None:
    for total in ("46.01", "45.99"):
        rows = sums_of(mail_of("confirmation", woo(total=total)))
        assert set(rows) == {"Subtotal", "Shipping", "of which tax", "Total"}


def test_nor_is_a_unit_of_rounding_where_a_currency_has_no_cents() -> None:
    """Each line is rounded to whole yen, and then the total."""
    lines = [woocommerce.line(number, f"Beans {number}", "333", "33") for number in (1, 2, 3)]
    sums = {"shipping_total": "0", "shipping_tax": "0", "total": "1099", "total_tax": "100"}
    assert set(sums_of(mail_of("confirmation", woo(currency="JPY", line_items=lines, **sums)))) == {
        *("Subtotal", "Shipping", "of which tax", "Total")
    }
    paid_by_card = sums | {"total": "1049"}
    assert "Gift card or credit" in mail_of("confirmation", woo(currency="JPY", line_items=lines, **paid_by_card)).text


@pytest.mark.parametrize(
    ("method", "title", "asked"),
    [
        ("cod", "Barzahlung", "Please have €46.00 ready when you receive it"),
        ("cod", "Pay when it arrives", "Please have €46.00 ready when you receive it"),
        ("bacs", "Virement", "Please pay €46.00; we pack your order as soon as your payment arrives"),
        ("invoice", "Kauf per Bank auf Rechnung", "Please pay €46.00."),
    ],
)
def test_when_an_order_is_paid_is_known_whatever_the_shop_calls_it(method: str, title: str, asked: str) -> None:
    """WooCommerce's shops name their ways of paying as they like; its own word for each stays the same."""
    told = {"payment_method": method, "payment_method_title": title, "status": "on-hold", "date_paid_gmt": None}
    mail = mail_of("confirmation", woo(**told))
    assert asked in words(mail)
    assert f"Payment: {title}" in mail.text


def test_the_hours_of_a_place_to_collect_are_told() -> None:
    """Of its own places to collect the block checkout writes what the shop says of them."""
    kept = meta(
        pickup_location="Quay shop", pickup_address="12 Quay Street, Galway", pickup_details="Mon to Fri 9 to 5"
    )
    line = {"id": 9, "method_id": "pickup_location", "method_title": "Pickup (Quay shop)", "meta_data": kept}
    mail = mail_of("confirmation", woo(shipping_lines=[line]))
    for told in ("Quay shop, 12 Quay Street, Galway", "Mon to Fri 9 to 5"):
        assert told in mail.text
        assert told in mail.html
