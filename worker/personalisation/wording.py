"""The reason on an offer card, in the mail's language: the merchant's pitch, else what the pairing says."""

import re
from datetime import datetime
from decimal import Decimal

from worker.rendering import formats

GOES_WITH_PRODUCT = {"en": "Goes well with {title}", "de": "Passt gut zu: {title}"}
GOES_WITH_ORDER = {"en": "Goes well with what was ordered", "de": "Passt gut zu dieser Bestellung"}
BOUGHT_WITH_PRODUCT = {"en": "Often bought with {title}", "de": "Oft gekauft mit: {title}"}
BOUGHT_WITH_CATEGORY = {"en": "Often bought with things from “{title}”", "de": "Oft gekauft mit Artikeln aus „{title}“"}
BOUGHT_WITH_ORDER = {"en": "Often bought with what was ordered", "de": "Oft zusammen mit dieser Bestellung gekauft"}
MADE_FOR = {"en": "Made for your {title}", "de": "Gemacht für: {title}"}
BOUGHT_ON = {"en": "You bought it on {day}", "de": "Zuletzt gekauft am {day}"}
DEARER = {"en": "{benefits} {money} more.", "de": "{benefits} {money} mehr."}
ADDRESSES_OWNER = re.compile(r"(?i:\b(yours?|dein\w*|eure\w*|euer)\b)|\bIhr\w*\b")
"""Words that take the buyer for the owner, who is somebody else when the order is a gift."""


def reason_for(*, pitch: str, for_title: str, is_gift: bool, language: str) -> str:
    """A true sentence on why a product is shown. `language`: BCP 47; one we have no words in gets English.

    A pitch is printed as the merchant wrote it, in whatever language; a gift's mail says nothing of "your" goods.
    """
    code = formats.language_of(language)
    if pitch and not (is_gift and ADDRESSES_OWNER.search(pitch)):
        return pitch
    if for_title and not is_gift:
        return GOES_WITH_PRODUCT.get(code, GOES_WITH_PRODUCT["en"]).format(title=for_title)
    return GOES_WITH_ORDER.get(code, GOES_WITH_ORDER["en"])


def learned_reason_for(*, kind: str, for_title: str, is_gift: bool, language: str) -> str:
    """What orders prove, with a product (`co_purchase`) or a category (`best_seller`) as `for_title`."""
    if is_gift or not for_title:
        words = BOUGHT_WITH_ORDER
    else:
        words = BOUGHT_WITH_PRODUCT if kind == "co_purchase" else BOUGHT_WITH_CATEGORY
    return words.get(formats.language_of(language), words["en"]).format(title=for_title)


def made_for(title: str, language: str) -> str:
    """What the catalogue says fits."""
    return MADE_FOR.get(formats.language_of(language), MADE_FOR["en"]).format(title=title)


def refill_reason(bought_at: datetime, timezone: str, language: str) -> str:
    """When it was bought last, by the customer's calendar."""
    known = formats.language_of(language) in BOUGHT_ON
    day = formats.long_day(formats.local_date(bought_at, timezone), formats.locale_of(language) if known else "en")
    return BOUGHT_ON[formats.language_of(language) if known else "en"].format(day=day)


def upgrade_reason(benefits: str, difference: Decimal, currency: str, language: str) -> str:
    """What a better one does better, in the merchant's words, and the difference in price."""
    words = DEARER.get(formats.language_of(language), DEARER["en"])
    said = benefits.rstrip() if benefits.rstrip().endswith((".", "!", "?")) else f"{benefits.rstrip()}."
    return words.format(benefits=said, money=formats.amount(difference, currency, formats.locale_of(language)))
