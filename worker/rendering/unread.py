"""What a folder of content holds and no mail is made of: mistyped names, copies that editors left."""

import difflib
import re
from collections.abc import Iterator, Mapping

from schedules.sequence import TEMPLATES
from worker.errors import Fault
from worker.rendering.compiling import FORMAL, LANGUAGE, ROOT, WORD, line_of_word, read_words

MAILS = "|".join(TEMPLATES.values())
READ = re.compile(
    rf"{ROOT}/(?:(?:{MAILS}|components)/texts\.[a-z]{{2,3}}\.yaml|layouts/tail\.txt|(?:components|layouts)/[a-z0-9_/.]+\.mjml"
    rf"|(?:{MAILS})/(?:subject\.txt|preheader\.txt|body\.txt|body\.mjml|preview\.json|[a-z0-9_/.]+\.mjml))"
)
LABEL = "label_"
"""Texts that the program itself puts into mails."""


def unread(files: Mapping[str, str]) -> list[Fault]:
    """A fault for each file that nothing reads, and each text that nothing shows; all files can be read."""
    odd = [path for path in sorted(files) if path.startswith(ROOT) and not READ.fullmatch(path)]
    return [Fault(path, None, "nothing reads this file.", _remedy(path)) for path in odd] + [*_unshown(files)]


def _remedy(path: str) -> str:
    if "/texts." in path:
        return "Call it after its language in two or three small letters, like texts.fr.yaml, or take it away."
    return "Take it away, or give it the name that it should have."


def _unshown(files: Mapping[str, str]) -> Iterator[Fault]:
    sources = (text for path, text in files.items() if path.startswith(ROOT) and path.endswith((".mjml", ".txt")))
    shown = {name for text in sources for name in WORD.findall(text)}
    for path in sorted(path for path in files if LANGUAGE.search(path) and READ.fullmatch(path)):
        for name in read_words(files, path.removeprefix(f"{ROOT}/")):
            plain = name.removesuffix(FORMAL)
            if plain not in shown and not plain.startswith(LABEL):
                close = difflib.get_close_matches(plain, shown, n=1)
                remedy = f"Did you mean {close[0]}?" if close else "Take it out, or show it by its name in [[ ]]."
                yield Fault(path, line_of_word(files[path], name), f"no mail shows {name}.", remedy)
