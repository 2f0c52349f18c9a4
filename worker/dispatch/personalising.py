"""What makes a mail this customer's: products behind the lines, an offer with its code, the guide."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from schedules.facts import Order
from schedules.shop import Role
from worker.bootstrap import Installation
from worker.dispatch.gating import Gated
from worker.dispatch.linking import link_host
from worker.links import Purpose
from worker.personalisation.codes import CodeRequest, reserve_code
from worker.personalisation.offers import OfferDecision, OfferRequest, choose_offer
from worker.personalisation.segments import is_first_time
from worker.rendering.port import GuideView, Offer, ProductView
from worker.store.catalogue import products_of


@dataclass(frozen=True, kw_only=True)
class Personal:
    """What was found. `why_no_offer` says why there is no offer; empty when there is one."""

    products: dict[str, ProductView]
    guide: GuideView | None
    is_first_time: bool
    offer: Offer | None = None
    why_no_offer: str = ""


def personalise(installation: Installation, session: Session, gated: Gated) -> Personal:
    """Looks everything up, and reserves the code that the mail shows; twice for one order it is the same code."""
    truth, order = gated.truth, _order(gated)
    shop_id = gated.message.shop_id
    bought = [line.product_id for line in order.lines if line.product_id]
    products = products_of(session, shop_id, bought, order.currency)
    first = is_first_time(session, shop_id, truth.profile, truth.address, truth.facts)
    offer, why_not = None, gated.judgement.offer_reason
    if gated.judgement.with_offer:
        offer, why_not = _offer(installation, session, gated)
    return Personal(products=products, guide=gated.guide, is_first_time=first, offer=offer, why_no_offer=why_not)


def _offer(installation: Installation, session: Session, gated: Gated) -> tuple[Offer | None, str]:
    """Products with their code; a code may stand alone, and without either there is no offer."""
    decision = _products(installation, session, gated)
    code = reserve_code(
        session,
        CodeRequest(
            shop_id=gated.message.shop_id,
            order_id=gated.message.order_id,
            address=gated.truth.address,
            step=gated.message.step,
            facts=gated.truth.facts,
            profile=gated.truth.profile,
            sequence=gated.edition.sequence,
            offer=decision.offer,
            now=gated.now,
        ),
    )
    cards = decision.offer.cards if decision.offer else ()
    if not cards and code is None:
        return None, decision.why_not
    return Offer(cards=cards, code=code), ""


def _products(installation: Installation, session: Session, gated: Gated) -> OfferDecision:
    message, truth = gated.message, gated.truth
    cards = gated.edition.sequence.steps[message.step].cards.get(Role(message.role))
    base = link_host(truth.profile, message.stream)

    def hide_link(product_id: str) -> str:
        return installation.links.url(Purpose.HIDE, message.id, product_id, base=base)

    if cards is None or cards.most == 0:
        return OfferDecision(why_not="this mail shows no products")
    request = OfferRequest(
        shop_id=message.shop_id,
        message_id=message.id,
        address=truth.address,
        step=message.step,
        facts=truth.facts,
        most=cards.most,
        hide_link=hide_link,
    )
    return choose_offer(session, request)


def _order(gated: Gated) -> Order:
    order = gated.truth.facts.order
    assert order is not None, "the gate lets no message pass without its order"
    return order
