"""What makes a mail this customer's: who they are to the shop, and an offer with its code."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.records import record
from schedules.segments import Segment
from schedules.shop import Role
from worker.bootstrap import Installation
from worker.dispatch.expectation import return_ends_on
from worker.dispatch.gating import Gated
from worker.dispatch.linking import link_host
from worker.links import Purpose
from worker.personalisation.buttons import Storefront, with_buttons
from worker.personalisation.code_requests import CodeDecision
from worker.personalisation.code_terms import discountable, reaches
from worker.personalisation.offers import choose_offer
from worker.personalisation.requests import OfferDecision, OfferRequest
from worker.personalisation.rules import looks_back
from worker.personalisation.segments import Buyer, segment_of_buyer
from worker.personalisation.stock import Stock
from worker.rendering import formats
from worker.rendering.port import Offer, OfferCard
from worker.store.histories import Histories


@record
class Personal:
    """What was found. `why_no_offer`, `why_no_code`: why there is none; empty when there is one, or none was meant."""

    segment: Segment
    offer: Offer | None = None
    why_no_offer: str = ""
    why_no_code: str = ""


class Chooser:
    """Chooses products for a batch of mails; what they are chosen from is read once for all."""

    def __init__(self, installation: Installation, session: Session, batch: Sequence[Gated]) -> None:
        self._histories = Histories(session, [(each.message.shop_id, each.truth.address) for each in batch])
        self._segments = {each.message.id: _segment(self._histories, each) for each in batch}
        self._requests: dict[UUID, OfferRequest] = {}
        for each in batch:
            request = _request(installation, each, self._segments[each.message.id])
            if request is not None:
                self._requests[each.message.id] = request
        self._stock = Stock(session, list(self._requests.values()), self._histories) if self._requests else None

    def segment(self, gated: Gated) -> Segment:
        """Who the person of one mail of the batch is to the shop."""
        return self._segments[gated.message.id]

    def choose(self, gated: Gated) -> OfferDecision:
        """Products for one mail of the batch; changes nothing."""
        if not gated.judgement.with_offer:
            return OfferDecision(why_not=gated.judgement.offer_reason)
        request = self._requests.get(gated.message.id)
        if request is None or self._stock is None:
            return OfferDecision(why_not="this mail shows no products")
        return choose_offer(self._stock, request)


def personal_of(gated: Gated, segment: Segment, decision: OfferDecision, code: CodeDecision, platform: str) -> Personal:
    """Products with their code; a code may stand alone, and without either there is no offer."""
    cards = decision.offer.cards if decision.offer else ()
    if not cards and code.view is None:
        return Personal(segment=segment, why_no_offer=decision.why_not, why_no_code=code.why_not)
    order = gated.truth.facts.order
    value = order.totals.total.amount if order else Decimal(0)
    front = Storefront(profile=gated.truth.profile, platform=platform, order_value=value)
    offer = with_buttons(Offer(cards=_marked(gated, cards, code), code=code.view), front)
    return Personal(segment=segment, offer=offer, why_no_code=code.why_not)


def _marked(gated: Gated, cards: tuple[OfferCard, ...], code: CodeDecision) -> tuple[OfferCard, ...]:
    """The cards, with a mark at those that the code takes something off, bought alone."""
    view = code.view
    if view is None:
        return cards
    never_on = gated.edition.sequence.code.never_on
    may_be = discountable(Offer(cards=cards), never_on, is_for_full_price=view.is_for_full_price)
    cheaper = [product for product in may_be if reaches(product, view)]
    return tuple(replace(card, is_discounted=True) if card.product in cheaper else card for card in cards)


def _segment(histories: Histories, gated: Gated) -> Segment:
    truth = gated.truth
    buyer = Buyer(
        shop_id=gated.message.shop_id,
        address=truth.address,
        profile=truth.profile,
        facts=truth.facts,
        others=truth.other_facts,
        orders_known=truth.orders_known,
        is_resting=truth.is_resting,
        now=gated.now,
    )
    return segment_of_buyer(histories, buyer)


def _have_returns_ended(gated: Gated) -> bool:
    """Whether the order's return window has passed, as its shop's sequence counts."""
    truth, assumed = gated.truth, gated.edition.sequence.assume_delivered_after
    end = return_ends_on(facts=truth.facts, profile=truth.profile, timezone=truth.timezone, assume_after=assumed)
    return end is not None and formats.local_date(gated.now, truth.timezone) > end


def _request(installation: Installation, gated: Gated, segment: Segment) -> OfferRequest | None:
    """What to ask for one mail; None: it shows no products."""
    message, truth = gated.message, gated.truth
    if not gated.judgement.with_offer:
        return None
    cards = gated.edition.sequence.steps[message.step].cards.get(Role(message.role))
    if cards is None or cards.most == 0:
        return None
    policy, spends_most = gated.edition.sequence.offers, segment is Segment.HIGH_VALUE
    base = link_host(truth.profile, message.stream)

    def hide_link(product_id: str) -> str:
        return installation.links.url(Purpose.HIDE, message.id, product_id, base=base)

    return OfferRequest(
        shop_id=message.shop_id,
        message_id=message.id,
        address=truth.address,
        step=message.step,
        facts=truth.facts,
        language=gated.locale,
        most=max(cards.most, policy.cards_for_high_value) if spends_most else cards.most,
        hide_link=hide_link,
        earlier=truth.other_facts,
        policy=policy,
        timezone=truth.timezone,
        now=gated.now,
        returns_ended=looks_back(message.step) and _have_returns_ended(gated),
        wants_sets=spends_most,
    )
