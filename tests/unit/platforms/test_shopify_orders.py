"""Shopify's orders: what they are, who placed them, where they go."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from schedules.facts import Channel, DeliveryKind, Facts, Gift, LineKind
from schedules.merging import merge
from tests.support.shopify import ADDRESS, DRIPPER, FILTERS, line, order
from tests.support.shopify_reading import PLACED, order_of, read
from worker.errors import UnreadableEventError
from worker.platforms.shopify import tables


def test_an_order_is_named_timed_and_addressed() -> None:
    found = order_of()
    assert (found.id, found.number, found.placed_at, found.updated_at) == ("1042", "1042", PLACED, PLACED)
    assert found.shipping_address is not None
    assert (found.shipping_address.country, found.shipping_address.region) == ("SE", "")
    assert (found.shipping_method, found.locale, found.is_test, found.is_b2b) == ("Standard", "en", False, False)
    assert found.status_url == "https://northkettle.example/orders/1042"


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"name": "#NK1042-A"}, "NK1042-A"), ({"name": None}, "1042"), ({"name": "", "order_number": None}, "1042")],
)
def test_the_number_is_the_one_customers_see(changes: dict[str, Any], number: str) -> None:
    assert order_of(**changes).number == number


def test_an_imported_order_was_placed_when_it_was_processed() -> None:
    processed = "2025-12-31T19:00:00-05:00"
    assert order_of(processed_at=processed).placed_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert order_of(processed_at=None).placed_at == PLACED


@pytest.mark.parametrize(("days", "is_imported"), [(700, True), (4, True), (2, False), (0, False)])
def test_an_order_that_was_entered_long_after_it_was_placed_is_imported(days: int, is_imported: bool) -> None:
    assert order_of(processed_at=(PLACED - timedelta(days=days)).isoformat()).is_imported is is_imported


@pytest.mark.parametrize("title", ["Aeropress", "Zarf"])
def test_of_versions_of_one_second_the_one_that_was_triggered_last_counts(title: str) -> None:
    """An app that edits an order right after it was placed brings several."""
    bodies = [(order(1042, PLACED, line_items=[line(1, name, "38.00")]), name) for name in ("Dripper", title)]
    told = [
        read("orders/updated", body, triggered_at=f"2026-05-14T09:30:0{number}.{number + 1}Z").events[0]
        for number, (body, _) in enumerate(bodies)
    ]
    for events in (told, told[::-1]):
        known = reduce(merge, events, Facts()).order  # type: ignore[arg-type]  # both are about the order
        assert known is not None
        assert [each.title for each in known.lines] == [title]


@pytest.mark.parametrize("name", ["line_items", "id", "updated_at"])
def test_a_partial_body_says_what_is_missing(name: str) -> None:
    body = {key: value for key, value in order(1042, PLACED).items() if key != name}
    with pytest.raises(UnreadableEventError, match=f"{name} is missing"):
        read("orders/updated", body)


def test_an_unknown_currency_is_said_in_a_sentence() -> None:
    with pytest.raises(UnreadableEventError) as raised:
        order_of(presentment_currency="XYZW")
    assert str(raised.value) == "the order's currency is 'XYZW', which is no ISO 4217 code"


def test_a_cancelled_order_says_when() -> None:
    found = order_of(cancelled_at="2026-05-14T10:00:00Z")
    assert found.cancelled_at == datetime(2026, 5, 14, 10, tzinfo=UTC)


def test_a_test_order_is_one_only_if_it_says_so() -> None:
    assert order_of(test=True).is_test
    assert not order_of(test=None).is_test


@pytest.mark.parametrize(
    ("source", "channel"),
    [
        ("web", Channel.WEB),
        ("pos", Channel.POS),
        ("POS", Channel.POS),
        ("shopify_draft_order", Channel.DRAFT),
        ("subscription_contract_checkout_one", Channel.SUBSCRIPTION_FIRST),
        ("subscription_contract", Channel.SUBSCRIPTION_RENEWAL),
        ("amazon-us", Channel.MARKETPLACE),
        ("amazon_pay", Channel.WEB),
        ("tiktok", Channel.MARKETPLACE),
        ("otto", Channel.MARKETPLACE),
        ("lotto-widget", Channel.WEB),
        ("Bol.com", Channel.MARKETPLACE),
        ("allegro", Channel.MARKETPLACE),
        ("fairefax-checkout", Channel.WEB),
        ("580111", Channel.WEB),
        ("iphone", Channel.WEB),
        ("", Channel.WEB),
    ],
)
def test_the_channel_is_where_the_order_was_placed(source: str, channel: Channel) -> None:
    assert order_of(source_name=source).channel is channel


@pytest.mark.parametrize(
    ("tag", "channel"),
    [
        ("Subscription Recurring Order", Channel.SUBSCRIPTION_RENEWAL),
        ("Subscription First Order", Channel.SUBSCRIPTION_FIRST),
        ("first order", Channel.WEB),
        ("Replacement for #1001", Channel.REPLACEMENT),
        ("exchange", Channel.REPLACEMENT),
        ("replacement parts", Channel.WEB),
        ("staff", Channel.STAFF),
        ("staff pick", Channel.WEB),
        ("Amazon", Channel.MARKETPLACE),
        ("Amazon Pay", Channel.WEB),
    ],
)
def test_apps_tell_the_channel_by_a_tag(tag: str, channel: Channel) -> None:
    found = order_of(tags=f"vip, {tag},")
    assert found.channel is channel
    assert found.tags == ("vip", tag)


@pytest.mark.parametrize("tag", sorted(tables.HELD_TAGS))
def test_a_tag_holds_an_order(tag: str) -> None:
    assert order_of(tags=f"vip, {tag.title()}").on_hold
    assert not order_of(tags="household").on_hold


def test_a_company_or_a_vat_number_makes_it_b2b() -> None:
    assert order_of(company={"id": 1, "location_id": 2}).is_b2b
    for name in ("VAT number", "vat_id", "USt-IdNr", "Tax ID"):
        assert order_of(note_attributes=[{"name": name, "value": "SE556677889901"}]).is_b2b
    assert not order_of(company=None, note_attributes=[{"name": "VAT number", "value": ""}]).is_b2b


@pytest.mark.parametrize("name", ["cust_id", "customer id", "private", "syntax_idea"])
def test_other_notes_make_no_company_of_a_person(name: str) -> None:
    assert not order_of(note_attributes=[{"name": name, "value": "77"}]).is_b2b


def test_a_gift_is_known_by_its_message_its_tag_or_another_recipient() -> None:
    note = [{"name": "gift_message", "value": "For your mornings"}]
    assert order_of(note_attributes=note).gift == Gift(message="For your mornings", hide_prices=True)
    assert order_of(tags="Gift").gift == Gift()
    assert order_of(shipping_address=ADDRESS | {"name": "Ole Dahl"}).gift == Gift()


def test_the_same_name_in_other_letters_is_no_gift() -> None:
    assert order_of(shipping_address=ADDRESS | {"name": "MIA LINDQVIST"}).gift is None
    assert order_of(billing_address=None).gift is None


@pytest.mark.parametrize(
    "title", ["Pick up in store", "Pickup", "Click & Collect", "Abholung in Malmö", "Selbstabholung"]
)
def test_what_is_collected_at_the_shop_is_pick_up(title: str) -> None:
    found = order_of(shipping_lines=[{"title": title, "code": title}])
    assert found.delivery is DeliveryKind.PICKUP
    assert found.pickup is not None
    assert found.pickup.name == title


@pytest.mark.parametrize("title", ["Standard", "PostNord pickup point", "DHL Pick-up Locker", "Express"])
def test_a_carriers_pick_up_point_is_shipped_to(title: str) -> None:
    assert order_of(shipping_lines=[{"title": title, "code": title}]).delivery is DeliveryKind.SHIPPING


def test_a_shipping_line_that_an_edit_took_away_tells_nothing() -> None:
    gone = {"title": "Pick up in store", "is_removed": True}
    found = order_of(shipping_lines=[gone, {"title": "Express"}])
    assert (found.delivery, found.shipping_method) == (DeliveryKind.SHIPPING, "Express")


def test_an_order_of_which_nothing_is_shipped_is_digital() -> None:
    guide = line(3, "Brewing course", "19.00", requires_shipping=False)
    card = line(4, "Gift card", "50.00", gift_card=True, requires_shipping=False)
    assert order_of(line_items=[guide, card], shipping_lines=[]).delivery is DeliveryKind.DIGITAL
    assert order_of(line_items=[guide, DRIPPER]).delivery is DeliveryKind.SHIPPING
    assert order_of(line_items=[guide, DRIPPER | {"current_quantity": 0}]).delivery is DeliveryKind.DIGITAL


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (line(1, "Dripper 02", "38.00"), LineKind.PHYSICAL),
        (line(1, "Brewing course", "19.00", requires_shipping=False), LineKind.DIGITAL),
        (line(1, "Gift card", "50.00", gift_card=True, requires_shipping=False), LineKind.GIFT_CARD),
        (line(1, "Tip", "5.00", product_id=None, requires_shipping=False), LineKind.TIP),
        (line(1, "Kettle with fine tip", "80.00"), LineKind.PHYSICAL),
        (line(1, "Shipping protection by Route", "1.98", requires_shipping=False), LineKind.PROTECTION),
        (line(1, "Kettle 0.9 with 5 years warranty", "89.00"), LineKind.PHYSICAL),
        (line(1, "Gift wrap", "4.00", requires_shipping=False), LineKind.GIFT_WRAP),
        (line(1, "Free sample: filters", "0.00"), LineKind.SAMPLE),
    ],
)
def test_a_line_is_what_its_flags_and_its_title_say(entry: dict[str, Any], kind: LineKind) -> None:
    assert order_of(line_items=[DRIPPER, entry | {"id": 9}]).lines[1].kind is kind


def test_a_line_without_a_product_has_none() -> None:
    custom = line(5, "Engraving", "9.00", product_id=None, variant_id=None, sku=None, vendor=None, variant_title=None)
    found = order_of(line_items=[custom]).lines[0]
    assert (found.product_id, found.variant_id, found.sku, found.title) == (None, None, "", "Engraving")
    assert order_of(line_items=[custom | {"title": None, "name": None}]).lines[0].title == "Item"


def test_after_an_edit_the_current_quantity_counts() -> None:
    found = order_of(line_items=[FILTERS | {"current_quantity": 1}, DRIPPER | {"current_quantity": 0}]).lines
    assert [(each.quantity, each.ordered_quantity) for each in found] == [(1, 2), (0, 1)]
    assert order_of(line_items=[FILTERS | {"current_quantity": None}]).lines[0].quantity == 2


def test_a_line_tells_when_it_is_expected() -> None:
    told = [{"name": "_Pre-order ships on", "value": "2026-06-01"}]
    assert order_of(line_items=[DRIPPER | {"properties": told}]).lines[0].expected_on == date(2026, 6, 1)
    vague = [{"name": "Ships", "value": "in June"}, {"name": "Engraving", "value": "2026-06-01"}]
    assert order_of(line_items=[DRIPPER | {"properties": vague}]).lines[0].expected_on is None


def test_a_link_that_is_no_web_address_is_dropped() -> None:
    assert order_of(order_status_url="javascript:alert(1)").status_url == ""
