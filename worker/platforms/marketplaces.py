"""Marketplaces, by what apps that bring their orders into a shop call themselves. They alone write to customers."""

import re

MARKETPLACE = re.compile(
    r"amazon(?!.?pay)|ebay|etsy|walmart|tiktok|zalando|kaufland|allegro|cdiscount|mirakl|rakuten|wayfair|lazada|shopee"
    r"|mercado.?libre|marketplace|codisto|(?<![a-z])(otto|bol.?com|faire|temu|shein)(?![a-z])"
)
"""Found in a name in lower case. Amazon Pay is a way of paying; short names are whole words."""
