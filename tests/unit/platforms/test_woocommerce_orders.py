"""WooCommerce's orders as neutral orders."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from schedules.events import Event, OrderRefunded, OrderStated, ParcelStated, ParcelTracked
from schedules.facts import Channel, ConsentState, DeliveryKind, Facts, LineKind, Order, PaymentState, RefundReason
from schedules.merging import merge
from schedules.situations import why_no_marketing
from tests.support.woocommerce import ADDRESS, DRIPPER, FILTERS, PLACED, gmt, line, meta, order, tracking
from worker.errors import UnreadableEventError
from worker.platforms.woocommerce.platform import WooCommerce

S = PaymentState


def _events(body: dict[str, Any], **options: Any) -> tuple[Event, ...]:
    raw = json.dumps(body).encode()
    reading = WooCommerce().read(
        topic="order.updated", body=raw, headers={}, received_at=datetime(2026, 6, 1, tzinfo=UTC), options=options
    )
    return reading.events


def _order(body: dict[str, Any], **options: Any) -> Order:
    stated = _events(body, **options)[0]
    assert isinstance(stated, OrderStated)
    return stated.order


def _facts(*bodies: dict[str, Any]) -> Facts:
    facts = Facts()
    for body in bodies:
        for event in _events(body):
            assert isinstance(event, OrderStated | ParcelStated | ParcelTracked | OrderRefunded)
            facts = merge(facts, event)
    return facts


@pytest.mark.parametrize(
    ("status", "method", "paid", "expected"),
    [
        ("pending", "stripe", False, S.OPEN),
        ("checkout-draft", "", False, S.OPEN),
        ("failed", "stripe", False, S.FAILED),
        ("on-hold", "bacs", False, S.ACCEPTED),
        ("on-hold", "cheque", False, S.ACCEPTED),
        ("on-hold", "cod", False, S.ACCEPTED),
        ("on-hold", "stripe", False, S.AUTHORIZED),
        ("processing", "cod", False, S.ACCEPTED),
        ("processing", "stripe", True, S.PAID),
        ("processing", "bacs", True, S.PAID),
        ("wc-processing", "stripe", True, S.PAID),
        ("completed", "cod", False, S.PAID),
        ("cancelled", "stripe", False, S.VOIDED),
        ("cancelled", "stripe", True, S.PAID),
        ("refunded", "stripe", True, S.REFUNDED),
        ("being-roasted", "stripe", True, S.PAID),
        ("being-roasted", "bacs", False, S.ACCEPTED),
        ("scheduled-payment", "bacs", False, S.OPEN),
    ],
)
def test_status_and_method_tell_the_payment(status: str, method: str, paid: bool, expected: PaymentState) -> None:
    paid_at = gmt(PLACED) if paid else None
    assert _order(order(status=status, payment_method=method, date_paid_gmt=paid_at)).payment is expected


@pytest.mark.parametrize(
    ("status", "title"), [("on-hold", "Bonifico bancario"), ("processing", "Contrassegno"), ("on-hold", "Fattura")]
)
def test_a_way_of_paying_that_the_shop_made_itself_is_known_by_its_title(status: str, title: str) -> None:
    own = {"payment_method": "alg_custom_gateway_1", "payment_method_title": title, "transaction_id": ""}
    assert _order(order(status=status, date_paid_gmt=None, **own)).payment is S.ACCEPTED


def test_a_debit_that_is_under_way_is_no_transfer_to_make() -> None:
    """Whatever its title says: the gateway names its transaction."""
    debit = {"payment_method": "stripe_sepa", "payment_method_title": "SEPA bank debit", "date_paid_gmt": None}
    assert _order(order(status="on-hold", **debit)).payment is S.AUTHORIZED
    assert _order(order(status="processing", **debit)).payment is S.PAID


def test_on_hold_without_any_transaction_is_not_an_order_yet() -> None:
    waiting = order(status="on-hold", payment_method="klarna", date_paid_gmt=None, transaction_id="")
    assert _order(waiting).payment is S.OPEN


def test_a_transfer_is_owed_in_full_with_no_day_to_pay_by() -> None:
    accepted = _order(order(status="on-hold", payment_method="bacs", date_paid_gmt=None))
    assert accepted.pay_by is None
    assert accepted.totals.outstanding.amount == Decimal("46.00")
    assert accepted.totals.paid.amount == 0


def test_times_without_a_zone_are_utc() -> None:
    read = _order(order())
    assert read.placed_at == PLACED
    assert read.updated_at - PLACED < timedelta(seconds=21)


def test_prices_entered_with_tax_are_shown_with_tax_and_rows_add_up() -> None:
    read = _order(order())
    dripper, filters = read.lines
    assert (dripper.title, dripper.unit_price.amount, dripper.total.amount) == (
        "Dripper 02 – ceramic",
        Decimal("29.00"),
        Decimal("29.00"),
    )
    assert (filters.quantity, filters.unit_price.amount, filters.total.amount) == (2, Decimal("6.00"), Decimal("12.00"))
    totals = read.totals
    assert totals.tax_included
    assert totals.subtotal.amount - totals.discount.amount + totals.shipping.amount == totals.total.amount


def test_prices_entered_without_tax_have_it_beside_them_and_rows_add_up() -> None:
    totals = _order(order(prices_include_tax=False)).totals
    assert not totals.tax_included
    assert totals.subtotal.amount == Decimal("33.34")
    parts = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
    assert parts == totals.total.amount


def test_coupons_and_fees_are_part_of_the_sum() -> None:
    fees = [
        {"id": 501, "name": "Gift wrap", "total": "2.44", "total_tax": "0.56"},
        {"id": 502, "name": "Loyalty", "total": "-1.63", "total_tax": "-0.37"},
    ]
    body = order(
        fee_lines=fees, total="43.00", discount_total="3.25", discount_tax="0.75", coupon_lines=[{"code": "hello10"}]
    )
    read = _order(body)
    totals = read.totals
    assert read.discount_codes == ("hello10",)
    assert [each.kind for each in read.lines][-1] is LineKind.GIFT_WRAP
    assert totals.discount.amount == Decimal("6.00")
    assert totals.subtotal.amount - totals.discount.amount + totals.shipping.amount == totals.total.amount


def test_numbers_come_as_text_or_number_and_skus_as_well() -> None:
    odd = line(3, "Kettle 0.9", "40", "9.2", sku=4711, price="40", quantity=2.0) | {"subtotal": 40, "total": 40.5}
    (read,) = _order(order(line_items=[odd])).lines
    assert (read.sku, read.quantity, read.unit_price.amount) == ("4711", 2, Decimal("24.60"))


def test_half_a_kilogram_is_one_piece_at_its_price() -> None:
    beans = line(4, "House espresso beans, loose", "12.00", "0.00", quantity=0.5)
    (read,) = _order(order(line_items=[beans])).lines
    assert (read.quantity, read.unit_price.amount, read.total.amount) == (1, Decimal("12.00"), Decimal("12.00"))


def test_a_variant_has_its_own_name() -> None:
    beans = line(5, "House espresso beans - 500 g", "24.00", "0", parent_name="House espresso beans", variation_id=81)
    (read,) = _order(order(line_items=[beans])).lines
    assert (read.title, read.variant_title, read.variant_id) == ("House espresso beans", "500 g", "81")


def test_a_guest_has_no_id_and_an_order_may_have_no_address() -> None:
    read = _order(order(customer_id=0, billing=ADDRESS | {"email": ""}))
    assert (read.customer.id, read.customer.email, read.customer.first_name) == (None, None, "Mia")


@pytest.mark.parametrize(("told", "expected"), [("€", "EUR"), ("&pound;", "GBP"), ("eur", "EUR")])
def test_a_symbol_of_one_currency_is_that_currency(told: str, expected: str) -> None:
    assert _order(order(currency=told)).currency == expected


def test_a_symbol_of_many_currencies_needs_the_sources_option() -> None:
    with pytest.raises(UnreadableEventError, match="currency"):
        _order(order(currency="$"))
    assert _order(order(currency="$"), currency="CAD").currency == "CAD"


@pytest.mark.parametrize("value", [{"nested": ["yes"]}, ["yes"]])
def test_meta_that_holds_objects_is_no_consent(value: object) -> None:
    read = _order(order(meta_data=meta(newsletter=value)), consent_meta_key="newsletter")
    assert read.customer.consent is ConsentState.NOT_SUBSCRIBED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("yes", ConsentState.SUBSCRIBED),
        (1, ConsentState.SUBSCRIBED),
        (True, ConsentState.SUBSCRIBED),
        ("no", ConsentState.NOT_SUBSCRIBED),
        ("", ConsentState.NOT_SUBSCRIBED),
    ],
)
def test_the_mapped_meta_key_tells_consent(value: object, expected: ConsentState) -> None:
    read = _order(order(meta_data=meta(newsletter=value)), consent_meta_key="newsletter")
    assert read.customer.consent is expected
    assert read.customer.consent_at == PLACED


def test_the_shop_may_name_its_own_words_for_yes() -> None:
    body = order(meta_data=meta(newsletter="opted_in"))
    assert _order(body, consent_meta_key="newsletter").customer.consent is ConsentState.NOT_SUBSCRIBED
    read = _order(body, consent_meta_key="newsletter", consent_values=["opted_in"])
    assert read.customer.consent is ConsentState.SUBSCRIBED


def test_an_order_without_the_mapped_key_tells_no_consent() -> None:
    assert _order(order(), consent_meta_key="newsletter").customer.consent is ConsentState.UNKNOWN
    empty = order(meta_data=meta(newsletter=None))
    assert _order(empty, consent_meta_key="newsletter").customer.consent is ConsentState.UNKNOWN


def test_without_a_mapping_no_consent_is_known() -> None:
    assert _order(order(meta_data=meta(newsletter="yes"))).customer.consent is ConsentState.UNKNOWN


def test_a_currency_that_is_none_is_named_in_a_sentence() -> None:
    with pytest.raises(UnreadableEventError) as raised:
        _order(order(currency="XYZW"))
    assert str(raised.value) == "the order's currency is 'XYZW', which is no ISO 4217 code"


def test_the_same_name_in_other_letters_is_no_gift() -> None:
    assert _order(order(shipping=ADDRESS | {"first_name": "MIA", "last_name": "BYRNE"})).gift is None
    assert _order(order(shipping=ADDRESS | {"first_name": "Ole"})).gift is not None


def test_the_page_of_an_order_is_found_beside_its_payment_page() -> None:
    assert _order(order()).status_url == "https://northkettle.example/checkout/order-received/1042/?key=wc_order_k"
    assert _order(order(payment_url="javascript:alert(1)")).status_url == ""
    assert _order(order(payment_url=None)).status_url == ""


def test_an_order_without_shipping_is_digital() -> None:
    read = _order(order(shipping_lines=[], shipping={}, shipping_total="0", status="completed"))
    assert read.delivery is DeliveryKind.DIGITAL
    assert {each.kind for each in read.lines} == {LineKind.DIGITAL}


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [
        ("checkout", Channel.WEB),
        ("admin", Channel.DRAFT),
        ("subscription", Channel.SUBSCRIPTION_RENEWAL),
        ("codisto", Channel.MARKETPLACE),
        ("otto", Channel.MARKETPLACE),
        ("cdiscount", Channel.MARKETPLACE),
        ("lottery-for-woocommerce", Channel.WEB),
        ("amazon_payments_advanced", Channel.WEB),
    ],
)
def test_how_it_was_made_tells_the_channel(made_by: str, expected: Channel) -> None:
    assert _order(order(created_via=made_by)).channel is expected


def test_a_vat_number_makes_it_a_business_order_and_a_company_alone_does_not() -> None:
    assert _order(order(meta_data=meta(_billing_vat_number="IE1234567X"))).is_b2b
    assert not _order(order(billing=ADDRESS | {"company": "Byrne", "email": "mia@example.com"})).is_b2b
    assert not _order(order(meta_data=meta(is_vat_exempt="no"))).is_b2b


def test_a_cancelled_order_is_cancelled_and_a_trashed_one_too() -> None:
    assert _order(order(status="cancelled")).cancelled_at is not None
    assert _order(order(status="trash")).cancelled_at is not None


def test_dinars_keep_their_three_digits() -> None:
    bought = line(1, "Dripper 02", "12.345", "0.000")
    body = order(currency="KWD", line_items=[bought], total="14.595", shipping_total="2.250", total_tax="0.000")
    told = _order(body | {"prices_include_tax": False, "shipping_tax": "0.000"})
    assert (told.totals.total.amount, told.totals.shipping.amount) == (Decimal("14.595"), Decimal("2.250"))
    assert [each.total.amount for each in told.lines] == [Decimal("12.345")]
    back = _facts(body | {"refunds": [{"id": 88, "total": "-1.125"}]}).refunds
    assert [each.amount.amount for each in back] == [Decimal("1.125")]


def test_refunds_inside_an_order_have_ids_and_positive_amounts() -> None:
    refunds = [{"id": 88, "reason": "out of stock", "total": "-12.00"}, {"id": 89, "refund": "", "total": "-1.00"}]
    facts = _facts(order(refunds=refunds))
    assert facts.order is not None
    assert facts.order.payment is S.PARTIALLY_REFUNDED
    assert [(each.id, each.amount.amount, each.reason) for each in facts.refunds] == [
        ("88", Decimal("12.00"), RefundReason.STOCK),
        ("89", Decimal("1.00"), RefundReason.OTHER),
    ]


@pytest.mark.parametrize(("paid_back", "follows"), [("-6.00", False), ("-40.00", False), ("-5.99", True)])
def test_a_refund_that_may_be_for_a_piece_that_came_back_ends_the_follow_up(paid_back: str, *, follows: bool) -> None:
    """WooCommerce never tells which lines a refund is for; less than the cheapest piece is a courtesy."""
    facts = _facts(order(refunds=[{"id": 88, "reason": "", "total": paid_back}]))
    assert (why_no_marketing(facts) is None) is follows


def test_refunds_of_everything_make_it_refunded() -> None:
    refunds = [{"id": 88, "total": "-40.00"}, {"id": 89, "total": "-6.00"}]
    assert _order(order(refunds=refunds)).payment is S.REFUNDED


@pytest.mark.parametrize("later", ["on-hold", "processing", "failed"])
def test_of_two_snapshots_of_one_second_the_one_further_along_counts(later: str) -> None:
    snapshots = [order(status="pending", date_paid_gmt=None), order(status=later, payment_method="bacs")]
    both = [_facts(*each).order for each in permutations(snapshots)]
    assert both[0] == both[1]
    assert both[0] is not None
    assert both[0].payment is not S.OPEN


def test_lines_keep_their_pictures_and_products() -> None:
    dripper, _ = _order(order()).lines
    assert (dripper.product_id, dripper.variant_id) == ("7001", None)
    assert dripper.image_url == "https://northkettle.example/images/1.jpg"


def test_what_a_bundle_holds_are_lines_that_name_it() -> None:
    """As WooCommerce Product Bundles writes it: its documentation of orders in the REST API."""
    parts = [line(number, name, "0", "0", bundled_by=401) for number, name in ((2, "Dripper 02"), (3, "Filters"))]
    bundle = line(1, "Morning set", "40.00", "9.20", bundled_items=[402, 403], bundled_by="")
    read = _order(order(line_items=[bundle, *parts]))
    assert [each.part_of for each in read.lines] == [None, "401", "401"]


def test_someone_elses_address_makes_it_a_present() -> None:
    read = _order(order(shipping=ADDRESS | {"first_name": "Noah"}))
    assert read.gift is not None
    assert not read.gift.hide_prices


def test_prices_per_piece_are_those_before_discounts() -> None:
    cheaper = FILTERS | {"total": "8.78", "total_tax": "2.02"}
    (read,) = _order(order(line_items=[cheaper])).lines
    assert (read.unit_price.amount, read.total.amount) == (Decimal("6.00"), Decimal("10.80"))


def test_a_dropped_parcel_list_does_not_take_back_what_left() -> None:
    shipped = order(meta_data=meta(_wc_shipment_tracking_items=[tracking("JD1")]), line_items=[DRIPPER])
    facts = _facts(shipped, order(date_modified_gmt=gmt(PLACED + timedelta(days=3)), line_items=[DRIPPER]))
    assert [parcel.tracking_number for parcel in facts.parcels] == ["JD1"]
    assert any(isinstance(event, ParcelStated) for event in _events(shipped))
