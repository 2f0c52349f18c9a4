"""The languages that the pages speak."""

from worker.rendering.formats import language_of
from worker.web.words.dutch import DUTCH
from worker.web.words.english import ENGLISH
from worker.web.words.french import FRENCH
from worker.web.words.german import GERMAN
from worker.web.words.italian import ITALIAN
from worker.web.words.port import Words
from worker.web.words.spanish import SPANISH

WORDS: dict[str, Words] = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN, "nl": DUTCH}


def understood(*locales: str) -> str:
    """The first of these locales' languages that the pages speak; English where they speak none of them."""
    return next((each for each in map(language_of, locales) if each in WORDS), "en")


def accepted(header: str) -> str:
    """The language that a browser's `Accept-Language` prefers of those that the pages speak; else English."""
    weighed = [(_weight(part), part.partition(";")[0].strip()) for part in header.split(",")]
    return understood(*(tag for weight, tag in sorted(weighed, key=lambda each: -each[0]) if weight > 0))


def _weight(part: str) -> float:
    """As RFC 9110 has it: 1 where none is told."""
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
