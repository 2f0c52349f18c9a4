"""From MJML to HTML that is small and tells nobody who reads it; and what the compiler lets pass."""

import re
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO

from worker.errors import Fault

KEPT_SOURCES = 128
"""What was made of as many sources stays in memory: an edit changes few of them, and each is looked at several times on
its way into a revision. The largest, a mail's templates, have 150 KB."""
GOOGLE_FONT = re.compile(
    r"(?:<link href=\"|@import url\()https://fonts\.googleapis\.com/css\?family=[A-Za-z+]+:300,400,500,700"
    r"(?:\" rel=\"stylesheet\" type=\"text/css\">|\);)"
)
"""As the compiler writes it by itself; a font that a template names with `mj-font` has another address."""
TAG = re.compile(r"<(/?)(mj[a-z0-9-]*)\b(?:[^<>\"]|\"[^\"]*\"){0,2000}?(/?)>")
NO_FONTS = re.compile(r'<!--\[if !mso\]><!-->\s*<style type="text/css">\s*</style>\s*<!--<!\[endif\]-->')
SIDE = re.compile(r'(\balign="|text-align:\s*|padding-|border-)(left|right)\b')


@lru_cache(KEPT_SOURCES)
def html_of(source: str) -> str:
    """The HTML of a whole mail's MJML. Raises whatever the compiler raises."""
    from mjml import mjml_to_html  # type: ignore[import-untyped]  # 5 MB that only compiling needs; it ships no types

    from worker.rendering.mjml_tables import Table

    compiled = _slimmed(_private(str(mjml_to_html(StringIO(source), custom_components=[Table]).html)))
    return compiled.replace('lang="und"', 'lang="{{ lang }}"').replace('dir="auto"', 'dir="{{ dir }}"')


def mirrored(compiled: str) -> str:
    """Left for right, for languages read from the right: what the compiler aligns, it aligns in so many words."""
    turned = compiled.replace("direction:ltr", "direction:rtl")
    return SIDE.sub(lambda found: found[1] + ("right" if found[2] == "left" else "left"), turned)


def _private(compiled: str) -> str:
    """Without Google's fonts, which the compiler adds for names like Roboto: fetching them tells who reads what."""
    return NO_FONTS.sub("", GOOGLE_FONT.sub("", compiled))


def _slimmed(compiled: str) -> str:
    """Without the indentation that the compiler adds: mails over 102 KB are clipped by Gmail."""
    return re.sub(r"\n\s*", "\n", compiled)


def unclosed(path: str, text: str) -> Iterator[Fault]:
    """MJML tags that are not closed: the compiler lets them pass and the mail falls apart."""
    opened: list[tuple[str, int]] = []
    for match in TAG.finditer(text):
        closing, name, alone = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        if alone:
            continue
        if not closing:
            opened.append((name, line))
        elif not opened or opened.pop()[0] != name:
            yield Fault(path, line, f"</{name}> closes nothing that is open here.", "Check the tags before it.")
            return
    if opened:
        name, line = opened[-1]
        yield Fault(path, line, f"<{name}> is never closed.", f"Add </{name}>.")
