"""What is wrong with an expression of a template, in words for those who edit it."""

import re

from jinja2 import TemplateSyntaxError

UNKNOWN_TAG = re.compile(r"Encountered unknown tag '(\w+)'")
OPEN = re.compile(r"The innermost block that needs to be closed is '(\w+)'")
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
