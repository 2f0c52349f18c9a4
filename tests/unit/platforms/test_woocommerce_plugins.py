"""What plugins make of WooCommerce's orders."""

from itertools import permutations
from typing import Any

import pytest

from schedules import reasons
from schedules.facts import CaseKind, DeliveryKind, PaymentState
from schedules.parcels import arrival, sent_parcels
from schedules.situations import why_no_marketing, why_nothing
from tests.support.read_mails import facts_of, mail_of, woo
from tests.support.woocommerce import ADDRESS, DRIPPER, FILTERS, PLACED, gmt, meta, order, tracking
from tests.unit.schedules.examples import after, planned, steps_of


def _with_gaps(entries: list[Any]) -> dict[str, Any]:
    """As PHP writes a list out of which a filter took the first: as an object."""
    return {str(number): entry for number, entry in enumerate(entries, 1)}


def test_lists_that_php_wrote_as_objects_are_read() -> None:
    """Whoever filters the answer of WooCommerce's API and leaves gaps makes objects of its lists."""
    choices = _with_gaps([{"key": "engraving", "value": "Anna"}])
    parts: dict[str, list[Any]] = {
        "line_items": [DRIPPER | {"meta_data": choices}, FILTERS],
        "shipping_lines": order()["shipping_lines"],
        "fee_lines": [{"id": 5, "name": "Gift wrap", "total": "0.81", "total_tax": "0.19"}],
        "refunds": [{"id": 88, "reason": "", "total": "-1.00"}],
        "meta_data": meta(_wc_shipment_tracking_items=[tracking("JD1")]),
    }
    listed = parts | {"line_items": [DRIPPER | {"meta_data": list(choices.values())}, FILTERS]}
    facts = woo(**{name: _with_gaps(entries) for name, entries in parts.items()})
    assert facts == woo(**listed)
    assert why_nothing(facts) is None
    assert "Anna" in mail_of("confirmation", facts).text


PLACE = {"address_1": "12 Quay Street", "city": "Galway", "state": "G", "postcode": "H91 X0X1", "country": "IE"}


def test_goods_to_collect_at_a_place_of_local_pickup_plus_are_no_parcel() -> None:
    """The extension's word for its way of shipping is its own, and so are the keys of its places."""
    told = meta(_pickup_location_id=7, _pickup_location_name="Quay shop", _pickup_location_address=PLACE)
    way = {"id": 9, "method_id": "local_pickup_plus", "method_title": "Local pickup", "meta_data": told}
    facts = woo(shipping_lines=[way], shipping=ADDRESS)
    assert facts.order is not None
    assert facts.order.delivery is DeliveryKind.PICKUP
    mail = mail_of("confirmation", facts)
    assert "Quay shop, 12 Quay Street, Galway H91 X0X1, Ireland" in " ".join(mail.text.split())
    assert "when it is ready" in mail.preview


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        ("return-requested", reasons.TROUBLE[CaseKind.RETURN]),
        ("return-approved", reasons.TROUBLE[CaseKind.RETURN]),
        ("returned", reasons.TROUBLE[CaseKind.RETURN]),
        ("refund-requested", reasons.TROUBLE[CaseKind.RETURN]),
        ("exchange-request", reasons.TROUBLE[CaseKind.EXCHANGE]),
        ("return-cancelled", None),
        ("refund-rejected", None),
        ("returning-customer", None),
    ],
)
def test_nobody_is_asked_how_it_is_who_sends_it_back(status: str, trouble: str | None) -> None:
    """Plugins for returns tell of them by statuses of their own, after the order was completed."""
    done = {"date_completed_gmt": gmt(PLACED)}
    bodies = [
        order(status="completed", **done),
        order(status=status, date_modified_gmt=gmt(after(PLACED, days=5)), **done),
    ]
    for permuted in permutations(bodies):
        facts = facts_of("woocommerce", "order.updated", *permuted)
        assert why_no_marketing(facts) == trouble
        assert ("follow_up" in steps_of(planned(facts, now=PLACED))) is (trouble is None)


def test_a_return_that_was_declined_is_none_any_more() -> None:
    asked = order(status="return-requested", date_modified_gmt=gmt(after(PLACED, days=5)))
    declined = order(status="return-rejected", date_modified_gmt=gmt(after(PLACED, days=6)))
    assert why_no_marketing(facts_of("woocommerce", "order.updated", declined, asked)) is None


@pytest.mark.parametrize("status", ["ready-pickup", "ready-for-pickup", "ready-to-pickup", "pickup-ready"])
@pytest.mark.parametrize("collected", ["pickup", "picked-up", "completed"])
def test_goods_wait_and_are_collected_by_the_statuses_of_whichever_plugin(status: str, collected: str) -> None:
    """Advanced Local Pickup writes `pickup` for what was picked up."""
    way = {"shipping_lines": [{"id": 9, "method_id": "local_pickup:4", "method_title": "Galway shop"}]}
    ready = order(status=status, **way)
    (waiting,) = facts_of("woocommerce", "order.updated", ready).parcels
    assert waiting.is_pickup
    assert arrival(waiting) is None
    later = order(status=collected, date_modified_gmt=gmt(after(PLACED, days=5)), **way)
    (given,) = facts_of("woocommerce", "order.updated", ready, later).parcels
    assert arrival(given) is not None


@pytest.mark.parametrize("status", ["shipped", "dispatched", "in-transit", "out-for-delivery"])
def test_a_parcel_has_left_by_the_statuses_of_whichever_plugin(status: str) -> None:
    assert len(sent_parcels(woo(status=status))) == 1
    assert sent_parcels(woo(status="awaiting-dispatch")) == ()


def test_a_deposit_is_not_the_whole() -> None:
    for status in ("partial-payment", "partially-paid", "partial-paid"):
        read = woo(status=status).order
        assert read is not None
        assert read.payment is PaymentState.PARTIALLY_PAID


@pytest.mark.parametrize(
    ("slug", "carrier", "page"),
    [
        ("dhl-germany", "DHL", "https://nolp.dhl.de/nextt-online-public/set_identcodes.do?lang=de&idc=JD1"),
        ("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction_input?qtc_tLabels1=JD1"),
        ("la-poste-colissimo", "Colissimo", "https://www.laposte.fr/outils/suivre-vos-envois?code=JD1"),
    ],
)
def test_numbers_that_aftership_keeps_are_told(slug: str, carrier: str, page: str) -> None:
    """Without them such a parcel was said to travel without tracking."""
    kept = [{"tracking_id": "7f", "slug": slug, "tracking_number": "JD1", "additional_fields": {}, "line_items": []}]
    facts = woo(status="completed", meta_data=meta(_aftership_tracking_items=kept))
    (parcel,) = facts.parcels
    assert (parcel.carrier, parcel.tracking_number, parcel.tracking_url) == (carrier, "JD1", page)
    assert page in mail_of("shipping", facts).text


def test_of_an_order_that_is_shipped_in_part_the_parcel_is_told() -> None:
    """Local Pickup Plus lets customers collect some things and have others sent."""
    ways = [
        {"id": 8, "method_id": "flat_rate:3", "method_title": "Standard", "meta_data": []},
        {"id": 9, "method_id": "local_pickup_plus", "method_title": "Local pickup", "meta_data": []},
    ]
    for listed in (ways, ways[::-1]):
        facts = woo(shipping_lines=listed, meta_data=meta(_wc_shipment_tracking_items=[tracking("JD1")]))
        assert "JD1" in mail_of("shipping", facts).text
        assert "Delivery address" in mail_of("confirmation", facts).text
