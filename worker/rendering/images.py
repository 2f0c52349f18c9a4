"""Addresses of pictures: of a kind that every mailbox shows, and in the size that is shown.

Sources: caniemail.com (Outlook for Windows shows no WebP, Gmail no SVG); shopify.dev, `image_url` (width, format).
"""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

SHOPIFY_CDN = "cdn.shopify.com"
CONVERTED = frozenset({"webp", "avif", "heic", "heif"})
"""Kinds of pictures that some mailboxes do not show, and Shopify's CDN makes a JPEG of."""
UNSEEN = CONVERTED | {"svg", "bmp", "tif", "tiff"}
"""Kinds that some mailboxes do not show."""


def is_seen_everywhere(url: str) -> bool:
    """Whether every mailbox shows the picture, as far as its name tells: as it is, or as Shopify's CDN converts it."""
    parts = _parts(url)
    kind = _kind(parts)
    return kind not in UNSEEN or (kind in CONVERTED and parts.netloc == SHOPIFY_CDN)


@lru_cache(maxsize=4096)
def sized(url: str, width: int) -> str:
    """Asks Shopify's CDN for the size that is shown, at twice the pixels; other hosts keep their address.

    Empty for a picture that some mailboxes do not show.
    """
    if not is_seen_everywhere(url):
        return ""
    parts = _parts(url)
    if parts.netloc != SHOPIFY_CDN:
        return url
    form = "&format=jpg" if _kind(parts) in CONVERTED else ""
    return f"{url}{'&' if parts.query else '?'}width={width}{form}"


def _kind(parts: SplitResult) -> str:
    """The ending of its file's name."""
    return parts.path.rpartition("/")[2].rpartition(".")[2].lower()


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # half of an IPv6 address
        return SplitResult("", "", "", "", "")
