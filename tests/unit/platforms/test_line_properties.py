"""What customers have had done to a piece, an engraving say: they read in the receipt whether it was understood."""

from typing import Any

import pytest

from schedules.events import OrderStated
from schedules.facts import LineItem
from tests.support import shopify, standard, woocommerce
from tests.support.read_mails import mail_of, shopify_facts, woo
from worker.planning.anonymous import anonymous

ENGRAVED = {"name": "Engraving", "value": "Anna & Ben"}


def _shopify(*properties: Any) -> LineItem:
    return shopify_facts(line_items=[shopify.DRIPPER | {"properties": list(properties)}]).order.lines[0]  # type: ignore[union-attr]  # it was just stated


def _woo(*meta: dict[str, Any], **more: Any) -> LineItem:
    told = [{"display_key": each["key"], "display_value": each["value"]} | each for each in meta]
    entry = woocommerce.line(6, "Apron", "20.00", "4.60", meta_data=told) | more
    return woo(line_items=[entry]).order.lines[0]  # type: ignore[union-attr]  # it was just stated


def _told(line: LineItem) -> list[tuple[str, str]]:
    return [(each.name, each.value) for each in line.properties]


def test_shopifys_properties_are_kept_in_their_order() -> None:
    assert _told(_shopify(ENGRAVED, {"name": "Font:", "value": "Serif"})) == [
        ("Engraving", "Anna & Ben"),
        ("Font", "Serif"),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        {"name": "_bundle_id", "value": "77"},
        {"name": "Engraving", "value": "  "},
        {"name": "", "value": "Anna"},
        {"name": "Photo", "value": "https://cdn.example/uploads/1.jpg"},
        {"name": "Ships on", "value": "2026-06-01"},
        {"name": "Nested", "value": {"a": 1}},
        "none",
    ],
)
def test_what_is_not_for_customers_or_told_elsewhere_is_left_out(hidden: Any) -> None:
    assert _told(_shopify(hidden)) == []


def test_a_line_without_the_list_has_none() -> None:
    for odd in (None, {}, "text"):
        facts = shopify_facts(line_items=[shopify.DRIPPER | {"properties": odd}])
        assert facts.order is not None
        assert facts.order.lines[0].properties == ()


def test_long_words_are_cut_and_lines_are_joined() -> None:
    [(name, value)] = _told(_shopify({"name": "n" * 500, "value": "For  Anna,\r\n\r\nwith love" + "x" * 9000}))
    assert len(name) == 60
    assert value.startswith("For Anna, / with love")
    assert len(value) == 300
    assert value.endswith("…")
    assert len(_shopify(*[ENGRAVED] * 40).properties) == 10


def test_woocommerces_add_ons_are_told_with_the_names_that_customers_saw() -> None:
    shown = {
        "key": "engraving-2",
        "value": "anna",
        "display_key": "Engraving (€5.00)",
        "display_value": "<p>Anna</p>\n",
    }
    assert _told(_woo(shown, {"key": "_addon_id", "value": "3"})) == [("Engraving (€5.00)", "Anna")]


def test_choices_that_make_the_variant_are_no_add_ons() -> None:
    size, words = {"key": "pa_size", "value": "M"}, {"key": "Engraving", "value": "Anna"}
    named = _woo(size, words, name="Apron - M", parent_name="Apron", variation_id=91)
    assert (named.variant_title, _told(named)) == ("M", [("Engraving", "Anna")])
    short = _woo({"key": "Engraving", "value": "on"}, name="Apron - M", parent_name="Apron", variation_id=91)
    assert _told(short) == [("Engraving", "on")]


def test_the_standard_form_takes_them() -> None:
    line = standard.order()["lines"][0] | {"properties": [ENGRAVED, {"name": "_secret", "value": "1"}]}
    [stated] = standard.read(standard.event("order.placed", standard.order(lines=[line]))).events
    assert isinstance(stated, OrderStated)
    assert _told(stated.order.lines[0]) == [("Engraving", "Anna & Ben")]


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_receipt_and_parcel_tell_them_below_the_piece(step: str) -> None:
    line = shopify.DRIPPER | {"properties": [ENGRAVED]}
    sent = shopify.fulfillment(1042, woocommerce.PLACED, line_items=[line])
    mail = mail_of(step, shopify_facts(line_items=[line], fulfillments=[sent]))
    assert "Engraving: Anna &amp; Ben</div>" in mail.html
    above, _, below = mail.text.partition("\n  Engraving: Anna & Ben\n")
    assert above.splitlines()[-1].startswith("- ")
    assert below


def test_a_long_one_stays_below_its_piece_in_the_text() -> None:
    words = " ".join(["love"] * 40)
    mail = mail_of(
        "confirmation", shopify_facts(line_items=[shopify.DRIPPER | {"properties": [{"name": "Card", "value": words}]}])
    )
    rows = [row for row in mail.text.splitlines() if "love" in row]
    assert len(rows) > 2
    assert all(row.startswith("  ") and len(row) <= 72 for row in rows)


def test_an_erased_persons_words_are_erased() -> None:
    facts = shopify_facts(line_items=[shopify.DRIPPER | {"properties": [ENGRAVED]}])
    assert "Anna" in facts.model_dump_json()
    assert "Anna" not in anonymous(facts).model_dump_json()
