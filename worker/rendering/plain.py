"""The plain text part: lines of at most 72 columns, links whole on lines of their own."""

import re
import textwrap

COLUMNS = 72


def wrapped(text: str) -> str:
    """Wraps paragraphs and squeezes blank lines."""
    lines = [line for raw in text.splitlines() for line in _wrap(raw.rstrip())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _wrap(line: str) -> list[str]:
    if len(line) <= COLUMNS or "://" in line:
        return [line]
    indent = "  " if line.startswith("- ") else ""
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, break_long_words=False) or [""]
