"""Plain text: the mail's text part, in lines of at most 72 columns with links whole; and what stands in headers."""

import re

COLUMNS = 72
JOINERS = "\u200c\u200d\xa0\u202f"
"""They hold signs of one emoji together, letters of Persian and Indian words apart or together, and words on a line."""
BLANKS = re.compile(r"[^\S\xa0\u202f]+")


def header_line(text: str) -> str:
    """A header's value: one line without control characters, nor such as turn the direction of what follows."""
    if text.isprintable() and "  " not in text:  # as most are
        return text.strip()
    line = BLANKS.sub(" ", text).strip()
    if line.isprintable():
        return line
    return BLANKS.sub(" ", "".join(c if c.isprintable() or c in JOINERS else " " for c in line)).strip()


def wrapped(text: str) -> str:
    """Wraps paragraphs and squeezes blank lines."""
    lines = [raw.rstrip() for raw in text.splitlines()]
    joined = "\n".join([line if len(line) <= COLUMNS or "://" in line else _wrap(line) for line in lines])
    while "\n\n\n" in joined:
        joined = joined.replace("\n\n\n", "\n\n")
    return joined.strip() + "\n"


def _wrap(line: str) -> str:
    """Breaks at spaces, not at such as hold together; a word that is longer than a line stays whole."""
    indent = "  " if line.startswith(("- ", "  ")) else ""
    lead = indent if line.startswith(indent) else ""
    rest = lead + line.lstrip(" ")
    if "  " in line:
        rest = lead + " ".join(filter(None, line.split(" ")))
    lines = []
    while len(rest) > COLUMNS:
        at = rest.rfind(" ", len(lead), COLUMNS + 1)
        if at < 0:
            at = rest.find(" ", COLUMNS)
        if at < 0:
            break
        lines.append(rest[:at])
        lead, rest = indent, indent + rest[at + 1 :]
    return "\n".join([*lines, rest])
