"""Whom a shipping mail tells where a parcel can be redirected."""

import re
from dataclasses import replace
from typing import Any

import pytest

from schedules.facts import Address, DeliveryKind, PickupPoint
from schedules.parcel_facts import Tracking, TrackingStatus
from tests.support.mailing import render, rendered
from worker.demo.examples import LEFT, order, parcel
from worker.demo.situations import example
from worker.rendering.carriers import ALIASES, REDIRECTS, redirect_url
from worker.rendering.port import RenderedMail

DHL = REDIRECTS["dhl"]["DE"]
HAMBURG = Address(name="Mia Keane", line1="Hafenstraße 1", postal_code="20095", city="Hamburg", country="DE")


def _to(country: str, carrier: str) -> str:
    there = order(shipping_address=HAMBURG.model_copy(update={"country": country}))
    return redirect_url(there, parcel().model_copy(update={"carrier": carrier}))


@pytest.mark.parametrize(
    ("carrier", "country", "host"),
    [
        ("DHL", "DE", "www.dhl.de"),
        ("DHL Paket", "DE", "www.dhl.de"),
        ("DHL Express", "FR", "del.dhl.com"),
        ("Royal Mail", "GB", "www.royalmail.com"),
        ("USPS", "US", "tools.usps.com"),
        ("FedEx", "US", "www.fedex.com"),
        ("UPS", "US", "www.ups.com"),
        ("dpd.de", "DE", "my.dpd.de"),
    ],
)
def test_a_carrier_is_known_by_its_name_and_the_country(carrier: str, country: str, host: str) -> None:
    assert _to(country, carrier).startswith(f"https://{host}")


@pytest.mark.parametrize(("carrier", "country"), [("DHL", "IE"), ("FedEx", "DE"), ("Bike courier", "DE"), ("", "DE")])
def test_where_no_page_is_known_none_is_shown(carrier: str, country: str) -> None:
    assert _to(country, carrier) == ""


def test_other_names_lead_to_carriers_that_are_known() -> None:
    assert set(ALIASES.values()) <= set(REDIRECTS)
    assert not set(ALIASES) & set(REDIRECTS)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_shipping_mail_links_it_below_the_address(language: str) -> None:
    mail = rendered("shipping", "redirect", locale=language)
    words = {"en": "Not home? Change the delivery with DHL", "de": "Nicht zu Hause? Zustellung bei DHL ändern"}[
        language
    ]
    assert re.search(rf'<a href="{re.escape(DHL)}"[^>]*>{re.escape(words)}</a>', mail.html)
    assert f"\n{words}:\n{DHL}\n" in mail.text
    assert mail.html.index("Hafenstraße 1") < mail.html.index(DHL)


def _shipped(told: dict[str, Any], **more: Any) -> RenderedMail:
    base = example("shipping")
    there = order(shipping_address=HAMBURG).model_copy(update=told)
    left = parcel().model_copy(update=more)
    return render(replace(base, facts=base.facts.model_copy(update={"order": there, "parcels": (left,)})))


@pytest.mark.parametrize(
    "told",
    [
        {"delivery": DeliveryKind.PICKUP, "pickup": PickupPoint(name="Northkettle Galway")},
        {"delivery": DeliveryKind.DIGITAL},
        {"shipping_method": "DHL Pickup point"},
        {"shipping_address": HAMBURG.model_copy(update={"line1": "Packstation 104"})},
        {"shipping_address": HAMBURG.model_copy(update={"line2": "P.O. Box 7"})},
        {"shipping_address": None},
    ],
)
def test_what_is_not_brought_home_is_not_redirected(told: dict[str, Any]) -> None:
    mail = _shipped(told)
    assert "Not home?" not in mail.html + mail.text


@pytest.mark.parametrize("status", [TrackingStatus.READY_FOR_PICKUP, TrackingStatus.DELIVERED])
def test_what_has_arrived_is_not_redirected(status: TrackingStatus) -> None:
    report = Tracking(id="1", parcel_id="1", status=status, at=LEFT)
    assert "Not home?" not in _shipped({}, tracking=(report,)).html
    assert "Not home?" in _shipped({}, tracking=(report.model_copy(update={"status": TrackingStatus.ATTEMPTED}),)).html


def test_a_parcel_without_a_number_and_a_companion_say_nothing_of_it() -> None:
    assert "Not home?" not in _shipped({}, tracking_number="").html
    companion = replace(example("shipping", "companion"), facts=example("shipping", "redirect").facts)
    mail = render(companion)
    assert "Not home?" not in mail.html + mail.text
