"""The reason on an offer card, in the mail's language: the merchant's pitch, else what the pairing says."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from worker.rendering import formats


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """What cards say in one language. `{title}` is a product's or a category's, `{day}` a date, `{money}` a sum."""

    goes_with_product: str
    goes_with_order: str
    bought_with_product: str
    bought_with_category: str
    bought_with_order: str
    made_for: str
    bought_on: str
    dearer: str


REASONS = {
    "en": Reasons(
        goes_with_product="Goes well with {title}",
        goes_with_order="Goes well with what was ordered",
        bought_with_product="Often bought with {title}",
        bought_with_category="Often bought with things from “{title}”",
        bought_with_order="Often bought with what was ordered",
        made_for="Made for your {title}",
        bought_on="You bought it on {day}",
        dearer="{benefits} {money} more.",
    ),
    "de": Reasons(
        goes_with_product="Passt gut zu: {title}",
        goes_with_order="Passt gut zu dieser Bestellung",
        bought_with_product="Oft gekauft mit: {title}",
        bought_with_category="Oft gekauft mit Artikeln aus „{title}“",
        bought_with_order="Oft zusammen mit dieser Bestellung gekauft",
        made_for="Gemacht für: {title}",
        bought_on="Zuletzt gekauft am {day}",
        dearer="{benefits} {money} mehr.",
    ),
    "fr": Reasons(
        goes_with_product="Va bien avec {title}",
        goes_with_order="Va bien avec cette commande",
        bought_with_product="Souvent acheté avec {title}",
        bought_with_category="Souvent acheté avec des articles de «\u00a0{title}\u00a0»",
        bought_with_order="Souvent acheté avec ces articles",
        made_for="Conçu pour {title}",
        bought_on="Dernier achat le {day}",
        dearer="{benefits} {money} de plus.",
    ),
    "es": Reasons(
        goes_with_product="Va bien con {title}",
        goes_with_order="Va bien con este pedido",
        bought_with_product="Se compra a menudo con {title}",
        bought_with_category="Se compra a menudo con artículos de «{title}»",
        bought_with_order="Se compra a menudo con estos artículos",
        made_for="Pensado para {title}",
        bought_on="Última compra: {day}",
        dearer="{benefits} {money} más.",
    ),
    "it": Reasons(
        goes_with_product="Sta bene con {title}",
        goes_with_order="Sta bene con questo ordine",
        bought_with_product="Acquistato spesso con {title}",
        bought_with_category="Acquistato spesso con articoli di «{title}»",
        bought_with_order="Acquistato spesso con questi articoli",
        made_for="Pensato per {title}",
        bought_on="Ultimo acquisto: {day}",
        dearer="{benefits} {money} in più.",
    ),
    "nl": Reasons(
        goes_with_product="Past goed bij {title}",
        goes_with_order="Past goed bij deze bestelling",
        bought_with_product="Vaak gekocht met {title}",
        bought_with_category="Vaak gekocht met artikelen uit ‘{title}’",
        bought_with_order="Vaak samen met deze bestelling gekocht",
        made_for="Gemaakt voor {title}",
        bought_on="Laatst gekocht op {day}",
        dearer="{benefits} {money} meer.",
    ),
}
OWNERS = (
    r"yours?|dein\w*|eure\w*|euer|votre|vos|vôtres?|ta|tes|tien\w*"
    r"|tus?|tuy[oa]s?|vuestr[oa]s?|tuo|tua|tuoi|tue|vostr[oaie]|je|jouw|jullie|uw"
)
ADDRESSES_OWNER = re.compile(rf"(?i:\b({OWNERS})\b)|\bIhr\w*\b")
"""Words that take the buyer for the owner, who is somebody else when the order is a gift."""


def reason_for(*, pitch: str, for_title: str, is_gift: bool, language: str) -> str:
    """A true sentence on why a product is shown. `language`: BCP 47; one we have no words in gets English.

    A pitch is printed as the merchant wrote it, in whatever language; a gift's mail says nothing of "your" goods.
    """
    words = _reasons(language)
    if pitch and not (is_gift and ADDRESSES_OWNER.search(pitch)):
        return pitch
    if for_title and not is_gift:
        return words.goes_with_product.format(title=for_title)
    return words.goes_with_order


def learned_reason_for(*, kind: str, for_title: str, is_gift: bool, language: str) -> str:
    """What orders prove, with a product (`co_purchase`) or a category (`best_seller`) as `for_title`."""
    words = _reasons(language)
    if is_gift or not for_title:
        return words.bought_with_order
    return (words.bought_with_product if kind == "co_purchase" else words.bought_with_category).format(title=for_title)


def made_for(title: str, language: str) -> str:
    """What the catalogue says fits."""
    return _reasons(language).made_for.format(title=title)


def refill_reason(bought_at: datetime, timezone: str, language: str) -> str:
    """When it was bought last, by the customer's calendar."""
    day = formats.long_day(formats.local_date(bought_at, timezone), _locale(language))
    return _reasons(language).bought_on.format(day=day)


def upgrade_reason(benefits: str, difference: Decimal, currency: str, language: str) -> str:
    """What a better one does better, in the merchant's words, and the difference in price."""
    said = benefits.rstrip() if benefits.rstrip().endswith((".", "!", "?")) else f"{benefits.rstrip()}."
    return _reasons(language).dearer.format(
        benefits=said, money=formats.amount(difference, currency, _locale(language))
    )


@lru_cache(maxsize=256)
def _reasons(language: str) -> Reasons:
    return REASONS.get(formats.language_of(language), REASONS["en"])


def _locale(language: str) -> str:
    """Of the words: days and sums stand among them."""
    return formats.locale_of(language) if formats.language_of(language) in REASONS else "en"
