"""What is wrong with an expression of a template, in words for those who edit it."""

import re

from jinja2 import TemplateSyntaxError

UNKNOWN_TAG = re.compile(r"Encountered unknown tag '(\w+)'")
OPEN = re.compile(r"The innermost block that needs to be closed is '(\w+)'")
ABSENT = re.compile(r"'None' has no attribute '(\w+)'")
KNOWN = ("if", "elif", "else", "endif", "for", "endfor")


def told_of(error: Exception) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    problem = ((error.message or "") if isinstance(error, TemplateSyntaxError) else str(error)).rstrip(".")
    unknown, opened = UNKNOWN_TAG.match(problem), OPEN.search(problem)
    if unknown and unknown[1] not in KNOWN:
        return f"there is no {{% {unknown[1]} %}}.", f"There are {', '.join(KNOWN)}."
    if opened:
        place = f", which this {{% {unknown[1]} %}} needs" if unknown else ""
        return f"an {{% {opened[1]} … %}} is not closed{place}.", f"Put its {{% end{opened[1]} %}} back."
    if unknown:
        remedy = "Put the {% if … %} or {% for … %} that it belongs to back, or take it out too."
        return f"{{% {unknown[1]} %}} stands alone.", remedy
    return f"{problem}.", "Check the {{ … }} and {% … %} in it."


def told_of_running(error: Exception) -> tuple[str, str]:
    """The same of an expression that could be read, here or in a text that is shown here, and broke in one mail."""
    if absent := ABSENT.match(str(error)):
        problem = f"'{absent[1]}' is asked of something that not every mail has."
        return problem, "Put it between {% if … %} and {% endif %}, as {% if code %}{{ code.code }}{% endif %}."
    problem = f"an expression, in it or in its texts, cannot be worked out: {str(error).rstrip('.')}."
    return problem, "Take out or mend what was changed last: `content diff` shows it."
