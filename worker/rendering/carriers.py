"""Where people who will not be at home tell the carrier what to do with a parcel on its way."""

import re

from schedules.facts import Address, DeliveryKind, Order
from schedules.parcel_facts import Parcel, TrackingStatus

REDIRECTS = {
    "australiapost": {"AU": "https://auspost.com.au/receiving/mypost"},
    "canadapost": {
        "CA": "https://www.canadapost-postescanada.ca/cpc/en/support/kb/receiving/setting-preferences/"
        "set-a-delivery-preference-canada-post"
    },
    "dhl": {
        "DE": "https://www.dhl.de/de/privatkunden/pakete-empfangen/an-einem-abholort-empfangen/paketumleitung.html"
    },
    "dhlexpress": {"": "https://del.dhl.com"},
    "dpd": {"DE": "https://my.dpd.de"},
    "fedex": {"US": "https://www.fedex.com/en-us/delivery-manager.html"},
    "hermes": {"DE": "https://www.myhermes.de/empfangen/sendungsverfolgung/"},
    "royalmail": {"GB": "https://www.royalmail.com/redelivery"},
    "ups": {"US": "https://www.ups.com/us/en/help-center/sri/tracking/change-delivery.page"},
    "usps": {"US": "https://tools.usps.com/redelivery.htm"},
}
"""Carriers by their name in letters and digits alone -> the page that they name for it, by country (empty: all).

A carrier that is not here offers it on its tracking page, if at all.
"""
ALIASES = {
    "deutschepostdhl": "dhl",
    "dhlde": "dhl",
    "dhlgermany": "dhl",
    "dhlpaket": "dhl",
    "dhlparcel": "dhl",
    "dpdde": "dpd",
    "dpdgermany": "dpd",
    "hermesde": "hermes",
    "hermesgermany": "hermes",
    "myhermes": "hermes",
}
COLLECTED = re.compile(
    r"pack\s?station|post\s?filiale|paket\s?(shop|box)|postfach|p\.?\s?o\.?\s?box\b|locker|access point|service\s?point"
    r"|pick.?up.?(point|station)|point relais|relay point|(parcel|collection) ?(shop|point)",
    re.IGNORECASE,
)
"""In the method or the address: the customer fetches the parcel, it is never brought home."""
STANDING = frozenset({TrackingStatus.READY_FOR_PICKUP, TrackingStatus.DELIVERED})
"""Where a parcel can no longer be sent elsewhere."""


def redirect_url(order: Order, parcel: Parcel) -> str:
    """The carrier's page for it; empty: the parcel is not on its way to a home, or no page is known.

    Carriers ask for the parcel's number there, so one without gets none.
    """
    address = order.shipping_address
    if address is None or not parcel.tracking_number or not _goes_home(order, address, parcel):
        return ""
    carrier = re.sub(r"[^a-z0-9]", "", parcel.carrier.lower())
    pages = REDIRECTS.get(ALIASES.get(carrier, carrier), {})
    return pages.get(address.country) or pages.get("", "")


def _goes_home(order: Order, address: Address, parcel: Parcel) -> bool:
    if order.delivery is not DeliveryKind.SHIPPING or order.pickup is not None or parcel.is_pickup:
        return False
    if any(report.status in STANDING for report in parcel.tracking):
        return False
    place = (order.shipping_method, address.company, address.line1, address.line2)
    return not COLLECTED.search("\n".join(place))
