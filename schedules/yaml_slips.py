"""What is wrong with a YAML file that cannot be read, in words for those who edit it."""

import yaml

INDENT = ("this line does not fit those above it", "Begin it as far in as its neighbours.")
WORDS = {
    "expected <block end>, but found '<scalar>'": (
        "a text does not end where it should, here or in the line before",
        'Put each text in double quotes, and write quotes inside it as \\".',
    ),
    "expected <block end>": INDENT,
    "expected '<document start>'": INDENT,
    "mapping values are not allowed": (
        "a colon stands where none may",
        "Put the text in double quotes, and begin the line as far in as its neighbours.",
    ),
    "found character '\\t'": ("a tab stands here", "Indent with blanks."),
    "found character": ("a text begins with a sign that it may not begin with", "Put it in double quotes."),
    "could not find expected ':'": (
        "a colon and a blank are missing, here or in the line above",
        "Write  name: value.",
    ),
    "found unexpected end of stream": ("a quotation mark is never closed", "End the text with the one it began with."),
    "found unknown escape character": ("a backslash stands in a text", "Write two of them, or none."),
    "special characters": ("it holds a sign that no text may hold", "Take it out, and save the file as UTF-8."),
}
"""How the parser's sentences begin -> what is wrong, and what to do about it."""
UNKNOWN = ("it cannot be read, here or in the line above", "Check indentation, quotes and colons.")


def slip_of(error: Exception) -> tuple[int | None, str, str]:
    """The line, if the parser knows it, what is wrong, and the remedy."""
    told = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    problem, remedy = next((words for begins, words in WORDS.items() if told.startswith(begins)), UNKNOWN)
    begins_quote = isinstance(error, yaml.MarkedYAMLError) and "quoted" in (error.context or "")
    mark = getattr(error, "context_mark" if begins_quote else "problem_mark", None)
    return (mark.line + 1 if mark else None), problem, remedy
