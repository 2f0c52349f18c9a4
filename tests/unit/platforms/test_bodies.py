"""Foreign JSON: read exactly or refused by name, whatever somebody makes of it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.facts import Money
from worker.errors import UnreadableEventError
from worker.platforms import bodies

HUGE = b"1e99999999999999999999"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"order"',
        b"{",
        b'{"id": 1} and more',
        b"\xff\xfe\x00",
        b'{"id": NaN}',
        b'{"id": -Infinity}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"id": ' + HUGE + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(UnreadableEventError):
        bodies.parse(body)


def test_a_body_that_nests_too_deep_is_refused() -> None:
    deep = b'{"a":' * 100 + b"1" + b"}" * 100
    with pytest.raises(UnreadableEventError, match="too deep"):
        bodies.parse(deep)


def test_of_two_keys_of_one_name_the_last_counts() -> None:
    assert bodies.parse(b'{"id": 1, "id": 2}') == {"id": 2}


def test_text_that_no_database_takes_is_mended() -> None:
    body = bodies.parse(rb'{"na\u0000me": "Mia\u0000 \ud800B", "tags": ["\udfff"]}')
    assert body == {"name": "Mia ?B", "tags": ["?"]}


def test_numbers_are_exact_beyond_2_to_the_53() -> None:
    body = bodies.parse(b'{"id": 820982911946154508, "price": 0.1}')
    assert bodies.identifier(body["id"]) == "820982911946154508"
    assert body["price"] == Decimal("0.1")


def test_a_byte_order_mark_is_no_fault() -> None:
    assert bodies.parse(b'\xef\xbb\xbf{"id": 1}') == {"id": 1}


@pytest.mark.parametrize("value", [None, True, False, [], {}, 1.5])
def test_what_is_neither_text_nor_number_reads_as_empty(value: Any) -> None:
    assert bodies.text(value) == ""
    assert bodies.identifier(value) is None


def test_an_id_that_no_index_holds_is_refused() -> None:
    assert bodies.identifier("x" * 200) == "x" * 200
    with pytest.raises(UnreadableEventError, match="longer than 200"):
        bodies.identifier("x" * 201)


def test_names_that_are_looked_up_by_are_cut() -> None:
    assert bodies.short("grinders " * 100) == ("grinders " * 100)[:200]


@pytest.mark.parametrize(
    ("told", "expected"),
    [("12.50", "12.50"), (12, "12"), (Decimal("1E+2"), "100"), ("", "0"), (None, "0"), ("-3", "-3"), (" 4 ", "4")],
)
def test_an_amount_is_a_number_or_text(told: Any, expected: str) -> None:
    assert bodies.amount(told) == Decimal(expected)


@pytest.mark.parametrize("told", ["abc", "1,50", "NaN", "Infinity", True, [], "1e14", "-1e14", "1e-999999999", "€5"])
def test_an_amount_that_is_none_is_refused(told: Any) -> None:
    with pytest.raises(UnreadableEventError, match="an amount is"):
        bodies.amount(told)


def test_a_wrong_value_is_shown_but_never_at_length() -> None:
    with pytest.raises(UnreadableEventError) as told:
        bodies.amount("five euro, please, " * 50)
    assert str(told.value) == "an amount is 'five euro, please, five euro, …', which is no number"


@pytest.mark.parametrize(("told", "expected"), [(2, 2), ("2", 2), (Decimal("2.9"), 2), (-4, 0), (None, 0)])
def test_a_count_is_whole_and_never_negative(told: Any, expected: int) -> None:
    assert bodies.whole(told) == expected


def test_a_count_that_no_database_keeps_is_refused() -> None:
    with pytest.raises(UnreadableEventError, match="a count is"):
        bodies.whole(2**31)


@pytest.mark.parametrize(
    "told",
    [
        "2026-05-14T09:30:00Z",
        "2026-05-14T11:30:00+02:00",
        "2026-05-14T05:30:00-04:00",
        "2026-05-14T09:30:00",
        "2026-05-14 09:30:00",
        "2026-05-14T09:30:00.000000000Z",
    ],
)
def test_a_time_is_one_instant_however_it_is_written(told: str) -> None:
    assert bodies.moment(told) == datetime(2026, 5, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("told", ["yesterday", 1715680000, True, "0000-00-00T00:00:00", "2026-02-30T00:00:00Z", []])
def test_a_time_that_is_none_is_refused(told: Any) -> None:
    with pytest.raises(UnreadableEventError, match="a time is"):
        bodies.moment(told)


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"])
def test_a_time_that_delays_would_push_off_the_calendar_is_refused(told: str) -> None:
    with pytest.raises(UnreadableEventError, match="a time is"):
        bodies.moment(told)


def test_a_needed_time_is_the_first_that_is_there() -> None:
    assert bodies.needed_moment({"a": None, "b": "2026-05-14"}, "a", "b") == datetime(2026, 5, 14, tzinfo=UTC)
    with pytest.raises(UnreadableEventError, match="a is missing"):
        bodies.needed_moment({}, "a", "b")


@pytest.mark.parametrize(("told", "expected"), [("2026-05-14T23:00:00Z", date(2026, 5, 14)), ("soon", None), (7, None)])
def test_a_day_is_read_or_left_out(told: Any, expected: date | None) -> None:
    assert bodies.day(told) == expected


@pytest.mark.parametrize("told", ["eur", " EUR "])
def test_a_currency_is_three_capitals(told: str) -> None:
    assert bodies.currency(told, "the order's") == "EUR"


@pytest.mark.parametrize("told", ["XYZW", "€", "12", "ÄÖÜ"])
def test_an_unknown_currency_is_named_in_a_sentence(told: str) -> None:
    with pytest.raises(UnreadableEventError) as raised:
        bodies.currency(told, "the order's")
    assert str(raised.value) == f"the order's currency is '{told}', which is no ISO 4217 code"


def test_a_missing_currency_is_said_to_be_missing() -> None:
    with pytest.raises(UnreadableEventError, match="the order's currency is missing"):
        bodies.currency(None, "the order's")


@pytest.mark.parametrize("told", ["javascript:alert(1)", "//northkettle.example", "ftp://x", None, 5])
def test_only_web_addresses_are_links(told: Any) -> None:
    assert bodies.web_url(told) == ""
    assert bodies.web_url("https://northkettle.example/x") == "https://northkettle.example/x"


@pytest.mark.parametrize(
    "bug", [KeyError("x"), TypeError(), ValueError(), AttributeError(), IndexError(), OverflowError()]
)
def test_whatever_breaks_while_reading_is_the_bodys_fault(bug: Exception) -> None:
    with pytest.raises(UnreadableEventError, match="another shape"), bodies.reading():
        raise bug


def test_what_our_own_values_refuse_is_said_in_plain_words() -> None:
    with pytest.raises(UnreadableEventError) as raised, bodies.reading():
        Money(amount=Decimal(1), currency="XYZW")
    assert str(raised.value) == "currency is 'XYZW', which is no ISO 4217 code like EUR"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_every_value_is_read_or_refused_by_name(value: Any) -> None:
    for read in (bodies.amount, bodies.whole, bodies.moment, bodies.identifier):
        try:
            read(value)
        except UnreadableEventError:
            continue
    assert isinstance(bodies.text(value), str)
    assert isinstance(bodies.objects(value), list)


@given(JSON)
def test_parsing_what_json_writes_is_clean_of_what_databases_refuse(value: Any) -> None:
    try:
        body = bodies.parse(json.dumps({"value": value}).encode())
    except UnreadableEventError:
        return
    assert "\x00" not in str(body)
    str(body).encode()
