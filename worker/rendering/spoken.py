"""In which of a content's languages a mail comes. Loads no templates: who asks may never render."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from schedules.sequence import TEMPLATES
from worker.kept import Kept
from worker.rendering import formats
from worker.rendering.port import Content

_KEPT = Kept[tuple[str, str], tuple[str, ...]](128)


class Spoken(NamedTuple):
    """The language of a mail's texts, and the locale of its dates and sums."""

    language: str
    locale: str


def languages_of(files: Mapping[str, str], template: str) -> tuple[str, ...]:
    """Languages that a template has texts in."""
    found = re.compile(rf"email_templates/{template}/texts\.([a-z]{{2,3}})\.yaml")
    return tuple(sorted(match[1] for path in files if (match := found.fullmatch(path))))


def spoken(content: Content, step: str, *, wanted: str, shop_locale: str) -> Spoken:
    """The customer's language if the mail of this step has it, else the shop's, else English, else what there is.

    `wanted`: the customer's locale as the platform tells it.
    """
    key = (content.digest, TEMPLATES[step])
    have = _KEPT.get(key) or _KEPT.put(key, languages_of(content.files, TEMPLATES[step]))
    return _best(have, wanted, shop_locale)


@lru_cache(maxsize=1024)
def _best(have: tuple[str, ...], wanted: str, shop_locale: str) -> Spoken:
    locales = (formats.locale_of(wanted, shop_locale), formats.locale_of(shop_locale))
    language = first_of(have, *map(formats.language_of, locales))
    known = (locale for locale in locales if formats.language_of(locale) == language)
    return Spoken(language, next(known, formats.locale_of(language)))


def first_of(have: Sequence[str], *wanted: str) -> str:
    """The first of these languages in which there are texts, else English, else whatever there is."""
    return next((each for each in (*wanted, "en", *have) if each in have), "en")
