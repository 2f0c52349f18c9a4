"""What a language must have words for."""

from dataclasses import dataclass
from typing import NamedTuple

from worker.feedback.preferences import Choice
from worker.links import Purpose


class PageWords(NamedTuple):
    """One page: before the act, its button, after it, and the way back (empty: none)."""

    title: str
    text: str
    button: str
    done_title: str
    done_text: str
    undo: str


class ChoiceWords(NamedTuple):
    """One choice of the preferences page: its name, and what it means."""

    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Words:
    """All pages in one language. `{shop}` is the shop's name, `{product}` the product that a link is about."""

    pages: dict[Purpose, PageWords]
    choices: dict[Choice, ChoiceWords]
    less: dict[Purpose, str]  # above the other choices, by the link that led here
    tested: str  # the email was a test
    saved: str
    heard: str  # below "You are unsubscribed", where the shop is told of it
    silent: tuple[str, str]  # title and text where nothing is sent any more
    back: str
    this_product: str  # one that is not in the catalogue any more
    gone: tuple[str, str]  # title and text of a link that is none
    away: tuple[str, str]  # the same while the database does not answer
