"""Plain text: the mail's text part, in lines of at most 72 columns with links whole; and what stands in headers."""

import re

COLUMNS = 72
JOINERS = "\u200c\u200d\xa0\u202f"
"""They hold signs of one emoji together, letters of Persian and Indian words apart or together, and words on a line."""
BLANKS = re.compile(r"[^\S\xa0\u202f]+")
BLANK_LINES = re.compile(r"\n{3,}")


def header_line(text: str) -> str:
    """A header's value: one line without control characters, nor such as turn the direction of what follows."""
    line = BLANKS.sub(" ", text).strip()
    if line.isprintable():
        return line
    return BLANKS.sub(" ", "".join(c if c.isprintable() or c in JOINERS else " " for c in line)).strip()


def wrapped(text: str) -> str:
    """Wraps paragraphs and squeezes blank lines."""
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if len(line) <= COLUMNS or "://" in line:
            lines.append(line)
        else:
            lines += _wrap(line)
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"


def _wrap(line: str) -> list[str]:
    """Breaks at spaces, not at such as hold together; a word that is longer than a line stays whole."""
    indent = "  " if line.startswith(("- ", "  ")) else ""
    first, *words = (word for word in line.split(" ") if word)
    lines = [f"{indent if line.startswith(indent) else ''}{first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= COLUMNS:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines
