"""The plain text part: lines of at most 72 columns, links whole on lines of their own."""

import re

COLUMNS = 72


def wrapped(text: str) -> str:
    """Wraps paragraphs and squeezes blank lines."""
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if len(line) <= COLUMNS or "://" in line:
            lines.append(line)
        else:
            lines += _wrap(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _wrap(line: str) -> list[str]:
    """Breaks at spaces; a word that is longer than a line stays whole."""
    indent = "  " if line.startswith("- ") else ""
    first, *words = line.split()
    lines = [first]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= COLUMNS:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines
