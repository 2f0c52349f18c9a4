"""Which links of the real mails are counted."""

import re
from dataclasses import replace
from uuid import UUID

import pytest

from schedules.shop import Role
from tests.support.mailing import render
from worker.delivery.port import NO_MESSAGE
from worker.demo.situations import example
from worker.dispatch.counting import with_counted_links
from worker.links import LinkSigner, Target
from worker.rendering.port import MailInputs
from worker.store.models import Message

MESSAGE = UUID("01890000-0000-7000-8000-000000000001")
HOST = "https://links.example"
SIGNER = LinkSigner(["key"], HOST)


def links_in(html: str) -> list[str]:
    return re.findall(r'<a\s[^>]*?href="([^"]+)"', html)


def counted(inputs: MailInputs, stream: str) -> tuple[list[Target], list[str], bool]:
    """What the mail counts, the links that it leaves plain, and whether it counts."""
    mail = render(inputs)
    made = with_counted_links(SIGNER, Message(id=MESSAGE, stream=stream), inputs, mail.html)
    found = [SIGNER.read_click(link.removeprefix(f"{HOST}/c/")) for link in links_in(made.html)]
    assert len(links_in(made.html)) == len(links_in(mail.html))
    assert "/c/" not in mail.text
    plain = [link for link, click in zip(links_in(made.html), found, strict=True) if click is None]
    return [click.target for click in found if click], plain, made.is_counted


@pytest.mark.parametrize("step", ["confirmation", "shipping"])
def test_a_receipt_counts_its_offer_and_guide_and_needs_us_for_nothing_else(step: str) -> None:
    inputs = example(step)
    targets, plain, is_counted = counted(inputs, "transactional")
    assert is_counted
    assert {target.kind for target in targets} <= {"product", "guide"}
    offered = inputs.offer.cards if inputs.offer else ()
    assert {(target.url, target.ref) for target in targets if target.kind == "product"} == {
        (card.url, card.product.product_id) for card in offered
    }
    order = inputs.facts.order
    assert order is not None
    needed = order.status_url if step == "confirmation" else inputs.facts.parcels[0].tracking_url
    assert needed in plain
    assert inputs.links.no_offers in plain
    assert inputs.shop.url in plain


def test_a_marketing_mail_counts_whatever_leads_into_the_shop() -> None:
    inputs = example("follow_up")
    targets, plain, is_counted = counted(inputs, "marketing")
    assert is_counted
    assert {target.kind for target in targets} == {"product", "guide", "shop"}
    own = {inputs.links.unsubscribe, inputs.links.feedback_yes, inputs.links.feedback_no}
    hides = {card.hide_url for card in inputs.offer.cards} if inputs.offer else set()
    assert own | hides - {""} <= set(plain)
    legal = inputs.shop.legal
    assert set(plain) <= own | hides | {legal.terms_url, legal.withdrawal_url, legal.privacy_url, legal.returns_url}


def test_a_companion_mail_counts_the_orders_page() -> None:
    inputs = replace(example("confirmation"), role=Role.COMPANION)
    targets, _, _ = counted(inputs, "marketing")
    assert inputs.facts.order is not None
    assert ("order", inputs.facts.order.status_url) in {(target.kind, target.url) for target in targets}


def test_in_test_mode_links_lead_on_and_count_for_nobody() -> None:
    inputs = replace(example("follow_up"), is_test=True)
    mail = render(inputs)
    made = with_counted_links(SIGNER, Message(id=MESSAGE, stream="marketing"), inputs, mail.html)
    clicks = [SIGNER.read_click(link.removeprefix(f"{HOST}/c/")) for link in links_in(made.html)]
    assert {click.message_id for click in clicks if click} == {NO_MESSAGE}
    assert not made.is_counted
