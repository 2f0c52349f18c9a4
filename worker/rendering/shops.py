"""The shop as templates see it: its texts, its addresses on the web, its colours made readable."""

from functools import lru_cache

from schedules.shop import ShopProfile
from worker.rendering import formats
from worker.rendering.colours import DARK_CARD, EDGE, button_ground, darkened_for, lightened_for, readable_on, tint
from worker.rendering.context import ShopContext

_MADE: dict[int, tuple[ShopProfile, ShopContext]] = {}
"""By the profile's place in memory, which is its own for as long as it is kept here."""
MOST_KEPT = 64


def shop_context(profile: ShopProfile) -> ShopContext:
    """The same for every mail of a shop until its profile changes."""
    kept = _MADE.get(id(profile))
    if kept is None:
        if len(_MADE) >= MOST_KEPT:
            _MADE.clear()
        kept = _MADE[id(profile)] = (profile, _shop(profile.model_dump_json()))
    return kept[1]


@lru_cache(maxsize=64)
def _shop(profile_json: str) -> ShopContext:
    profile = ShopProfile.model_validate_json(profile_json)
    colour = button_ground(profile.brand.colour)
    company = profile.legal.company or profile.name
    return ShopContext(
        name=profile.name,
        url=formats.web_url(profile.url),
        logo_url=formats.web_url(profile.brand.logo_url),
        colour=colour,
        on_colour=readable_on(colour),
        edge=darkened_for(colour, least=EDGE),
        link_colour=darkened_for(colour, tint(colour, 0.07)),
        link_on_dark=lightened_for(colour, DARK_CARD),
        tint=tint(colour, 0.07),
        tint_border=tint(darkened_for(colour), 0.2),
        company=company,
        address=_address(profile.legal.postal_address, company),
        vat_id=profile.legal.vat_id,
        terms_url=formats.web_url(profile.legal.terms_url),
        withdrawal_info_url=formats.web_url(profile.legal.withdrawal_info_url),
        withdrawal_url=formats.web_url(profile.legal.withdrawal_url),
        privacy_url=formats.web_url(profile.legal.privacy_url),
        returns_url=formats.web_url(profile.legal.returns_url),
        reply_to=profile.transactional.reply_to or profile.marketing.reply_to,
    )


def _address(written: str, company: str) -> str:
    """In one line, without the seller's name, after which it is printed."""
    lines = [line.strip() for line in written.splitlines()]
    return ", ".join(line for line in lines if line and line != company).removeprefix(f"{company}, ")
