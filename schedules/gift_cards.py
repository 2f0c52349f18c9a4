"""What gift cards are called: they are money, not goods, and shops need not mark them otherwise."""

import re

NAME = re.compile(
    r"\b(e-?)?gift.?(cards?|vouchers?)\b(?!.?(holder|box|case|sleeve|envelope|tin|wallet))"
    r"|\b(geschenk|wert)?-?gutscheine?\b|\bgeschenkkarten?\b",
    re.IGNORECASE,
)
"""Found in the title of one; what holds one is goods."""
