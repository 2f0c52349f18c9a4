"""What lies in a cart beside goods, by what it is called: tips, protection, wrapping, samples."""

import re
from functools import lru_cache

from schedules.facts import LineKind

LINE_KIND = (
    (re.compile(r"\b(tips?|pourboire|propina|mancia|fooi|gorjeta|napiwek)\b|trinkgeld"), LineKind.TIP),
    (
        re.compile(
            r"(shipping|package|order|delivery) (protection|insurance)|protection plan|warranty"
            r"|garantieverl|versandschutz|(transport|versand)versicherung|assurance (livraison|transport|colis)"
            r"|assicurazione (spedizione|trasporto)|seguro de (envío|transporte)|verzendverzekering"
        ),
        LineKind.PROTECTION,
    ),
    (
        re.compile(r"gift.?wrap|geschenkverpackung|emballage cadeau|envoltorio de regalo|cadeauverpakking"),
        LineKind.GIFT_WRAP,
    ),
    (re.compile(r"\b(free )?sample\b|gratisprobe"), LineKind.SAMPLE),
)
"""Found in a title in lower case. Names borrow words, so what else is known of a line decides too."""
TIP_ALONE = re.compile(r"(a )?tips?|trinkgeld|pourboire|propina|mancia|fooi|gorjeta|napiwek")
"""The whole of a title: felt-tip pens are no tip."""
WITH_PROTECTION = re.compile(
    r"(\b(with|incl\w*|plus|mit|inkl\w*)\b|\+).*(protection|insurance|warranty|garantieverl|versandschutz|versicherung)"
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
