"""What lies in a cart beside goods, by what it is called: tips, protection, wrapping, samples."""

import re
from functools import lru_cache

from schedules.facts import LineKind

LINE_KIND = (
    (re.compile(r"\btips?\b|trinkgeld"), LineKind.TIP),
    (
        re.compile(r"(shipping|package) protection|protection plan|warranty|garantieverl|versandschutz"),
        LineKind.PROTECTION,
    ),
    (re.compile(r"gift.?wrap|geschenkverpackung"), LineKind.GIFT_WRAP),
    (re.compile(r"\b(free )?sample\b|gratisprobe"), LineKind.SAMPLE),
)
"""Found in a title in lower case. Names borrow words, so what else is known of a line decides too."""
TIP_ALONE = re.compile(r"(a )?tips?|trinkgeld")
"""The whole of a title: felt-tip pens are no tip."""
WITH_PROTECTION = re.compile(
    r"(\b(with|incl\w*|plus|mit|inkl\w*)\b|\+).*(protection|warranty|garantieverl|versandschutz)"
)
"""A kettle with 5 years of warranty is a kettle."""


@lru_cache(maxsize=4096)
def is_extra(title: str) -> bool:
    """Whether a product is a service of the till, which many take with everything: nobody wants it recommended."""
    name = title.lower()
    kind = next((kind for pattern, kind in LINE_KIND if pattern.search(name)), None)
    if kind is LineKind.PROTECTION:
        return not WITH_PROTECTION.search(name)
    return kind is LineKind.GIFT_WRAP or TIP_ALONE.fullmatch(name) is not None
