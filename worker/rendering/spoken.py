"""In which of a content's languages a mail comes. Loads no templates: who asks may never render."""

import re
from collections.abc import Mapping
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
    for locale in (formats.locale_of(wanted, shop_locale), formats.locale_of(shop_locale), "en"):
        if formats.language_of(locale) in have:
            return Spoken(formats.language_of(locale), locale)
    language = have[0] if have else "en"
    return Spoken(language, formats.locale_of(language))
