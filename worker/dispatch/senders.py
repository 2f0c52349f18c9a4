"""From whom and to whom a mail goes."""

from urllib.parse import urlsplit

from schedules.records import record
from schedules.shop import ShopProfile
from worker.rendering.plain import header_line
from worker.settings import Settings


@record
class Envelope:
    """Addresses of one mail. `is_test`: test mode sends it to us instead of the customer."""

    sender_name: str
    sender: str
    reply_to: str
    to: str
    is_test: bool


def envelope_of(*, profile: ShopProfile, stream: str, address: str, settings: Settings) -> Envelope:
    """The envelope in the shop's stream. In test mode the customer's address appears nowhere.

    A shop without a sender of its own, as before its set-up is finished, gets one at our own host.
    """
    mine, other = profile.transactional, profile.marketing
    if stream == "marketing":
        mine, other = other, mine
    sender = mine.from_address or other.from_address or f"{profile.slug}@{_own_host(settings.public_url)}"
    return Envelope(
        sender_name=header_line(profile.name),
        sender=sender,
        reply_to=mine.reply_to or other.reply_to,
        to=settings.redirect_all_to or address,
        is_test=bool(settings.redirect_all_to),
    )


def _own_host(public_url: str) -> str:
    return urlsplit(public_url).hostname or "localhost"
