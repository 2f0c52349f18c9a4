"""A body of our own form that its sender should mend: a sentence that says where and how."""

import json
from typing import Any

import pytest

from tests.support.standard import STANDARD, event, order


def _refusal(data: dict[str, Any], **changes: Any) -> str | None:
    return STANDARD.check(json.dumps(event("order.placed", data) | changes).encode())


def _line(**changes: Any) -> list[dict[str, Any]]:
    return [order()["lines"][0] | changes]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (order(currency="XYZW"), "data.currency is 'XYZW', which is no ISO 4217 code like EUR."),
        (order(currency="eur"), "data.currency is 'eur', which is no ISO 4217 code like EUR."),
        (order(currency=None), "data.currency is null, which is no ISO 4217 code like EUR."),
        (order(id=""), "data.id is empty."),
        (order(id="x" * 201), "data.id is longer than 200 characters."),
        (order(id=None), "data.id is no text."),
        (order(lines=[]), "data.lines is empty."),
        (order(lines={}), "data.lines is no list."),
        (order(customer="Mia"), "data.customer is no object."),
        (order(placed_at="soon"), "data.placed_at is 'soon', which is no time like 2026-05-14T09:30:00Z."),
        (
            order(placed_at="2026-05-14T09:30:00"),
            "data.placed_at names no time zone: write it like 2026-05-14T09:30:00Z.",
        ),
        (
            order(placed_at="9999-12-31T00:00:00Z"),
            "data.placed_at is '9999-12-31T00:00:00Z': its year is not in 1970–2199.",
        ),
        (order(pay_by="Monday"), "data.pay_by is 'Monday', which is no day like 2026-05-14."),
        (order(lines=_line(unit_price="5,00")), "data.lines.0.unit_price is '5,00', which is no number that fits."),
        (order(lines=_line(unit_price="NaN")), "data.lines.0.unit_price is 'NaN', which is no number that fits."),
        (order(lines=_line(unit_price=-1)), "data.lines.0.unit_price is '-1'; it must be at least 0."),
        (
            order(lines=_line(unit_price=10**13)),
            "data.lines.0.unit_price is '10000000000000', which is out of all bounds.",
        ),
        (order(lines=_line(quantity=1.5)), "data.lines.0.quantity is '1.5', which is no number that fits."),
        (order(lines=_line(title="")), "data.lines.0.title is empty."),
        (order(status_url="javascript:x"), "data.status_url is 'javascript:x', which is no address like https://…."),
        (
            order(shipping_address={"country": "Ireland"}),
            "data.shipping_address.country is 'Ireland', which is no ISO 3166-1 code like SE.",
        ),
        (
            order(payment="payed"),
            "data.payment is 'payed'; it must be 'open', 'accepted', 'authorized', 'paid', "
            "'partially_paid', 'partially_refunded', 'refunded', 'voided' or 'failed'.",
        ),
    ],
)
def test_what_the_sender_should_mend_is_said_in_a_sentence(data: dict[str, Any], sentence: str) -> None:
    assert _refusal(data) == sentence


def test_a_missing_field_is_named() -> None:
    without = {name: value for name, value in order().items() if name != "customer"}
    assert _refusal(without) == "data.customer is missing."
    assert _refusal(order(), timestamp=None) == "timestamp is null, which is no time like 2026-05-14T09:30:00Z."
    assert STANDARD.check(b"{}") == "type is missing: it says what happened, like order.placed."


def test_a_wrong_value_is_shown_but_never_at_length() -> None:
    assert _refusal(order(currency="E" * 500)) == (
        f"data.currency is '{'E' * 30}…', which is no ISO 4217 code like EUR."
    )
    assert _refusal(order(currency=["EUR"])) == "data.currency is a list, which is no ISO 4217 code like EUR."
    assert _refusal(order(currency=True)) == "data.currency is true, which is no ISO 4217 code like EUR."


def test_text_may_not_be_an_object() -> None:
    assert _refusal(order(locale={"en": 1})) == "data.locale is no text."


@pytest.mark.parametrize(
    ("topic", "data", "sentence"),
    [
        ("customer.redacted", {}, "data names nobody: give id, email or order_ids."),
        (
            "customer.redacted",
            {"id": "", "email": "", "order_ids": []},
            "data names nobody: give id, email or order_ids.",
        ),
        ("customer.redacted", {"customer_id": "7"}, "data names nobody: give id, email or order_ids."),
        ("customer.updated", {"consent": "unsubscribed"}, "data names nobody: give id or email."),
    ],
)
def test_what_is_about_a_person_must_say_about_whom(topic: str, data: dict[str, Any], sentence: str) -> None:
    assert STANDARD.check(json.dumps(event(topic, data)).encode()) == sentence


def test_an_address_in_the_wrong_field_is_not_shown_whole() -> None:
    told = _refusal(order(payment="mia@example.com"))
    assert told is not None
    assert told.startswith("data.payment is 'm…@example.com'; it must be 'open'")
