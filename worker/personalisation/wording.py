"""The reason on an offer card, in the mail's language: the merchant's pitch, else what the pairing says."""

import re

GOES_WITH_PRODUCT = {"en": "Goes well with {title}", "de": "Passt gut zu: {title}"}
GOES_WITH_ORDER = {"en": "Goes well with what was ordered", "de": "Passt gut zu dieser Bestellung"}
ADDRESSES_OWNER = re.compile(r"(?i:\b(yours?|dein\w*|eure\w*|euer)\b)|\bIhr\w*\b")
"""Words that take the buyer for the owner, who is somebody else when the order is a gift."""


def reason_for(*, pitch: str, for_title: str, is_gift: bool, language: str) -> str:
    """A true sentence on why a product is shown. `language`: BCP 47; one we have no words in gets English.

    A pitch is printed as the merchant wrote it, in whatever language; a gift's mail says nothing of "your" goods.
    """
    code = language.replace("_", "-").partition("-")[0].lower()
    if pitch and not (is_gift and ADDRESSES_OWNER.search(pitch)):
        return pitch
    if for_title and not is_gift:
        return GOES_WITH_PRODUCT.get(code, GOES_WITH_PRODUCT["en"]).format(title=for_title)
    return GOES_WITH_ORDER.get(code, GOES_WITH_ORDER["en"])
