"""Which links of a mail are counted, and lead on through our own host.

Counted are the links of an offer and of a guide in every mail; in marketing mails also the order's page and whatever
else leads into the shop. Never counted, so that they work while our host is down, or because they say nothing of
interest: the parcel's tracking and, in receipts, the order's page; terms, withdrawal, privacy and returns; our own
pages to refuse or answer; other hosts. The text part keeps the plain addresses: there a person reads them, and a token
of 200 characters makes a mail look like fraud; what little is clicked there stays uncounted.

In test mode another person reads the mail: its links lead on as ever, but name no message and count for nobody.
"""

from dataclasses import dataclass

from worker.delivery.port import NO_MESSAGE
from worker.dispatch.linking import link_host
from worker.links import LinkKind, LinkSigner, Target, host_of, may_be_counted
from worker.rendering.port import MailInputs
from worker.rendering.wrapping import with_addresses
from worker.store.models import Message


@dataclass(frozen=True)
class Counted:
    """A mail's HTML with its counted links. `is_counted`: it has some, and they count for its person."""

    html: str
    is_counted: bool


def with_counted_links(signer: LinkSigner, message: Message, inputs: MailInputs, html: str) -> Counted:
    """The HTML of a mail that is to be sent; previews keep their plain links."""
    targets = _targets(message, inputs)
    shop = host_of(inputs.shop.url) if message.stream == "marketing" else ""
    if not targets and not shop:
        return Counted(html=html, is_counted=False)
    kept = _kept(inputs) if shop else frozenset()
    base = link_host(inputs.shop, message.stream)
    message_id = NO_MESSAGE if inputs.is_test else message.id
    number = 0

    def address_of(url: str) -> str | None:
        nonlocal number
        target = targets.get(url)
        if target is None and shop and url not in kept and host_of(url) == shop:
            target = Target(LinkKind.SHOP, url)
        if target is None or not may_be_counted(url):
            return None  # it stays as it is
        number += 1
        return signer.counted(message_id, target, base=base)

    return Counted(html=with_addresses(html, address_of), is_counted=number > 0 and not inputs.is_test)


def _targets(message: Message, inputs: MailInputs) -> dict[str, Target]:
    """What is known of addresses; where two things share one, the first named counts."""
    order, cards = inputs.facts.order, inputs.offer.cards if inputs.offer else ()
    found = [Target(LinkKind.PRODUCT, card.url, card.product.product_id) for card in cards]
    if inputs.guide is not None:
        found.append(Target(LinkKind.GUIDE, inputs.guide.url))
    if message.stream == "marketing" and order is not None and order.status_url:
        found.append(Target(LinkKind.ORDER, order.status_url))
    return {target.url: target for target in reversed(found)}


def _kept(inputs: MailInputs) -> frozenset[str]:
    """Addresses of the shop's host that stay as they are."""
    links, legal = inputs.links, inputs.shop.legal
    own = (links.unsubscribe, links.no_offers, links.feedback_yes, links.feedback_no)
    hides = (card.hide_url for card in (inputs.offer.cards if inputs.offer else ()))
    withdrawals = (legal.withdrawal_info_url, legal.withdrawal_url)
    legals = (legal.terms_url, *withdrawals, legal.privacy_url, legal.returns_url)
    parcels = inputs.facts.parcels
    tracking = (*(each.tracking_url for each in parcels), *(box.tracking_url for each in parcels for box in each.boxes))
    return frozenset((*own, *hides, *legals, *tracking))
