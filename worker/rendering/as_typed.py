"""What stands in templates and texts and would reach customers as it was typed, or not at all: slips of those who edit.

Placeholders of other tools or with a brace too few, tags inside texts, addresses that no mailbox follows.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from worker.errors import Fault
from worker.rendering.compiling import LANGUAGE, ROOT, WORD

EXPRESSION = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}")
COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{ ?\{? ?[A-Za-z_][\w.]* ?\}? ?\}|\*\|\w+\|\*|%%\w+%%")
BRACKETS = re.compile(r"\[\[")
TAG = re.compile(r"</?(?:a|b|br|div|em|font|h[1-6]|i|img|li|ol|p|small|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6});", re.IGNORECASE)
TAKEN_OUT = re.compile(r"<(script|iframe|form|object|embed)\b", re.IGNORECASE)
ADDRESS = re.compile(r"""\b(src|href|background-url)\s*=\s*["']([^"'{\[]+)["']""")
FOLLOWED = re.compile(r"https?://[^\s/]|mailto:|tel:|sms:|#")
UNSEEN = re.compile(r"\.(webp|svg|avif|tiff?|bmp)$", re.IGNORECASE)
MOST_TOLD = 20
"""Faults of one file; more are told once these are mended."""


def read_as_typed(files: Mapping[str, str]) -> Iterator[Fault]:
    """Faults of all templates and texts, each with its file and line."""
    for path, text in sorted(files.items()):
        if path.startswith(ROOT) and (path.endswith((".mjml", ".txt")) or LANGUAGE.search(path)):
            for at, problem, remedy in islice(_found(path, text), MOST_TOLD):
                yield Fault(path, text.count("\n", 0, at) + 1, problem, remedy)


def _found(path: str, text: str) -> Iterator[tuple[int, str, str]]:
    is_words = LANGUAGE.search(path) is not None
    bare = EXPRESSION.sub(_blanked, COMMENT.sub(_blanked, text) if is_words else text)
    for found in PLACEHOLDER.finditer(bare):
        name = re.sub(r"\W", "", found[0])
        yield (
            found.start(),
            f"customers would read {found[0]} as it stands.",
            f"Write {{{{ {name} }}}} if that is meant.",
        )
    for found in BRACKETS.finditer(bare if is_words else WORD.sub(_blanked, bare)):
        remedy = "Texts hold no other texts: write it out." if is_words else "Write names in small letters: [[name]]."
        yield found.start(), f"customers would read {found[0]} as it stands.", remedy
    if path.endswith(".mjml"):
        yield from _markup(text)
        return
    for pattern, remedy in ((TAG, "Leave it out: looks are made in .mjml files."), (ENTITY, "Write the sign itself.")):
        for found in pattern.finditer(bare):
            yield found.start(), f"customers would read {found[0]} as it stands.", remedy


def _markup(text: str) -> Iterator[tuple[int, str, str]]:
    for found in TAKEN_OUT.finditer(text):
        yield found.start(), f"mailboxes take <{found[1]}> out of mails.", "Leave it out."
    for found in ADDRESS.finditer(text):
        kind, address = found[1], found[2].strip()
        if not FOLLOWED.match(address) or (kind != "href" and not address.startswith("http")):
            yield (
                found.start(),
                f"{address[:60]} leads nowhere in a mailbox.",
                "Write an address that begins with https://.",
            )
        elif kind != "href" and UNSEEN.search(address.partition("?")[0]):
            yield found.start(), f"many mailboxes do not show {address[:60]}.", "Use a JPEG or PNG."


def _blanked(found: re.Match[str]) -> str:
    """As many characters, so that places stay the same."""
    return re.sub(r"[^\n]", " ", found[0])
