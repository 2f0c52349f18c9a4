"""WooCommerce shops that show other prices than they enter: with tax in the cart alone, or in the books alone."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schedules.events import OrderStated, ProductStated
from schedules.facts import Order
from tests.support.read_mails import adds_up, facts_of, mail_of, sums_of
from tests.support.woocommerce import line, order, product
from worker.platforms.woocommerce.platform import WooCommerce

NET = {
    "prices_include_tax": False,
    "line_items": [line(1, "Dripper 02", "24.37", "4.63"), line(2, "Filters", "10.08", "1.92", quantity=2)],
    "shipping_total": "4.20",
    "shipping_tax": "0.80",
    "total_tax": "7.35",
}
"""29 + 12 + 5 with 19 % of tax, as a shop writes it that enters what is left without."""


def _events(topic: str, body: dict[str, Any], **options: Any) -> tuple[Any, ...]:
    raw, now = json.dumps(body).encode(), datetime(2026, 6, 1, tzinfo=UTC)
    return WooCommerce().read(topic=topic, body=raw, headers={}, received_at=now, options=options).events


def _order(body: dict[str, Any], **options: Any) -> Order:
    stated = _events("order.updated", body, **options)[0]
    assert isinstance(stated, OrderStated)
    return stated.order


def test_a_receipt_tells_prices_as_the_shop_shows_them() -> None:
    facts = facts_of("woocommerce", "order.updated", order(**NET), options={"tax_display": "incl"})
    mail = mail_of("confirmation", facts)
    assert "1 × Dripper 02  €29.00" in mail.text
    assert "2 × Filters  €12.00" in mail.text
    assert sums_of(mail) == {
        "Subtotal": Decimal("41.00"),
        "Shipping": Decimal("5.00"),
        "Total": Decimal("46.00"),
        "of which tax": Decimal("7.35"),
    }
    assert adds_up(mail)


def test_a_shop_that_shows_companies_prices_without_tax_adds_it_below() -> None:
    told = _order(order(), tax_display="excl")
    assert [each.total.amount for each in told.lines] == [Decimal("23.58"), Decimal("9.76")]
    assert (told.totals.tax_included, told.totals.shipping.amount) == (False, Decimal("4.07"))


@pytest.mark.parametrize("options", [{}, {"tax_display": ""}, {"tax_display": "sometimes"}])
def test_without_the_option_prices_are_told_as_they_were_entered(options: dict[str, str]) -> None:
    assert _order(order(**NET), **options).lines[0].total.amount == Decimal("24.37")
    assert _order(order(), **options).lines[0].total.amount == Decimal("29.00")


def _priced(html: str | None, price: str = "53.78", **options: Any) -> str | None:
    (stated,) = _events("product.updated", product(price=price, price_html=html), **options)
    assert isinstance(stated, ProductStated)
    return stated.price


def _amount(told: str) -> str:
    symbol = '<span class="woocommerce-Price-currencySymbol">&euro;</span>'
    return f'<span class="woocommerce-Price-amount amount"><bdi>{told}&nbsp;{symbol}</bdi></span>'


@pytest.mark.parametrize(
    ("html", "price", "shown"),
    [
        (_amount("64,00"), "53.78", "64.00"),
        (_amount("64.00"), "64", "64.00"),
        (
            f'{_amount("64,00")} <small class="woocommerce-price-suffix">inkl. MwSt., netto {_amount("53,78")}</small>',
            "53.78",
            "64.00",
        ),
        (f'<del aria-hidden="true">{_amount("59,00")}</del> <ins>{_amount("64,00")}</ins>', "53.78", "64.00"),
        (_amount("1.234,56"), "1037.45", "1234.56"),
        (_amount("1,234"), "1037", "1234"),
        (_amount("1.234"), "1037", "1234"),
        (_amount("1 234"), "1037", "1234"),
        ('<span class="amount">$&nbsp;21.99</span>', "21.99", "21.99"),
    ],
)
def test_what_a_product_costs_is_what_its_page_shows(html: str, price: str, shown: str) -> None:
    """WooCommerce tells the price as it was entered, and beside it the one of the product's page, as HTML."""
    assert _priced(html, price) == shown


@pytest.mark.parametrize(
    "html", [None, "", "Log in to see prices", _amount("9,90"), _amount("640,00"), _amount("free"), _amount("9" * 20)]
)
def test_a_page_that_shows_no_such_price_changes_nothing(html: str | None) -> None:
    assert _priced(html) == "53.78"


def test_where_prices_are_shown_otherwise_a_variation_has_none_since_nothing_tells_it() -> None:
    """Better no price in a mail than one that nobody pays."""
    (stated,) = _events("product.updated", product(type="variation", parent_id=7000), tax_display="incl")
    assert isinstance(stated, ProductStated)
    assert stated.price is None
