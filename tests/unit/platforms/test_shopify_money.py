"""Shopify's money: payment, totals and prices, in the currency the customer paid."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schedules.facts import Money, PaymentState, Totals
from tests.support.shopify import DRIPPER, FILTERS, money
from tests.support.shopify_reading import order_of
from worker.platforms.shopify import tables

S = PaymentState


def _eur(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def test_the_current_total_lacks_what_was_refunded_and_the_first_total_does_not() -> None:
    assert order_of(current_total_price_set=money("45.90")).totals.is_net
    assert not order_of(current_total_price_set=None).totals.is_net


@pytest.mark.parametrize(("told", "state"), sorted(tables.PAYMENT.items()))
def test_every_financial_status_is_a_payment_state(told: str, state: PaymentState) -> None:
    assert order_of(financial_status=told).payment is state


@pytest.mark.parametrize("told", [None, "", "a status of tomorrow"])
def test_an_unknown_financial_status_is_unpaid(told: str | None) -> None:
    assert order_of(financial_status=told).payment is S.OPEN


@pytest.mark.parametrize(
    "gateway",
    [
        *("manual", "Bank Deposit", "bank_transfer", "Money Order", "Check", "cheque", "Invoice"),
        *("Cash on Delivery (COD)", "cash_on_delivery", "Banküberweisung", "Vorkasse", "Rechnung", "Nachnahme"),
    ],
)
def test_a_pending_order_to_be_paid_later_is_accepted(gateway: str) -> None:
    assert order_of(financial_status="pending", payment_gateway_names=[gateway]).payment is S.ACCEPTED
    assert order_of(financial_status="paid", payment_gateway_names=[gateway]).payment is S.PAID


@pytest.mark.parametrize(
    "gateway", ["shopify_payments", "checkout.com", "2checkout", "wirecard", "paypal", "Bancontact"]
)
def test_a_pending_order_to_be_paid_now_is_not_accepted_yet(gateway: str) -> None:
    assert order_of(financial_status="pending", payment_gateway_names=[gateway]).payment is S.OPEN


def test_payment_terms_are_accepted_and_say_until_when() -> None:
    terms = {"payment_schedules": [{"due_at": None}, {"due_at": "2026-06-13T00:00:00Z"}]}
    found = order_of(financial_status="pending", payment_gateway_names=[], payment_terms=terms)
    assert (found.payment, found.pay_by) == (S.ACCEPTED, date(2026, 6, 13))


def test_an_order_that_costs_nothing_is_paid() -> None:
    free = {"financial_status": "pending", "total_price": "0.00"}
    assert order_of(**free).payment is S.PAID
    assert order_of(**free, confirmed=False).payment is S.OPEN


@pytest.mark.parametrize(
    ("changes", "printed"),
    [
        (
            {"payment_details": {"credit_card_company": "Visa", "credit_card_number": "•••• •••• •••• 4242"}},
            "Visa •••• 4242",
        ),
        ({"payment_details": {"credit_card_number": "4242"}}, "Card •••• 4242"),
        ({"payment_gateway_names": ["paypal"]}, "Paypal"),
        ({"payment_gateway_names": ["cash_on_delivery"]}, "Cash on delivery"),
        ({"payment_gateway_names": ["shopify_payments"]}, ""),
        ({"payment_gateway_names": []}, ""),
        ({"payment_gateway_names": None}, ""),
    ],
)
def test_the_way_of_paying_is_told_as_customers_know_it(changes: dict[str, Any], printed: str) -> None:
    assert order_of(**changes).payment_method == printed


def test_totals_add_up_in_the_presentment_currency() -> None:
    found = order_of().totals
    assert (found.subtotal, found.shipping, found.total, found.paid) == tuple(map(_eur, ("51", "4.9", "55.9", "55.9")))
    assert (found.outstanding, found.tax, found.tax_included) == (_eur("0"), _eur("11.18"), True)


def test_shop_money_and_presentment_money_differ() -> None:
    def pair(shop: str, shown: str) -> dict[str, Any]:
        return {
            "shop_money": {"amount": shop, "currency_code": "EUR"},
            "presentment_money": {"amount": shown, "currency_code": "SEK"},
        }

    found = order_of(
        presentment_currency="SEK",
        financial_status="partially_paid",
        current_total_price_set=pair("50.00", "560.00"),
        total_outstanding="12.50",
        line_items=[DRIPPER | {"price_set": pair("38.00", "425.60")}],
    )
    assert found.currency == "SEK"
    assert found.lines[0].unit_price == Money(amount=Decimal("425.60"), currency="SEK")
    assert (found.totals.paid.amount, found.totals.outstanding.amount) == (Decimal(420), Decimal(140))


def test_without_price_sets_the_plain_fields_count() -> None:
    found = order_of(
        total_price_set=None, current_total_price_set=None, line_items=[DRIPPER | {"price_set": None, "price": 38.5}]
    )
    assert (found.totals.total, found.lines[0].unit_price) == (_eur("55.90"), _eur("38.5"))


def test_after_an_edit_the_current_totals_count() -> None:
    found = order_of(current_total_price_set=money("30.00"), current_shipping_price_set=money("0.00"))
    assert (found.totals.total, found.totals.shipping) == (_eur("30"), _eur("0"))


@pytest.mark.parametrize(
    ("status", "told", "outstanding"),
    [
        ("pending", "55.90", "55.90"),
        ("pending", None, "55.90"),
        ("partially_paid", "20.00", "20.00"),
        ("partially_paid", None, "0"),
        ("partially_paid", "99.00", "55.90"),
        ("authorized", "55.90", "0"),
        ("paid", "55.90", "0"),
        ("refunded", "55.90", "0"),
        ("voided", "55.90", "0"),
    ],
)
def test_only_who_still_owes_is_told_so(status: str, told: str | None, outstanding: str) -> None:
    found = order_of(financial_status=status, total_outstanding=told).totals
    assert (found.outstanding, found.paid.amount + found.outstanding.amount) == (_eur(outstanding), Decimal("55.90"))


def test_discounts_of_the_whole_order_are_spread_over_lines() -> None:
    spread = [{"amount_set": money("3.80")}, {"amount_set": money("1.20")}]
    found = order_of(line_items=[DRIPPER | {"discount_allocations": spread, "total_discount_set": money("3.80")}])
    assert found.lines[0].total == _eur("33.00")


def test_a_line_of_which_half_was_taken_away_keeps_half_of_its_discount() -> None:
    entry = FILTERS | {"current_quantity": 1, "total_discount_set": money("3.00")}
    assert order_of(line_items=[entry]).lines[0].total == _eur("5.00")


def test_a_line_of_nothing_costs_nothing() -> None:
    entry = FILTERS | {"quantity": 0, "current_quantity": 0, "total_discount_set": money("3.00")}
    assert order_of(line_items=[entry]).lines[0].total == _eur("0")


def test_currencies_of_three_digits_lose_none() -> None:
    price = {"presentment_money": {"amount": "11.625", "currency_code": "KWD"}}
    found = order_of(presentment_currency="KWD", line_items=[DRIPPER | {"price_set": price}])
    assert found.lines[0].total.amount == Decimal("11.625")


def test_discount_codes_are_named() -> None:
    assert order_of(discount_codes=[{"code": "WELCOME10", "amount": "5.00"}]).discount_codes == ("WELCOME10",)


def _adds_up(found: Totals) -> bool:
    tax = Decimal(0) if found.tax_included else found.tax.amount
    return found.subtotal.amount - found.discount.amount + found.shipping.amount + tax == found.total.amount


def test_with_a_discount_the_rows_still_add_up() -> None:
    """Shopify's subtotal has the discount taken off already; the row before the discount must not."""
    spread = [{"amount": "5.10", "amount_set": money("5.10")}]
    found = order_of(
        line_items=[DRIPPER | {"discount_allocations": spread}],
        subtotal_price_set=money("45.90"),
        total_discounts_set=money("5.10"),
        current_total_price_set=money("50.80"),
        total_price_set=money("50.80"),
    ).totals
    assert (found.subtotal, found.discount, found.total) == (_eur("51"), _eur("5.10"), _eur("50.80"))
    assert _adds_up(found)


@pytest.mark.parametrize("shipping", [{}, {"current_shipping_price_set": money("0.00")}])
def test_with_free_shipping_by_a_code_the_rows_still_add_up(shipping: dict[str, Any]) -> None:
    """What is taken off shipping is in the discount, or in the shipping told as it stands now, never in both."""
    line = {"title": "Standard", "price_set": money("4.90"), "discounted_price_set": money("0.00")}
    found = order_of(
        shipping_lines=[line],
        total_discounts_set=money("4.90"),
        current_total_price_set=money("51.00"),
        total_price_set=money("51.00"),
        **shipping,
    ).totals
    assert found.subtotal == _eur("51")
    assert _adds_up(found)
