"""What a finished mail needs, whatever its template says, so that it may go to customers.

Sources: CAN-SPAM and RFC 8058 want a way out in every marketing mail, CAN-SPAM a postal address; Gmail clips at 102 KB.
"""

from collections.abc import Iterator

from markupsafe import escape

from schedules.sequence import TEMPLATES
from worker.errors import Fault
from worker.rendering.port import MailInputs, RenderedMail
from worker.rendering.shops import shop_context

HEAVIEST_BYTES = 80_000
"""Of the example; real orders may be longer, and what Gmail clips at 102 KB is the way out."""


def proofread(mail: RenderedMail, inputs: MailInputs) -> Iterator[Fault]:
    """What is missing, or too much, in a mail made of example data."""
    folder = f"email_templates/{TEMPLATES[inputs.step]}"
    if not mail.subject:
        yield Fault(f"{folder}/subject.txt", None, "the mail has no subject.", "Write one, here or in the texts.")
    size = len(mail.html.encode())
    if size > HEAVIEST_BYTES:
        problem = f"the mail has {size // 1000} KB, more than {HEAVIEST_BYTES // 1000}."
        yield Fault(f"{folder}/body.mjml", None, problem, "Gmail clips long mails: say less, or show less.")
    for path, home, part in (("body.mjml", "components", mail.html), ("body.txt", "layouts/tail.txt", mail.text)):
        for what in _missing(inputs, part):
            yield Fault(f"{folder}/{path}", None, f"{what} is missing.", f"It must be in the mail: see {home}.")


def _missing(inputs: MailInputs, part: str) -> Iterator[str]:
    """What this part must say and does not."""
    unwrapped = " ".join(part.split())

    def has(text: str) -> bool:
        return text in unwrapped or str(escape(text)) in part

    links, offer, address = inputs.links, inputs.offer, shop_context(inputs.shop).address
    if links.unsubscribe and not has(links.unsubscribe):
        yield "the link to unsubscribe (unsubscribe_url)"
    if links.unsubscribe and address and not has(address):
        yield "the postal address (shop.address)"
    shows_offer = offer is not None and any(has(card.url) for card in offer.cards)
    if links.no_offers and shows_offer and not has(links.no_offers):
        yield "the link that refuses offers (no_offers_url)"
