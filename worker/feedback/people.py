"""What a person does with a link: refuses mails or offers, takes it back, hides a product, says how it was."""

from dataclasses import dataclass

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from schedules.events import CaseStated
from schedules.facts import Case, CaseKind
from schedules.merging import merge
from schedules.shop import ShopProfile
from worker.bootstrap import Installation
from worker.links import LinkToken, Purpose
from worker.store.models import HiddenProduct, Message, OrderRow, Shop
from worker.store.orders import facts_of, lock_order
from worker.store.shops import profile_of
from worker.store.suppressions import lift, suppress
from worker.store.types import new_id

log = structlog.get_logger()

SCOPES = {Purpose.UNSUBSCRIBE: "marketing", Purpose.OFFERS: "offers"}
REASONS = {Purpose.UNSUBSCRIBE: "unsubscribed", Purpose.OFFERS: "no_offers"}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom a link was written to: the shop as they see it, and their language."""

    profile: ShopProfile
    locale: str


def person_behind(installation: Installation, token: LinkToken) -> Person | None:
    """Who a link belongs to; None when the mail is not known any more."""
    with installation.database.read() as session:
        message = session.get(Message, token.message_id)
        if message is None:
            return None
        order = session.get_one(OrderRow, message.order_id)
        profile = profile_of(session.get_one(Shop, message.shop_id))
        return Person(profile=profile, locale=str(order.pinned.get("locale") or profile.locale))


def act(installation: Installation, token: LinkToken, *, undo: bool = False) -> bool:
    """Does what the link stands for, or takes it back; doing it twice changes nothing twice.

    Returns False when the mail is not known any more, or its person was erased.
    """
    now = installation.clock.now()
    with installation.database.write() as session:
        message = session.get(Message, token.message_id)
        if message is None or message.address is None:
            return False
        if token.purpose in SCOPES:
            scope = SCOPES[token.purpose]
            if undo:
                lift(session, message.shop_id, message.address, scope)
            else:
                reason = REASONS[token.purpose]
                suppress(session, message.shop_id, message.address, scope, reason=reason, now=now, source="link")
        elif token.purpose is Purpose.HIDE:
            _hide(session, message, token.extra, undo, installation)
        elif token.purpose is Purpose.FEEDBACK_NO:
            _unhappy(session, message, installation, undo)
        log.info("feedback.link.used", purpose=token.purpose.name, message_id=str(message.id), undo=undo)
    return True


def _hide(session: Session, message: Message, product_id: str, undo: bool, installation: Installation) -> None:
    mine = {"shop_id": message.shop_id, "address": message.address, "product_id": product_id}
    if undo:
        conditions = [getattr(HiddenProduct, name) == value for name, value in mine.items()]
        session.execute(delete(HiddenProduct).where(*conditions))
        return
    insert = sqlite.insert if installation.database.is_sqlite else postgresql.insert
    row = insert(HiddenProduct).values(id=new_id(), created_at=installation.clock.now(), **mine)
    session.execute(row.on_conflict_do_nothing())


def _unhappy(session: Session, message: Message, installation: Installation, undo: bool) -> None:
    """Opens a case on the order, which stops its offers and its follow-up, and tells support by an alarm."""
    order = lock_order(session, message.order_id)
    facts = facts_of(order)
    now = installation.clock.now()
    case = Case(id=f"unhappy:{message.id.hex}", kind=CaseKind.UNHAPPY, opened_at=now, updated_at=now, closed=undo)
    merged = merge(facts, CaseStated(order_id=order.external_id, case=case))
    order.facts = merged.model_dump(mode="json")
    order.version += 1
    order.updated_at = now
    log.warning("feedback.customer.unhappy", alarm=not undo, order_id=str(order.id), number=order.number)
