"""What makes a mail this customer's: who they are to the shop, and an offer with its code."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from schedules.segments import Segment
from schedules.sequence import CodeUse
from schedules.shop import Role
from worker.bootstrap import Installation
from worker.dispatch.gating import Gated
from worker.dispatch.linking import link_host
from worker.links import Purpose
from worker.personalisation.codes import CodeRequest, reserve_code
from worker.personalisation.offers import OfferDecision, OfferRequest, choose_from
from worker.personalisation.segments import Buyer, segment_of_buyer
from worker.personalisation.stock import Stock
from worker.rendering.port import CodeView, Offer
from worker.store.histories import Histories


@dataclass(frozen=True, kw_only=True)
class Personal:
    """What was found. `why_no_offer` says why there is no offer; empty when there is one."""

    segment: Segment
    offer: Offer | None = None
    why_no_offer: str = ""


class Chooser:
    """Chooses products for a batch of mails; what they are chosen from is read once for all."""

    def __init__(self, installation: Installation, session: Session, batch: Sequence[Gated]) -> None:
        asked = {each.message.id: _request(installation, each) for each in batch if each.judgement.with_offer}
        self._requests: dict[UUID, OfferRequest] = {key: found for key, found in asked.items() if found is not None}
        self._histories = Histories(session, [(each.message.shop_id, each.truth.address) for each in batch])
        self._stock = Stock(session, list(self._requests.values()), self._histories) if self._requests else None

    def segment(self, gated: Gated) -> Segment:
        """Who the person of one mail of the batch is to the shop."""
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
        return segment_of_buyer(self._histories, buyer)

    def choose(self, gated: Gated) -> OfferDecision:
        """Products for one mail of the batch; changes nothing."""
        if not gated.judgement.with_offer:
            return OfferDecision(why_not=gated.judgement.offer_reason)
        request = self._requests.get(gated.message.id)
        if request is None or self._stock is None:
            return OfferDecision(why_not="this mail shows no products")
        return choose_from(self._stock, request)


def shows_codes(gated: Gated) -> bool:
    """Whether the mail may carry a code, which has to be reserved."""
    use = gated.edition.sequence.steps[gated.message.step].code
    return gated.judgement.with_offer and use is not CodeUse.NONE


def personal_of(segment: Segment, decision: OfferDecision, code: CodeView | None) -> Personal:
    """Products with their code; a code may stand alone, and without either there is no offer."""
    cards = decision.offer.cards if decision.offer else ()
    if not cards and code is None:
        return Personal(segment=segment, why_no_offer=decision.why_not)
    return Personal(segment=segment, offer=Offer(cards=cards, code=code))


def reserve(session: Session, gated: Gated, decision: OfferDecision) -> CodeView | None:
    """The code that the mail shows, if it shows one; twice for one order it is the same code."""
    request = CodeRequest(
        shop_id=gated.message.shop_id,
        order_id=gated.message.order_id,
        address=gated.truth.address,
        step=gated.message.step,
        facts=gated.truth.facts,
        profile=gated.truth.profile,
        sequence=gated.edition.sequence,
        offer=decision.offer,
        now=gated.now,
    )
    return reserve_code(session, request)


def _request(installation: Installation, gated: Gated) -> OfferRequest | None:
    """What to ask for one mail; None: it shows no products."""
    message, truth = gated.message, gated.truth
    cards = gated.edition.sequence.steps[message.step].cards.get(Role(message.role))
    if cards is None or cards.most == 0:
        return None
    base = link_host(truth.profile, message.stream)

    def hide_link(product_id: str) -> str:
        return installation.links.url(Purpose.HIDE, message.id, product_id, base=base)

    return OfferRequest(
        shop_id=message.shop_id,
        message_id=message.id,
        address=truth.address,
        step=message.step,
        facts=truth.facts,
        most=cards.most,
        hide_link=hide_link,
        earlier=truth.other_facts,
    )
