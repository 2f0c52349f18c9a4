"""The signed links of one mail, at the link host of its stream."""

from schedules.shop import ShopProfile
from worker.links import LinkSigner, Purpose
from worker.rendering.port import Links
from worker.store.models import Message

FOLLOW_UP = "follow_up"


def links_of(signer: LinkSigner, message: Message, profile: ShopProfile) -> Links:
    """Marketing mails can be unsubscribed from; in the others only offers can be refused. The follow-up asks."""
    base = link_host(profile, message.stream)

    def link(purpose: Purpose, *, wanted: bool) -> str:
        return signer.url(purpose, message.id, base=base) if wanted else ""

    is_marketing, asks = message.stream == "marketing", message.step == FOLLOW_UP
    return Links(
        unsubscribe=link(Purpose.UNSUBSCRIBE, wanted=is_marketing),
        no_offers=link(Purpose.OFFERS, wanted=not is_marketing),
        feedback_yes=link(Purpose.FEEDBACK_YES, wanted=asks),
        feedback_no=link(Purpose.FEEDBACK_NO, wanted=asks),
    )


def link_host(profile: ShopProfile, stream: str) -> str:
    """The base of links in a stream; empty: the installation's own."""
    return (profile.marketing if stream == "marketing" else profile.transactional).link_host
