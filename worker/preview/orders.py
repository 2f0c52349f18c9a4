"""A real order's mail as it would be made now; nothing is sent, and nothing it looks up is kept."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from schedules.conditions import Judgement
from schedules.shop import Role
from schedules.words import LONGEST
from worker.bootstrap import Installation
from worker.dispatch.assembly import inputs_of
from worker.dispatch.coding import Makers, glimpse_code, may_show_code
from worker.dispatch.gating import Gated, examine
from worker.dispatch.personalising import Chooser, personal_of
from worker.personalisation.code_requests import CodeDecision
from worker.personalisation.library import Library, Reader
from worker.preview.example import stream_of
from worker.rendering.port import MailInputs
from worker.store.models import Message, OrderRow, Shop
from worker.store.shops import profile_of
from worker.store.types import new_id


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """What the renderer would be told. `remark`: why this mail would not go out as it is; empty when it would."""

    inputs: MailInputs
    remark: str


def glimpse(
    installation: Installation, shop: Shop, order: OrderRow, step: str, *, role: Role | None, language: str | None
) -> Glimpse:
    """The mail of one step of an order, of the message that exists or of one that could.

    A code it would show is reserved and taken back. Offers are shown even where the gate would stop the mail.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        try:
            message = _message(session, shop, order, step, now)
            gated = examine(session, message, now)
            judgement = gated.judgement
            remark = "" if judgement.action == "send" else judgement.reason
            if judgement.action != "send":
                gated = replace(gated, judgement=_open())
            if language:
                gated = _told_in(session, gated, language)
            chooser, makers = Chooser(installation, session, [gated]), Makers(installation, session, [gated])
            decision, segment, code = chooser.choose(gated), chooser.segment(gated), CodeDecision()
            if may_show_code(gated, segment):
                code = glimpse_code(session, gated, segment, decision.offer, makers.of(gated))
            personal = personal_of(gated, segment, decision, code, makers.platform_of(gated))
            inputs = inputs_of(installation, gated, personal)
        finally:
            session.rollback()
    return Glimpse(inputs=replace(inputs, role=role or inputs.role, locale=language or inputs.locale), remark=remark)


def _told_in(session: Session, gated: Gated, language: str) -> Gated:
    """The same, with what is told within the mail in another language."""
    reader = Reader(gated.message.shop_id, gated.truth.facts, language)
    return replace(gated, locale=language, guide=Library(session, [reader]).of(reader).guide)


def _open() -> Judgement:
    return Judgement(action="send", reason="", until=None, with_offer=True, offer_reason="")


def _message(session: Session, shop: Shop, order: OrderRow, step: str, now: datetime) -> Message:
    """The newest message of this step, else one that is never stored."""
    mine = select(Message).where(Message.order_id == order.id, Message.step == step)
    found = session.scalars(mine.order_by(Message.id.desc()).limit(1)).one_or_none()
    if found is not None:
        return found
    role = profile_of(shop).role(step)
    return Message(
        id=new_id(),
        shop_id=shop.id,
        order_id=order.id,
        sequence="post_purchase",
        step=step,
        parcel_group="",
        occurrence=0,
        role=role.value,
        stream=stream_of(step, role),
        template=step,
        state="scheduled",
        send_at=now,
        aim_at=now,
        expires_at=now + LONGEST,
        address=order.address,
    )
