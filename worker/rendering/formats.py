"""Dates, money and names as people of a locale write them."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_timezone, get_timezone_location
from babel.numbers import format_currency, format_decimal, format_percent

from schedules.facts import Address, Money

FIT_NAME = re.compile(r"[^\W\d_]([^\W\d_]|[ '’.-]){0,18}[^\W\d_]")
REGION_FIRST = frozenset({"US", "CA", "AU"})
"""Where addresses read "Springfield IL 62701"."""
REGION_LAST = frozenset({"IT", "BR"})
"""Where they read "20121 Milano MI"."""
CITY_FIRST = frozenset({"GB", "IE", "NZ", "IN", "SG", "TH", "ZA"})
"""Where they read "London SW1A 1AA"."""
DAYS = {
    "en": "EEE d MMM",
    "en_US": "EEE MMM d",
    "de": "EEE, d. MMMM",
    "fr": "EEE d MMMM",
    "es": "EEE d 'de' MMMM",
    "it": "EEE d MMMM",
    "nl": "EEE d MMMM",
}
"""Months in full where an abbreviation's full stop would meet that of its sentence."""
LETTER_AND_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between them the Unicode tables want a space, which Babel leaves out: CHF 49.00."""
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


@lru_cache(maxsize=256)
def locale_of(tag: str, fallback: str = "en") -> str:
    """A locale that Babel knows (`de_DE`), from a BCP 47 tag; the fallback when it knows none."""
    for candidate in (tag, tag.split("-")[0].split("_")[0], fallback):
        try:
            return str(Locale.parse(candidate.replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            continue
    return "en"


def language_of(locale: str) -> str:
    """The language alone, of a locale or a BCP 47 tag."""
    return locale.replace("-", "_").partition("_")[0].lower()


@lru_cache(maxsize=4096)
def amount(value: Decimal, currency: str, locale: str) -> str:
    return LETTER_AND_DIGIT.sub("\u00a0", format_currency(value, currency, locale=locale))


def money(value: Money, locale: str) -> str:
    return amount(value.amount, value.currency, locale)


@lru_cache(maxsize=4096)
def day(value: date, locale: str, *, weekday: bool = True) -> str:
    """Thu 14 May in English, Do., 14. Mai in German."""
    pattern = _pattern(value, locale)
    if not pattern:
        return format_skeleton("MMMEd" if weekday else "MMMd", datetime.combine(value, time()), locale=locale)
    return format_date(value, pattern if weekday else _without_weekday(pattern), locale=locale)


@lru_cache(maxsize=4096)
def long_day(value: date, locale: str) -> str:
    """30 April."""
    pattern = _without_weekday(_pattern(value, locale))
    return format_date(value, re.sub("M+", "MMMM", pattern) or "long", locale=locale)


def _pattern(value: date, locale: str) -> str:
    """How we write a day with its weekday; empty: as Babel does."""
    if language_of(locale) == "fr" and value.day == 1:
        return "EEE d'er' MMMM"
    return DAYS.get(locale) or DAYS.get(language_of(locale), "")


def _without_weekday(pattern: str) -> str:
    return pattern.removeprefix("EEE").lstrip(", ")


def local_date(moment: datetime, timezone: str) -> date:
    return moment.astimezone(get_timezone(timezone)).date()


@lru_cache(maxsize=256)
def city(timezone: str, locale: str) -> str:
    """The city that a zone is named after, in the locale's words; empty for UTC and the like."""
    if "/" not in timezone or timezone.startswith("Etc/"):
        return ""
    return str(get_timezone_location(get_timezone(timezone), locale=locale, return_city=True))


@lru_cache(maxsize=4096)
def percent(value: Decimal, locale: str) -> str:
    """10 %, 7.5 %; in German 7,5 %. The space does not break; English has it too, as the metric system writes it."""
    shown = format_percent(value / 100, locale=locale, decimal_quantization=False)
    return shown.replace("%", "\u00a0%") if language_of(locale) == "en" else shown


@lru_cache(maxsize=256)
def rating(value: Decimal, locale: str) -> str:
    """With one digit after the point: 4.0, 4.7."""
    return format_decimal(value, format="0.0", locale=locale)


def first_name(name: str) -> str:
    """The first name if it is fit to print: 2 to 20 letters, no digits; all capitals are repaired. Else empty."""
    name = name.strip()
    if not FIT_NAME.fullmatch(name):
        return ""
    return name.title() if name.isupper() and len(name) > 2 else name


def web_url(url: str) -> str:
    """The address if it is one of the web; empty for anything else."""
    return url if url.startswith(("https://", "http://")) else ""


@lru_cache(maxsize=1024)
def country(code: str, locale: str) -> str:
    """The country's name in the locale; the code where Babel knows none."""
    return str(Locale.parse(locale).territories.get(code.upper(), code))


def one_line(address: Address | None, locale: str) -> str:
    """An address in one line."""
    if address is None:
        return ""
    place = _place(address)
    parts = (address.name, address.company, address.line1, address.line2, place, country(address.country, locale))
    return ", ".join(filter(None, parts))


def _place(address: Address) -> str:
    """City, region and postal code in their country's order; the region only where mail is addressed with it."""
    parts: tuple[str, ...] = (address.postal_code, address.city)
    if address.country in REGION_FIRST:
        parts = (address.city, address.region, address.postal_code)
    elif address.country in CITY_FIRST:
        parts = (address.city, address.postal_code)
    elif address.country in REGION_LAST:
        parts += (address.region,)
    return " ".join(filter(None, parts))
