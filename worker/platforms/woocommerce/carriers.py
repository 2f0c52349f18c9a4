"""Carriers as shipment-tracking plugins name them: by a word made of the name, with a number and without a link."""

import re

_COLISSIMO = "https://www.laposte.fr/outils/suivre-vos-envois?code={}"
_DHL = "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}"
_DHL_GERMANY = "https://nolp.dhl.de/nextt-online-public/set_identcodes.do?lang=de&idc={}"
_DPD_GERMANY = "https://tracking.dpd.de/parcelstatus?query={}"
_UPS = "https://www.ups.com/track?loc=en_US&tracknum={}"
CARRIERS = {
    "anpost": ("An Post", "https://track.anpost.ie/TrackingResults.aspx?rtt=1&items={}"),
    "australiapost": ("Australia Post", "https://auspost.com.au/mypost/track/#/details/{}"),
    "bpost": ("bpost", ""),
    "canadapost": (
        "Canada Post",
        "https://www.canadapost.ca/cpotools/apps/track/personal/findByTrackNumber?trackingNumber={}",
    ),
    "colissimo": ("Colissimo", _COLISSIMO),
    "deutschepostdhl": ("DHL", _DHL_GERMANY),
    "dhl": ("DHL", _DHL),
    "dhlat": ("DHL", _DHL),
    "dhlcz": ("DHL", _DHL),
    "dhlde": ("DHL", _DHL_GERMANY),
    "dhlgermany": ("DHL", _DHL_GERMANY),
    "dhlintraship": ("DHL", _DHL_GERMANY),
    "dhlintrashipde": ("DHL", _DHL_GERMANY),
    "dhlse": ("DHL", _DHL),
    "dhlus": ("DHL", _DHL),
    "dpd": ("DPD", _DPD_GERMANY),
    "dpdcouk": ("DPD", ""),
    "dpdde": ("DPD", _DPD_GERMANY),
    "dpdie": ("DPD", ""),
    "dpdnl": ("DPD", ""),
    "dpdpl": ("DPD", ""),
    "evri": ("Evri", "https://www.evri.com/track/parcel/{}"),
    "fedex": ("FedEx", "https://www.fedex.com/apps/fedextrack/?action=track&tracknumbers={}"),
    "gls": ("GLS", ""),
    "hermes": ("Hermes", ""),
    "inpost": ("InPost", "https://inpost.pl/sledzenie-przesylek?number={}"),
    "lapostecolissimo": ("Colissimo", _COLISSIMO),
    "ontrac": ("OnTrac", ""),
    "parcelforce": ("Parcelforce", ""),
    "postat": ("Österreichische Post", ""),
    "postnl": ("PostNL", ""),
    "postnordsverigeab": ("PostNord", "https://portal.postnord.com/tracking/details/{}"),
    "royalmail": ("Royal Mail", "https://www3.royalmail.com/track-your-item#/tracking-results/{}"),
    "ups": ("UPS", _UPS),
    "upsgermany": ("UPS", _UPS),
    "upsnetherlands": ("UPS", _UPS),
    "upsse": ("UPS", _UPS),
    "usps": ("USPS", "https://tools.usps.com/go/TrackConfirmAction_input?qtc_tLabels1={}"),
}
"""By their name in letters and digits alone -> name and page of a number; empty: the number alone opens none."""
SHORT = 3
"""Names of so many letters are abbreviations."""


def carrier_of(told: str) -> tuple[str, str]:
    """The name that customers know, and the page of a number, `{}` standing for it; empty where none is known."""
    return CARRIERS.get(re.sub(r"[^a-z0-9]", "", told.lower()), ("", ""))


def spelled(word: str) -> str:
    """`fan-courier` as Fan Courier; what is no such word stays as it is."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", word):
        return word
    return word.upper() if len(word) <= SHORT else " ".join(part.capitalize() for part in word.split("-"))
