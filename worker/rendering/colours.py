"""Brand colours corrected until what stands on them can be read (WCAG 2.1, contrast at least 4.5 : 1)."""

import math
import re
from functools import lru_cache

WHITE = "#ffffff"
INK = "#1c1f1d"
DARK_CARD = "#272b29"
"""The lightest ground of text in the dark, as `layouts/head.mjml` has it."""
LEAST = 4.5
EDGE = 3.0
"""What the edge of a button needs to be seen (WCAG 2.1, 1.4.11)."""
FALLBACK = "#1f5c4a"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two hex colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=256)
def readable_on(colour: str) -> str:
    """White or ink, whichever can be read better on the colour."""
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


@lru_cache(maxsize=256)
def button_ground(colour: str) -> str:
    """The brand colour as the ground of a button: darkened a little where neither white nor ink can be read on it."""
    colour = normal(colour)
    return colour if contrast(readable_on(colour), colour) >= LEAST else darkened_for(colour)


@lru_cache(maxsize=256)
def darkened_for(colour: str, ground: str = WHITE, *, least: float = LEAST) -> str:
    """The colour, darkened until it can be read on the ground, or has another contrast to it."""
    colour = normal(colour)
    while contrast(colour, ground) < least:
        colour = _hex(tuple(int(part * 0.92) for part in _parts(colour)))
    return colour


@lru_cache(maxsize=256)
def lightened_for(colour: str, ground: str) -> str:
    """The colour, mixed with white until it can be read on a dark ground."""
    colour = normal(colour)
    while contrast(colour, ground) < LEAST:
        colour = _hex(tuple(part + math.ceil((255 - part) * 0.12) for part in _parts(colour)))
    return colour


@lru_cache(maxsize=256)
def tint(colour: str, share: float) -> str:
    """The colour at a share (0 to 1) over white."""
    return _hex(tuple(round(255 - (255 - part) * share) for part in _parts(normal(colour))))


def normal(colour: str) -> str:
    """#rrggbb in lower case; the default brand colour for anything that is no hex colour."""
    colour = colour.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", colour):
        colour = "#" + "".join(digit * 2 for digit in colour[1:])
    return colour if re.fullmatch(r"#[0-9a-f]{6}", colour) else FALLBACK


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _hex(parts: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)
